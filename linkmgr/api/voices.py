"""Every word that answers and faults have on the wire, as tables. A voice is chosen by the address alone."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from linkmgr.bulk.check import Refused
from linkmgr.bulk.faults import Fault, Problem
from linkmgr.bulk.outcome import SUCCESSES, Result
from linkmgr.bulk.reasons import OUTCOME_REASONS, dotted, reason

JSON = "application/json"
MOST_TOLD = 100
"""Faults that a refusal in the object voice names."""
MOST_DETAILS = 1_000
"""Faults that `explain=true` names in the text voice."""

MESSAGES = {
    400: "Bad request",
    401: "Log In",
    403: "Administrator rights required",
    404: "Not found",
    405: "Method not allowed",
    413: "Request body too large",
    429: "Too many requests",
    500: "Internal error",
    503: "Service unavailable",
}
WRONG_LOGIN, PARAMETERS_MISSED = "Wrong login or password", "Required parameters missed"
CODES = {
    401: "invalid_authentication",
    403: "permission_denied",
    429: "system_error",
    500: "system_error",
    503: "system_error",
}

WORDS = {
    # seed 000 and its vendor
    "logical_address": "Wrong Logical Address",
    "apartment_name": "Invalid name",
    # seed 001
    "repeat_type": "Wrong repeat_type",
    "format": "Wrong format enum name",
    "repeat_point_type": "Wrong repeat_point_type enum name",
    "repeat_options": "Wrong repeat_options enum name",
    "repeat_looper": "Wrong repeat_looper range",
    "week_options": "Set in WeekOptions can't be empty",
    "year_range": "Wrong year range",
    "year_options": "Set in YearOptions can't be empty",
    "day_of_month": "Wrong DayOfMonth range",
    "months": "Wrong months range",
    "day_numbers": "Set in dayNumbers can't be empty",
}
"""A kind's own word for a fault → the text voice's whole error."""

_encode = msgspec.json.Encoder().encode


def results(answers: Sequence[Result], *, explain: bool) -> bytes:
    """The body of an accepted request: one result an item, in request order."""
    told = [_Told(answer.link_id, answer.outcome in SUCCESSES, answer.outcome) for answer in answers]
    if explain:
        for result, answer in zip(told, answers, strict=True):
            if not result.success:
                result.errors = _errors(answer)
    return _encode({"result": told})


class _Told(msgspec.Struct, gc=False):
    """One result on the wire. A Struct, as making and encoding ten thousand dicts takes twice the time."""

    link_id: str | None
    success: bool
    extended_info: str
    errors: list[dict[str, str]] | msgspec.UnsetType = msgspec.UNSET


def _errors(answer: Result) -> list[dict[str, str]]:
    if answer.faults:
        return [{"param": fault.param, "reason": reason(fault)} for fault in answer.faults]
    param, why = OUTCOME_REASONS[answer.outcome]
    return [{"param": param, "reason": why}]


class Voice(Protocol):
    """How whole-request faults are told."""

    content_type: str

    def error(self, status: int) -> bytes: ...

    def wrong_body(self, faults: Sequence[Fault], *, unusable: bool, explain: bool) -> bytes:
        """A body, a list or a parameter that cannot be used."""
        ...

    def refused(self, refusal: Refused, *, explain: bool) -> bytes:
        """A request refused for some of its items."""
        ...


class TextVoice:
    """Seeds 000, 001, 002: one text, one fault."""

    content_type = JSON

    def error(self, status: int) -> bytes:
        return self.text(MESSAGES[status])

    def text(self, error: str) -> bytes:
        return _encode({"error": error})

    def wrong_body(self, faults: Sequence[Fault], *, unusable: bool, explain: bool) -> bytes:
        error = "Wrong JSON body" if unusable else self._text(faults[0])
        return self._with_details(error, [(None, None, fault) for fault in faults] if explain else [])

    def refused(self, refusal: Refused, *, explain: bool) -> bytes:
        told = (
            [(item.position, item.link_id, fault) for item in refusal.items for fault in item.faults] if explain else []
        )
        return self._with_details(self._text(refusal.cause), told)

    def _text(self, fault: Fault) -> str:
        if fault.problem is Problem.VALUE and fault.word in WORDS:
            return WORDS[fault.word]
        if fault.problem is Problem.MISSING:
            return f"Wrong JSON body: no value for `{fault.param}`"
        return f"Wrong JSON body: value `{fault.param}` was of the wrong type"

    def _with_details(self, error: str, details: Iterable[tuple[int | None, str | None, Fault]]) -> bytes:
        told: dict[str, Any] = {"error": error}
        if listed := [
            {"item": index, "link_id": link_id, "param": fault.param, "reason": reason(fault)}
            for index, link_id, fault in details
        ]:
            told["details"] = listed[:MOST_DETAILS]
        return _encode(told)


class ObjectVoice:
    """Seed 004: a code, a message, and every fault by its path."""

    content_type = JSON

    def error(self, status: int) -> bytes:
        return _encode({"error": {"code": CODES.get(status, "not_valid"), "message": MESSAGES[status]}})

    def wrong_body(self, faults: Sequence[Fault], *, unusable: bool, explain: bool) -> bytes:
        return self._not_valid(
            {dotted(fault.path): reason(fault) for fault in faults} or {"body": "must be a JSON object"}
        )

    def refused(self, refusal: Refused, *, explain: bool) -> bytes:
        faults = (
            (("list_items", item.position, *fault.path), fault) for item in refusal.items for fault in item.faults
        )
        return self._not_valid({dotted(path): reason(fault) for path, fault in faults})

    def _not_valid(self, data: dict[str, str]) -> bytes:
        told = dict(list(data.items())[:MOST_TOLD])
        return _encode({"error": {"code": "not_valid", "message": "Data validation error", "data": told}})


TEXT_VOICE, OBJECT_VOICE = TextVoice(), ObjectVoice()

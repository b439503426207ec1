"""Every word that answers and faults have on the wire, as tables. A voice is chosen by the address alone."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from linkmgr.bulk.check import Refused
from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.outcome import SUCCESSES, Outcome, Result

JSON = "application/json"
MOST_TOLD = 100
"""Faults that a refusal in the object voice names."""
MOST_DETAILS = 1_000
"""Faults that `explain=true` names in the text voice."""

MESSAGES = {
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

REASONS = {
    "uuid": "must be a uuid",
    "apartment_name": "must have 1 to 255 characters on one line, and no space at its ends",
    "date_to": "must not be before date_from",
    "both_flags": "must not be true together with in_black_list",
    "number_regular": "must be BBBB-UU-FF-RR (0001-00-00-00 to 9999-99-98-99) or sip:user@host[:port]",
    "number_individual": "must be BBB-UU-FF-RR-D (001-00-00-00-1 to 999-99-98-99-9) or sip:user@host[:port]",
    "number_multi": "must be BBBB-UU-DD (0001-00-01 to 9999-99-99) or sip:user@host[:port]",
    "number_global": "must be DDDD (0001 to 9000) or sip:user@host[:port]",
    "number_p2p": "must be sip:user@host[:port]",
    "no_body": "a body is required",
    "no_json": "is not JSON",
    "no_object": "must be an object",
    "no_xml": "is not XML",
    "no_doctype": "must not have a document type or an entity",
    "other_root": "has another root element than is needed, or one of another namespace",
    "no_form": "is not text of its charset",
    "too_deep": "is nested too deep",
    "too_many_keys": "must not have more than 1000 keys",
}
"""A kind's own word for a fault → why, in the object voice and in explanations."""

EXPECTED = {
    "string": "must be an string",  # the vendor's spelling
    "boolean": "must be a boolean",
    "uuid": "must be a uuid",
    "array": "must be an array",
    "object": "must be an object",
    "integer": "must be an integer",
}

OUTCOME_REASONS = {
    Outcome.ENTITY_NOT_FOUND: ("link_id", "is not stored"),
    Outcome.HAS_DUPLICATES: (
        "apartment_address",
        "another apartment, or another item of this request, has this address",
    ),
}

_encode = msgspec.json.Encoder().encode


def reason(fault: Fault) -> str:
    """Why a value cannot be taken, short, for people."""
    if fault.problem is Problem.MISSING:
        return "is required"
    if fault.word in REASONS:
        return REASONS[fault.word]
    if fault.problem is Problem.TYPE:
        return EXPECTED[fault.need.type]
    return _bounds(fault.need)


def dotted(path: Sequence[str | int]) -> str:
    """("list_items", 3, "name") → list_items[3].name"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _bounds(need: Need) -> str:
    low, high = need.low, need.high
    if need.type == "text":
        return "must not have NUL characters or halves of surrogate pairs"
    if need.choices:
        return f"must be one of {', '.join(need.choices)}"
    if need.type == "integer" and high is None:
        return f"must be at least {low}"
    if need.type == "integer":
        return f"must be {low} to {high}"
    unit = "characters" if need.type == "string" else "items" if (low, high) != (1, None) else "item"
    if high is None:
        return f"must have at least {low} {unit}"
    return f"must have {low} to {high} {unit}" if low else f"must have at most {high} {unit}"


def results(answers: Sequence[Result], *, explain: bool) -> bytes:
    """The body of an accepted request: one result an item, in request order."""
    told: list[dict[str, Any]] = [
        {"link_id": answer.link_id, "success": answer.outcome in SUCCESSES, "extended_info": answer.outcome}
        for answer in answers
    ]
    if explain:
        for result, answer in zip(told, answers, strict=True):
            if not result["success"]:
                result["errors"] = _errors(answer)
    return _encode({"result": told})


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

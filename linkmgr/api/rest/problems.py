"""Faults as RFC 9457 problem documents: every word of theirs, as tables."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec

from linkmgr.api.voices import MESSAGES
from linkmgr.bulk.check import Refused
from linkmgr.bulk.faults import NO_JSON, UNKNOWN_MEMBER, Fault, Problem
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.reasons import OUTCOME_REASONS, dotted, reason
from linkmgr.logs import current_request_id

PROBLEM_JSON = "application/problem+json"
NOT_VALID = "urn:linkmgr:problem:not-valid"
"""Something in the request is at fault: `errors` says what."""

DETAILS = {
    **MESSAGES,
    400: "The request cannot be understood.",
    401: "A valid token is needed: Authorization: Bearer <token>.",
    403: "This token may not do that.",
    404: "There is no such resource.",
    409: "The request conflicts with what is stored.",
    412: "What is stored is another version than the request names.",
    415: "This media type is not read here.",
    422: "The request has faults.",
}
CODES = {Problem.MISSING: "required", Problem.TYPE: "wrong_type"}
NO_UUID = "uuid"
VALUE_CODES = {"integer": "out_of_range", "string": "wrong_length", "array": "wrong_length"}
OUTCOME_CODES = {
    Outcome.ENTITY_NOT_FOUND: ("link_id", "not_found"),
    Outcome.HAS_DUPLICATES: ("", "taken"),
    Outcome.EXISTS: ("link_id", "exists"),
    Outcome.REPEATED: ("link_id", "repeated"),
}
"""Outcome → the member at fault, the item as a whole without one, and a code."""
VENDORS_SPELLING = "must be an string", "must be a string"


class Error(msgspec.Struct):
    """One fault: the path of the member or parameter at fault, a code for programs, a text for people."""

    path: str
    code: str
    text: str


class ProblemDocument(msgspec.Struct, omit_defaults=True):
    """RFC 9457. `request_id` is that of the logs; `errors` names every fault of the request."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = ""
    errors: list[Error] = []


class Refusal(Exception):
    """The request is answered with a problem document."""

    def __init__(self, status: int, *errors: Error, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *errors)
        self.status = status
        self.errors = errors
        self.detail = detail
        self.headers = headers or {}

    @property
    def body(self) -> bytes:
        return problem(self.status, self.errors, self.detail)


class ProblemVoice:
    """How faults that are raised below the views are told at addresses of the resource API."""

    content_type = PROBLEM_JSON

    def error(self, status: int) -> bytes:
        return problem(status)

    def wrong_body(self, faults: Sequence[Fault], *, unusable: bool, explain: bool) -> bytes:
        return problem(400, [error_of(fault) for fault in faults])

    def refused(self, refusal: Refused, *, explain: bool) -> bytes:
        return problem(400, errors_of(fault for item in refusal.items for fault in item.faults))


def problem(status: int, errors: Sequence[Error] = (), detail: str = "") -> bytes:
    """The document; without errors the status says all, so its type is about:blank."""
    document = ProblemDocument(
        type=NOT_VALID if errors else "about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or DETAILS[status],
        request_id=current_request_id(),
        errors=list(errors),
    )
    return msgspec.json.encode(document)


def errors_of(faults: Iterable[Fault]) -> list[Error]:
    return [error_of(fault) for fault in faults]


def error_of(fault: Fault) -> Error:
    return Error(dotted(fault.path), _code(fault), reason(fault).replace(*VENDORS_SPELLING))


def error_of_outcome(outcome: Outcome) -> Error:
    """Of an item that the stored rows, or other items of the request, stand in the way of."""
    _, text = OUTCOME_REASONS[outcome]
    path, code = OUTCOME_CODES[outcome]
    return Error(path, code, text)


def _code(fault: Fault) -> str:
    if fault.word in {UNKNOWN_MEMBER, NO_JSON}:
        return fault.word
    if fault.word == NO_UUID:
        return CODES[Problem.TYPE]
    if fault.problem is not Problem.VALUE:
        return CODES[fault.problem]
    if fault.need.choices:
        return "not_one_of"
    bounded = (fault.need.low, fault.need.high) != (None, None)
    return VALUE_CODES.get(fault.need.type, "not_allowed") if bounded else "not_allowed"


PROBLEM_VOICE = ProblemVoice()

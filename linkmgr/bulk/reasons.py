"""Why an item cannot be taken, in words for people: explanations, the object voice, and files say the same."""

from collections.abc import Sequence

from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.outcome import Outcome

REASONS = {
    "uuid": "must be a uuid",
    "unknown_member": "is not a member of this",
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
"""A kind's own word for a fault → why."""

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
    Outcome.EXISTS: ("link_id", "is stored already"),
    Outcome.REPEATED: ("link_id", "stands in this request more than once"),
    Outcome.HAS_DUPLICATES: (
        "apartment_address",
        "another apartment, or another item of this request, has this address",
    ),
}


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

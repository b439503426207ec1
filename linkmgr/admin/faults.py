"""Faults of an item, as the form of the admin tells them: where, in words, and why."""

from django.core.exceptions import ValidationError

from linkmgr.bulk.faults import Fault, Need, Problem

JSON_TYPES = {
    "string": "a text in quotes",
    "boolean": "true or false",
    "integer": "a whole number",
    "array": "a list in [ ]",
    "object": "an object in { }",
}


def as_error(fault: Fault) -> ValidationError:
    """`repeat_format → repeat_custom → repeat_looper: must be 1 to 1000.`"""
    return ValidationError(f"{_where(fault)}: {_why(fault)}." if fault.path else f"{_why(fault)}.", code="fault")


def _where(fault: Fault) -> str:
    """The members down to the fault; places in a list count from 1, as people do."""
    return " → ".join(f"no. {step + 1}" if isinstance(step, int) else step for step in fault.path)


def _why(fault: Fault) -> str:
    match fault.problem:
        case Problem.MISSING:
            return "is required"
        case Problem.TYPE:
            return f"must be {JSON_TYPES[fault.need.type]}"
        case Problem.VALUE:
            return _bounds(fault.need)


def _bounds(need: Need) -> str:
    if need.type == "text":
        return "must not have NUL characters"
    if need.choices:
        return f"must be one of {', '.join(need.choices)}"
    if need.type == "array":
        return "must not be empty"
    return f"must be {need.low} to {need.high}"

"""What Schemathesis must know of the contract and JSON Schema cannot say (schemathesis.toml)."""

import json
import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.parameters import ParameterLocation

TAGGED = ("If-Match", "If-None-Match")
TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
TAGS = re.compile(rf"\*|{TAG}(?:\s*,\s*{TAG})*")
DEVICE_LISTS = ("apartment_items_link", "timeprofile_items_link", "contact_v0_items_link", "contact_v1_items_link")


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    query = dict(case.query or {})
    if is_wrong(case, ParameterLocation.BODY):
        tell_all_faults(name_of(case), query)
    else:
        case.body = as_the_contract_says(case.body)
    if not is_wrong(case, ParameterLocation.QUERY):
        query.pop("after", None)  # a cursor is known by the server alone
        query |= {name: each_once(names) for name, names in query.items() if name == "ordering"}
    if query != (case.query or {}):
        case.query = query
    if not is_wrong(case, ParameterLocation.HEADER) and case.headers:
        case.headers = {name: value for name, value in case.headers.items() if name not in TAGGED or is_tag(value)}


def is_tag(value: Any) -> bool:
    """The coverage phase takes any text for the value of these headers, whatever their pattern."""
    return bool(TAGS.fullmatch(str(value).strip()))


def name_of(case: Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def is_wrong(case: Case, where: ParameterLocation) -> bool:
    """Was this part made to violate the description?"""
    return bool(case.meta and case.meta.is_negative_at(where))


def tell_all_faults(operation: str, query: dict[str, Any]) -> None:
    """Parameters can ask that faulty items be answered and refuse nothing; here they are to be refused."""
    if operation in DEVICE_LISTS:
        query.pop("partial", None)
    elif operation.endswith("_bulk") and query.get("all_or_nothing", False) in (False, "false"):
        query["all_or_nothing"] = True


def as_the_contract_says(value: Any) -> Any:
    """Integers are written without a fraction (contract §1), and what begins ends later."""
    if isinstance(value, list):
        return [as_the_contract_says(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return value
    told = {name: as_the_contract_says(member) for name, member in value.items()}
    times = [told.get("date_from"), told.get("date_to")]
    if all(type(time) is int for time in times):
        told["date_from"], told["date_to"] = sorted(times)
    return told


def each_once(names: list[Any]) -> list[Any]:
    """A member is sorted by in one direction."""
    return [*{str(name).removeprefix("-"): name for name in names}.values()]


@schemathesis.serializer("application/x-ndjson")
def lines(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """They are described as one text."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.check
def wrong_values_fail(context: CheckContext, response: Response, case: Case) -> None:
    """Of the one dialect that answers items with wrong values instead of refusing the request (seed 002)."""
    answered = name_of(case) == "contact_v0_items_link" and response.status_code == 200
    if answered and is_wrong(case, ParameterLocation.BODY):
        assert not all(result["success"] for result in response.json()["result"])

"""The description of the API is valid, whole, kept in the repository, and says what is so."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator

from apartments.models import NAME, NAME_IN_JSON_SCHEMA, SPACES
from contacts.numbers import TYPED_NUMBER
from contacts.resource import ContactItem
from linkmgr.api.openapi import document
from tests.make import EVERY_LIST, Estate

pytestmark = pytest.mark.any_postgres

KEPT = Path(__file__).parent.parent / "docs/openapi.json"
DOCUMENT = json.loads(document())
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
JSON = "application/json"


def addresses(patterns: Any, before: str = "/") -> Iterator[str]:
    """Of everything below /api/, as the description spells them."""
    for each in patterns:
        here = f"{before}{each.pattern}"
        if isinstance(each, URLResolver) and each.app_name != "admin":
            yield from addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern) and each.name and here.startswith("/api/"):
            yield re.sub(r"<[^>]+>", "{}", here)


class Example(NamedTuple):
    operation: str
    media_type: str
    name: str
    schema: dict[str, Any]
    value: Any


def examples(*, of_requests: bool) -> Iterator[Any]:
    """Parameters of tests: the examples of requests, or of answers."""
    for operation, (_, _, described) in OPERATIONS.items():
        parts = [described.get("requestBody", {})] if of_requests else described["responses"].values()
        for media_type, content in [pair for part in parts for pair in part.get("content", {}).items()]:
            for name, example in content.get("examples", {}).items():
                told = Example(operation, media_type, name, content["schema"], example["value"])
                yield pytest.param(told, id=" ".join(told[:3]))


def fits(schema: Any, value: Any) -> bool:
    whole = {**schema, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(value)] == []


def test_it_is_valid_and_generated_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


def test_the_one_in_the_repository_is_the_same() -> None:
    assert KEPT.read_bytes() == document(), "update it: uv run linkmgr openapi --file docs/openapi.json"


def test_the_server_tells_the_same_to_everybody() -> None:
    told = Client().get("/api/schema")
    assert (told.content, told["Content-Type"]) == (document(), "application/vnd.oai.openapi+json")


def test_every_address_is_described_once() -> None:
    described = sorted(re.sub(r"\{\w+\}", "{}", path) for path in DOCUMENT["paths"])
    assert described == sorted(addresses(get_resolver().url_patterns))


@pytest.mark.parametrize("path", EVERY_LIST)
def test_every_list_is_described(path: str) -> None:
    assert set(DOCUMENT["paths"][path]) == {"get", "post", "delete"}


def test_operations_have_names_of_their_own_and_summaries() -> None:
    described = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(OPERATIONS) == len(described)
    assert [each for each in described if not each["summary"] or "ViewSet" in json.dumps(each)] == []


def test_every_tag_is_explained() -> None:
    used = {tag for _, _, operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in DOCUMENT["tags"]}


def test_links_lead_to_operations() -> None:
    told = [answer for _, _, operation in OPERATIONS.values() for answer in operation["responses"].values()]
    assert {link["operationId"] for answer in told for link in answer.get("links", {}).values()} <= set(OPERATIONS)


def test_limits_are_told() -> None:
    listed = DOCUMENT["components"]["schemas"]["ContactV0s"]["properties"]["list_items"]
    assert (listed["minItems"], listed["maxItems"]) == (1, 10_000)


@pytest.mark.parametrize("example", [*examples(of_requests=True), *examples(of_requests=False)])
def test_examples_are_what_they_show(example: Example) -> None:
    assert isinstance(example.value, str) if "xml" in example.media_type else fits(example.schema, example.value)


@pytest.mark.parametrize("example", [each for each in examples(of_requests=True) if each.values[0].media_type == JSON])
def test_examples_are_taken(example: Example, home: Estate) -> None:
    method, path, _ = OPERATIONS[example.operation]
    address = path.format(link_id="91c615e3-1040-4815-8ecb-039a18b756b5")
    if method == "patch":
        _, _, replaced = OPERATIONS[example.operation.replace("_change", "_replace")]
        whole = replaced["requestBody"]["content"][JSON]["examples"]["whole"]["value"]
        assert home.call("PUT", address, whole).status_code == 201
    answer = home.call(method.upper(), address, example.value)
    assert answer.status_code in (200, 201), answer.content


@pytest.mark.parametrize("name", ["Flat", "F", "", " F", "F ", "a\nb", "a\rb", "a b", "\0", "a\0b", "ł\u200b", *SPACES])
def test_names_are_those_of_the_pattern(name: str) -> None:
    said = re.search(NAME_IN_JSON_SCHEMA.replace("$", r"\Z"), name)
    assert bool(said) == bool(NAME.fullmatch(name) and "\0" not in name)


@pytest.mark.parametrize("kind", ["regular", "individual", "multi", "global", "p2p"])
@pytest.mark.parametrize("number", ["0001-01-01-01", "001-01-01-01-1", "0001-01-01", "9000", "9001", "sip:a@b:1", "1"])
def test_numbers_are_those_of_the_pattern(kind: str, number: str) -> None:
    said = fits(ContactItem.together, {"type": kind, "number": number})
    assert said == bool(TYPED_NUMBER.fullmatch(f"{kind} {number}"))


def test_both_flags_are_too_much() -> None:
    assert fits(ContactItem.together, {"type": "global", "number": "0001", "auto_answer": True})
    assert not fits(
        ContactItem.together, {"type": "global", "number": "0001", "auto_answer": True, "in_black_list": True}
    )


def test_the_page_of_it_needs_no_other_host() -> None:
    page = Client().get("/api/docs")
    assert page.status_code == 200
    assert b"http://" not in page.content
    assert b"https://" not in page.content

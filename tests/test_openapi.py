"""The description of the API is valid, whole, kept in the repository, and says what is so."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
Operation = tuple[str, str, dict[str, Any]]


def addresses(patterns: Any, before: str = "/") -> Iterator[str]:
    """Of everything below /api/, as the description spells them."""
    for each in patterns:
        here = f"{before}{each.pattern}"
        if isinstance(each, URLResolver) and each.app_name != "admin":
            yield from addresses(each.url_patterns, here)
        elif isinstance(each, URLPattern) and each.name and here.startswith("/api/"):
            yield re.sub(r"<[^>]+>", "{}", here)


def examples(place: str) -> Iterator[tuple[str, str, str, Any]]:
    """(operation, media type, name, value) of the examples of requests, or of answers."""
    for name, (_, _, operation) in OPERATIONS.items():
        told = operation.get("requestBody"), *operation["responses"].values()
        for part in filter(None, told[:1] if place == "request" else told[1:]):
            for media_type, content in part.get("content", {}).items():
                for title, example in content.get("examples", {}).items():
                    yield name, media_type, title, (content["schema"], example["value"])


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


@pytest.mark.parametrize(("name", "media_type", "title", "pair"), [*examples("request"), *examples("answer")], ids=str)
def test_examples_are_what_they_show(name: str, media_type: str, title: str, pair: tuple[Any, Any]) -> None:
    schema, value = pair
    assert isinstance(value, str) if "xml" in media_type else fits(schema, value)


@pytest.mark.parametrize(
    ("name", "title", "value"), [(n, t, pair[1]) for n, kind, t, pair in examples("request") if kind == JSON], ids=str
)
def test_examples_are_taken(name: str, title: str, value: Any, home: Estate) -> None:
    method, path, _ = OPERATIONS[name]
    stored = "91c615e3-1040-4815-8ecb-039a18b756b5"
    if method == "patch":
        _, _, replaced = OPERATIONS[name.replace("_change", "_replace")]
        whole = replaced["requestBody"]["content"][JSON]["examples"]["whole"]["value"]
        assert home.call("PUT", path.format(link_id=stored), whole).status_code == 201
    answer = home.call(method.upper(), path.format(link_id=stored), value)
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

"""Whatever is sent, the server does not fail: a 4xx in the right voice, nothing stored, never a 500 (contract §1)."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from linkmgr.content_type import with_readable_type
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, EVERY_LIST, MAKERS, Estate, apartment, link_id
from tests.nasty import (
    HARMLESS,
    ITEMS,
    NOT_READ,
    ODD_IN_ITEMS,
    UNUSABLE,
    WRITES,
    Path,
    Write,
    at,
    good_member,
    list_name,
    members,
    replaced,
)

pytestmark = pytest.mark.any_postgres

every_write = pytest.mark.parametrize("write", WRITES, ids=" ".join)
every_list = pytest.mark.parametrize("path", EVERY_LIST)
EVERY_JSON_TYPE = [None, True, 1, 1.5, "x", [], {}]
ITEM_MEMBERS = [
    (name, path) for name, (_, item) in ITEMS.items() for path in members(item) if (name, path) not in NOT_READ
]


def sent(home: Estate, write: Write, template: bytes, query: str = "", **extra: Any) -> HttpResponse:
    good = json.dumps(good_member(write))
    body = template
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        body = body.replace("NAME".encode(codec), list_name(write).encode(codec))
        body = body.replace("GOOD".encode(codec), good.encode(codec))
    method, path = write
    return home.client.generic(method, f"{path}?{query}", body, **{"content_type": "application/json", **extra})


def assert_unusable(response: HttpResponse, path: str) -> None:
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/json"
    if path == CONTACTS_V1:
        assert response.json()["error"]["code"] == "not_valid"
    else:
        assert response.json() == {"error": "Wrong JSON body"}


@every_write
@pytest.mark.parametrize("body", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_body_is_refused_and_stores_nothing(home: Estate, write: Write, body: bytes) -> None:
    assert_unusable(sent(home, write, body), write[1])
    assert home.listed(write[1].replace("/link/delete", "/items/link")) == {}


@every_write
@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_an_odd_body_is_accepted(home: Estate, write: Write, body: bytes) -> None:
    response = sent(home, write, body)
    assert (response.status_code, len(response.json().get("result", ()))) == (200, 1), response.content


@every_list
@pytest.mark.parametrize("odd", ODD_IN_ITEMS.values(), ids=ODD_IN_ITEMS.keys())
def test_a_member_that_nobody_reads_may_be_odd(home: Estate, path: str, odd: bytes) -> None:
    item = json.dumps(MAKERS[path]()).encode().removesuffix(b"}") + b',"x":{"y":[' + odd + b"]}}"
    response = home.call("POST", path, b'{"list_items":[' + item + b"]}")
    assert response.status_code == 200, response.content


@every_list
@pytest.mark.parametrize("odd", ODD_IN_ITEMS.values(), ids=ODD_IN_ITEMS.keys())
def test_an_odd_link_id_is_never_stored(home: Estate, path: str, odd: bytes) -> None:
    item = json.dumps(MAKERS[path]() | {"link_id": "ODD"}).encode().replace(b'"ODD"', odd)
    response = home.call("POST", path, b'{"list_items":[' + item + b"]}")
    spared = path == CONTACTS_V0 and odd.startswith(b'"')  # a text that is no UUID fails alone
    assert response.status_code == (200 if spared else 400), response.content
    assert home.listed(path) == {}


@every_write
@pytest.mark.parametrize("odd", ODD_IN_ITEMS.values(), ids=ODD_IN_ITEMS.keys())
def test_an_odd_member_of_the_list_is_refused(home: Estate, write: Write, odd: bytes) -> None:
    response = sent(home, write, b'{"NAME":[GOOD,' + odd + b"]}")
    assert response.status_code == 400, response.content


@every_write
def test_a_name_may_be_written_with_escapes(home: Estate, write: Write) -> None:
    body = json.dumps({list_name(write): [good_member(write)]}).replace('"l', '"\\u006c')
    assert home.call(*write, body).status_code == 200


@every_write
def test_the_same_name_twice_is_no_failure(home: Estate, write: Write) -> None:
    assert sent(home, write, b'{"NAME":5,"NAME":[GOOD]}').status_code in (200, 400)
    assert sent(home, write, b'{"NAME":[GOOD],"NAME":5}').status_code in (200, 400)


@every_list
def test_a_member_twice_in_an_item_is_no_failure(home: Estate, path: str) -> None:
    item = json.dumps(MAKERS[path]()).removesuffix("}") + f',"link_id":"{link_id()}"}}'
    assert home.call("POST", path, f'{{"list_items":[{item}]}}').status_code in (200, 400)


@pytest.mark.parametrize(("name", "path"), ITEM_MEMBERS, ids=str)
def test_every_member_has_its_type(home: Estate, name: str, path: Path) -> None:
    address, item = ITEMS[name]
    for value in [value for value in EVERY_JSON_TYPE if type(value) is not type(at(item, path))]:
        response = home.post(address, replaced(item, path, value))
        assert response.status_code == 400, (value, response.content)
        assert_names(response, address, path)
    assert home.listed(address) == {}


@pytest.mark.parametrize(("name", "path"), ITEM_MEMBERS, ids=str)
def test_no_value_of_the_right_type_makes_the_server_fail(home: Estate, name: str, path: Path) -> None:
    address, item = ITEMS[name]
    for value in [value for value in EVERY_JSON_TYPE if type(value) is type(at(item, path))]:
        response = home.post(address, replaced(item, path, value))
        assert response.status_code in (200, 400), (value, response.content)


def assert_names(response: HttpResponse, address: str, path: Path) -> None:
    """That the answer says which member is of the wrong type, in the voice of the address."""
    if address == CONTACTS_V1:
        assert list(response.json()["error"]["data"]) == [f"list_items[0].{path[0]}"]
    else:
        param = next(step for step in reversed(path) if isinstance(step, str))
        assert response.json() == {"error": f"Wrong JSON body: value `{param}` was of the wrong type"}


def test_every_good_item_is_good(home: Estate) -> None:
    assert [home.outcomes(path, item) for path, item in ITEMS.values()] == [["created"]] * len(ITEMS)


@every_write
def test_a_body_at_the_limit_is_read(home: Estate, settings: Settings, write: Write) -> None:
    settings.MAX_BODY_BYTES = 2000
    body = json.dumps({list_name(write): [good_member(write)]}).encode()
    assert home.call(*write, body.ljust(2000)).status_code == 200
    assert home.call(*write, body.ljust(2001)).status_code == 413


@every_write
def test_a_chunked_body_is_read_up_to_the_limit(home: Estate, settings: Settings, write: Write) -> None:
    settings.MAX_BODY_BYTES = 2000
    body = json.dumps({list_name(write): [good_member(write)]}).encode()
    for length, status in [(2000, 200), (2001, 413)]:
        stream = {"wsgi.input": BytesIO(body.ljust(length)), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
        response = home.client.generic(*write, **stream)
        assert response.status_code == status, response.content


@every_write
@pytest.mark.parametrize("length", ["", "-5", "abc", "0", "²", "9" * 30])
def test_a_content_length_that_lies_is_no_failure(home: Estate, write: Write, length: str) -> None:
    response = home.client.generic(*write, b"{}", content_type="application/json", CONTENT_LENGTH=length)
    assert response.status_code in (400, 413), response.content


TYPES = ["", "nonsense", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data"]
TYPES += ["application/json; charset=utf-16", "application/json; charset=nonsense", "application/json; charset="]


@every_write
@pytest.mark.parametrize("content_type", TYPES)
def test_a_body_is_json_whatever_it_says_it_is(home: Estate, write: Write, content_type: str) -> None:
    response = sent(home, write, b'{"NAME":[GOOD]}', content_type=content_type)
    assert response.status_code == 200, response.content


@every_write
@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", ",;,", "ů"])
def test_an_answer_is_json_whatever_is_asked_for(home: Estate, write: Write, accept: str) -> None:
    response = sent(home, write, b'{"NAME":[GOOD]}', headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert home.client.get(APARTMENTS, headers={"accept": accept})["Content-Type"] == "application/json"


@every_write
@pytest.mark.parametrize("query", ["format=html", "=&&%", "%00=%ff", "a[]=1&a[b]=2"])
def test_unknown_parameters_are_ignored(home: Estate, write: Write, query: str) -> None:
    response = sent(home, write, b'{"NAME":[GOOD]}', query)
    assert response.status_code == 200, response.content


@every_list
@pytest.mark.parametrize("name", ["limit", "page_number", "sort_field", "sort_type"])
@pytest.mark.parametrize("value", ["%00", "%ff", "1e1", "%2B10", "10%20", "１０"])
def test_a_wrong_parameter_is_named(home: Estate, path: str, name: str, value: str) -> None:
    response = home.client.get(f"{path}?{name}={value}")
    assert response.status_code == 400, response.content
    if path == CONTACTS_V1:
        assert list(response.json()["error"]["data"]) == [name]
    else:
        assert response.json() == {"error": f"Wrong JSON body: value `{name}` was of the wrong type"}


@every_list
@pytest.mark.parametrize("page", [2**31, 10**17, 10**18, 2**63, 10**20])
def test_a_page_far_past_the_end_is_an_empty_list(home: Estate, path: str, page: int) -> None:
    home.post(path, MAKERS[path]())
    response = home.client.get(path, {"page_number": page})
    assert response.status_code == 200, response.content[:200]
    assert response.json()["list_items"] == []


@every_write
@pytest.mark.parametrize("name", ["explain", "partial", "dry_run"])
@pytest.mark.parametrize("value", ["%00", "maybe", "٣"])
def test_an_extra_that_is_neither_yes_nor_no_writes_nothing(home: Estate, write: Write, name: str, value: str) -> None:
    response = sent(home, write, b'{"NAME":[GOOD]}', f"{name}={value}")
    assert response.status_code == 400, response.content
    assert "X-Change-Set" not in response


@pytest.mark.parametrize("name", ["apartment_name", "photo_path", "route_path"])
@pytest.mark.parametrize("text", ["a\tb", "\\N", "\\.", "a\\", "'; --", "a\rb", "%s", "{}", "x\u2028x", "\x7f", "𝕏"])
def test_texts_that_mean_something_elsewhere_are_stored_as_they_are(home: Estate, name: str, text: str) -> None:
    item = apartment(**{name: text})
    assert home.outcomes(APARTMENTS, item) == ["created"]
    assert home.listed(APARTMENTS)[item["link_id"]][name] == text


@pytest.mark.parametrize("kind", ["application/json;charset*=foo''%41", "application/json; charset*=utf-8''%00"])
@pytest.mark.parametrize("path", ["/api/info", APARTMENTS, "/api/v1/apartments/bulk/change_state", "/admin/login/"])
def test_a_content_type_that_nobody_can_read_is_no_fault_of_ours(home: Estate, path: str, kind: str) -> None:
    environ = RequestFactory().generic("POST", path, "{}").environ | {"CONTENT_TYPE": kind}
    statuses: list[str] = []
    with_readable_type(WSGIHandler())(environ, lambda status, headers: statuses.append(status))
    assert statuses[0][0] in "234"

"""ETags and conditional requests of the resource API, compression, and methods and addresses it does not have."""

import gzip
import json

import pytest
from django.http import HttpResponse

from tests.make import Estate, contact
from tests.rest import COLLECTIONS, CONTACTS, MAKERS, TIME_PROFILES, bulk, call, errors, member, put, stored

pytestmark = pytest.mark.any_postgres

OTHER = '"AAAAAAAAAAAAAAAAAAAA"'
CHANGE_SETS, STATES = "/api/v1/change-sets/", "/api/v1/states/"


def one(home: Estate) -> tuple[str, str]:
    """The address of a contact, and its tag."""
    item = contact()
    return member(CONTACTS, item["link_id"]), put(home, CONTACTS, item)["ETag"]


def write(home: Estate, method: str, address: str, **headers: str) -> HttpResponse:
    link_id = address.rsplit("/", 1)[1]
    return call(home, method, address, contact(link_id=link_id, name=headers.pop("name", "x")), **headers)


NAMING = ["TAG", "W/TAG", f"{OTHER}, TAG", f"TAG,{OTHER}", f'W/{OTHER}, "", W/TAG', " TAG ", "*", '"a,b", TAG']
NOT_NAMING = [OTHER, f"W/{OTHER}", '""', f"{OTHER}, {OTHER}"]
MALFORMED = ["", "x", "TAG x", '"', "TAG,", "**", "*, TAG", "w/TAG", f"TAG {OTHER}", '"é']


@pytest.mark.parametrize("said", NAMING)
def test_what_the_client_has_is_not_sent_again(home: Estate, said: str) -> None:
    address, tag = one(home)
    response = home.client.get(address, headers={"If-None-Match": said.replace("TAG", tag)})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("said", NOT_NAMING)
def test_what_the_client_has_not_is_sent(home: Estate, said: str) -> None:
    address, tag = one(home)
    response = home.client.get(address, headers={"If-None-Match": said})
    assert (response.status_code, response["ETag"]) == (200, tag)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_another_version_than_named(home: Estate, method: str) -> None:
    address, tag = one(home)
    assert call(home, method, address, If_Match=OTHER).status_code == 412
    assert call(home, method, address, If_Match=tag).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("said", NAMING)
def test_a_write_of_the_version_named(home: Estate, method: str, said: str) -> None:
    address, tag = one(home)
    assert write(home, method, address, If_Match=said.replace("TAG", tag)).status_code in (200, 204)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("said", NOT_NAMING)
def test_a_write_of_another_version(home: Estate, method: str, said: str) -> None:
    address, tag = one(home)
    response = write(home, method, address, If_Match=said)
    assert (errors(response, 412), response["ETag"]) == ([], tag)
    assert home.client.get(address)["ETag"] == tag


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("said", MALFORMED)
def test_tags_that_are_none(home: Estate, method: str, header: str, said: str) -> None:
    address, tag = one(home)
    response = write(home, method, address, **{header: said.replace("TAG", tag)})
    assert errors(response, 400) == [(header, "not_allowed")]
    assert home.client.get(address)["ETag"] == tag


def test_only_if_it_is_new(home: Estate) -> None:
    address, tag = one(home)
    fresh = member(CONTACTS, contact()["link_id"])
    assert errors(write(home, "PUT", address, If_None_Match="*"), 412) == []
    assert errors(write(home, "PUT", address, If_None_Match=tag), 412) == []
    assert write(home, "PUT", fresh, If_None_Match="*").status_code == 201


def test_only_if_it_is_there(home: Estate) -> None:
    fresh = member(CONTACTS, contact()["link_id"])
    assert errors(write(home, "PUT", fresh, If_Match="*"), 412) == []
    assert errors(write(home, "PATCH", fresh, If_Match="*"), 412) == []
    assert errors(write(home, "DELETE", fresh, If_Match="*"), 412) == []
    assert home.client.get(CONTACTS).json()["items"] == []


def test_the_tag_changes_with_what_is_told_and_not_otherwise(home: Estate) -> None:
    address, tag = one(home)
    changed = write(home, "PUT", address, name="y")["ETag"]
    assert changed != tag
    assert write(home, "PUT", address, name="y")["ETag"] == home.client.get(address)["ETag"] == changed
    assert home.client.get(address, {"fields": "name"})["ETag"] != changed


@pytest.mark.parametrize("path", [*COLLECTIONS, CHANGE_SETS, STATES])
def test_lists_have_tags_too(home: Estate, path: str) -> None:
    kind = path if path in MAKERS else CONTACTS
    stored(home, kind, MAKERS[kind]())
    response = home.client.get(path)
    known = {"If-None-Match": response["ETag"]}
    assert home.client.get(path, headers=known).status_code == 304
    assert home.client.get(path, {"limit": 1000, "count": "true"}, headers=known).status_code == 200


def test_long_answers_are_compressed_for_those_who_can(home: Estate) -> None:
    bulk(home, CONTACTS, *(contact() for _ in range(50)))
    plain, small = home.client.get(CONTACTS), home.client.get(CONTACTS, headers={"Accept-Encoding": "gzip"})
    assert (small["Content-Encoding"], small["ETag"]) == ("gzip", f"W/{plain['ETag']}")
    assert gzip.decompress(small.content) == plain.content
    assert "Accept-Encoding" in plain["Vary"]
    again = home.client.get(CONTACTS, headers={"If-None-Match": small["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304


def test_streams_are_compressed_too(home: Estate) -> None:
    body = b"\n".join(json.dumps(contact()).encode() for _ in range(50))
    headers = {"content_type": "application/x-ndjson", "Accept-Encoding": "gzip"}
    response = call(home, "POST", f"{CONTACTS}bulk", body, **headers)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.getvalue()).count(b"\n") == 51  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [*COLLECTIONS, CHANGE_SETS, STATES])
def test_answers_are_for_this_client_alone(home: Estate, path: str) -> None:
    assert home.client.get(path)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", [*COLLECTIONS, CHANGE_SETS, STATES])
def test_head_is_get_without_its_body(home: Estate, path: str) -> None:
    head, got = call(home, "HEAD", path), home.client.get(path)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])


KEY = "00000000-0000-4000-8000-000000000000"
READING = "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        *((path, ["PUT", "PATCH", "DELETE", "OPTIONS"], {"GET", "HEAD", "POST"}) for path in COLLECTIONS),
        *((f"{path}{KEY}", ["POST"], {"GET", "HEAD", "PUT", "PATCH", "DELETE"}) for path in COLLECTIONS),
        *((f"{path}bulk", ["GET", "PUT", "PATCH", "DELETE"], {"POST"}) for path in COLLECTIONS),
        (CHANGE_SETS, ["POST", "PUT", "DELETE"], {"GET", "HEAD"}),
        (f"{CHANGE_SETS}{KEY}", ["POST", "PUT", "PATCH", "DELETE"], {"GET", "HEAD"}),
        (f"{STATES}1", ["PUT", "DELETE"], {"GET", "HEAD"}),
        (f"{TIME_PROFILES}{KEY}/open", ["POST", "PUT"], {"GET", "HEAD"}),
        (f"{TIME_PROFILES}{KEY}.ics", ["POST", "PUT"], {"GET", "HEAD"}),
    ],
)
def test_methods_an_address_does_not_have(home: Estate, path: str, methods: list[str], allowed: set[str]) -> None:
    for method in methods:
        response = call(home, method, path, {})
        assert (errors(response, 405), set(response["Allow"].split(", "))) == ([], allowed), method


@pytest.mark.parametrize(
    "path",
    [
        f"{CONTACTS}x",
        f"{CONTACTS}{KEY}/x",
        f"{CONTACTS}bulk/x",
        f"{TIME_PROFILES}{KEY}/occurrences/x",
        f"{TIME_PROFILES}x.ics",
        f"{CHANGE_SETS}x",
        f"{CHANGE_SETS}{KEY}",
        f"{STATES}x",
        f"{STATES}-1",
        f"{CONTACTS}{KEY}",
        f"{CONTACTS}/",
    ],
)
def test_addresses_there_are_not(home: Estate, path: str) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        assert call(home, method, path, {}).status_code in (404, 405)
    assert errors(home.client.get(path), 404) == []


def test_a_slash_at_the_end_makes_no_difference(home: Estate) -> None:
    (item,) = stored(home, CONTACTS, contact())
    own = member(CONTACTS, item["link_id"])
    assert home.client.get(f"{own}/").json() == item
    assert home.client.get(CONTACTS.rstrip("/")).json() == home.client.get(CONTACTS).json()
    assert call(home, "POST", CONTACTS.rstrip("/"), contact()).status_code == 201
    assert call(home, "POST", f"{CONTACTS}bulk/", {"items": []}).status_code == 200
    assert call(home, "DELETE", f"{own}/").status_code == 204

"""Bodies no client should send to the resource API: a problem document each, never a 500, and nothing stored."""

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpResponse

from tests.make import Estate, contact
from tests.nasty import HARMLESS, UNUSABLE
from tests.rest import CONTACTS, call, errors, member

pytestmark = pytest.mark.any_postgres

KEY = "00000000-0000-4000-8000-000000000000"
GOOD = json.dumps(contact(link_id=KEY)).encode()
OWN = member(CONTACTS, KEY)
WRITES = [("PUT", OWN), ("PATCH", OWN), ("POST", CONTACTS)]
MIB = 1024 * 1024


def stored(home: Estate) -> int:
    return len(home.client.get(CONTACTS).json()["items"])


def chunked(home: Estate, method: str, path: str, body: bytes) -> HttpResponse:
    """Without a Content-Length, as WSGI servers hand on what came in chunks."""
    extra = {"wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_TYPE": "application/json"}
    return home.client.generic(method, path, b"", **extra)  # type: ignore[arg-type]


def of_list(body: bytes) -> bytes:
    return body.replace(b"NAME", b"items").replace(b"GOOD", GOOD)


@pytest.mark.parametrize("body", [*UNUSABLE.values()], ids=[*UNUSABLE])
def test_lists_that_cannot_be_used(home: Estate, body: bytes) -> None:
    assert call(home, "POST", f"{CONTACTS}bulk", of_list(body)).status_code == 400
    assert stored(home) == 0


@pytest.mark.parametrize("body", [*HARMLESS.values()], ids=[*HARMLESS])
def test_lists_that_are_only_odd(home: Estate, body: bytes) -> None:
    assert call(home, "POST", f"{CONTACTS}bulk", of_list(body)).status_code == 200
    assert stored(home) == 1


def of_member(body: bytes) -> bytes:
    return body.replace(b'"NAME":[GOOD', GOOD[1:-1] + b',"x":[1').replace(b"[GOOD", b"[" + GOOD)


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [*UNUSABLE.values()], ids=[*UNUSABLE])
def test_members_that_cannot_be_used(home: Estate, method: str, body: bytes) -> None:
    path = CONTACTS if method == "POST" else OWN
    assert call(home, method, path, of_member(body)).status_code in (400, 413, 422)
    assert stored(home) == 0


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 400, [("", "no_json")]),
        (b"{", 400, [("", "no_json")]),
        (b'{"name":NaN}', 400, [("", "no_json")]),
        (GOOD + b"x", 400, [("", "no_json")]),
        (GOOD.decode().encode("utf-16"), 400, [("", "no_json")]),
        (GOOD.decode().encode("utf-16-be"), 400, [("", "no_json")]),
        (b'{"name":"\xff"}', 400, [("", "no_json")]),
        (b"[" * 100_000, 400, [("", "no_json")]),
        (b"[]", 422, [("", "wrong_type")]),
        (b"null", 422, [("", "wrong_type")]),
        (b'"x"', 422, [("", "wrong_type")]),
        (b" " * MIB + b"{}", 413, []),
    ],
    ids=range(12),
)
def test_members_that_are_none(
    home: Estate, method: str, path: str, body: bytes, status: int, told: list[tuple[str, str]]
) -> None:
    assert errors(call(home, method, path, body), status) == told
    assert stored(home) == 0


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (b'"name":1e999', [("name", "wrong_type")]),
        (b'"name":-1e999', [("name", "wrong_type")]),
        (b'"name":' + b"9" * 5_000, [("name", "wrong_type")]),
        (b'"name":"\\ud800"', [("name", "not_allowed")]),
        (b'"name":"\\u0000"', [("name", "not_allowed")]),
        (b'"\\udc00":1', [("\\udc00", "unknown_member")]),
        (b'"":1', [("", "unknown_member")]),
        (b'"name":' + b"[" * 5_000 + b"]" * 5_000, None),
    ],
    ids=range(8),
)
def test_odd_members(home: Estate, odd: bytes, told: list[tuple[str, str]] | None) -> None:
    response = call(home, "PUT", OWN, GOOD[:-1] + b"," + odd + b"}")
    assert response.status_code in ((400, 422) if told is None else (422,))
    assert told is None or errors(response, 422) == told


def test_of_a_member_that_comes_twice_the_last_stands(home: Estate) -> None:
    assert call(home, "PUT", OWN, GOOD[:-1] + b',"name":"Last"}').json()["name"] == "Last"


def test_no_more_than_a_hundred_faults_of_an_item(home: Estate) -> None:
    body = GOOD[:-1] + b"".join(b',"x%d":1' % at for at in range(10_000)) + b"}"
    assert len(errors(call(home, "PUT", OWN, body), 422)) == 100


@pytest.mark.parametrize(("method", "path"), [("PUT", OWN), ("POST", CONTACTS), ("POST", f"{CONTACTS}bulk")])
def test_bodies_in_chunks(home: Estate, method: str, path: str) -> None:
    body = b'{"items":[' + GOOD + b"]}" if path.endswith("bulk") else GOOD
    assert chunked(home, method, path, body).status_code in (200, 201)
    assert stored(home) == 1


def test_chunks_are_limited_too(home: Estate, settings: Any) -> None:
    settings.MAX_BODY_BYTES = MIB
    assert errors(chunked(home, "PUT", OWN, b" " * (MIB + 1)), 413) == []
    assert errors(chunked(home, "POST", f"{CONTACTS}bulk", b" " * (MIB + 1)), 413) == []


@pytest.mark.parametrize("length", ["x", "-1", "1.5", "9" * 30, " 1"])
@pytest.mark.parametrize(("method", "path"), [*WRITES, ("POST", f"{CONTACTS}bulk")])
def test_lengths_that_are_none(home: Estate, method: str, path: str, length: str) -> None:
    extra = {"CONTENT_LENGTH": length, "CONTENT_TYPE": "application/json"}
    assert home.client.generic(method, path, GOOD, **extra).status_code in (400, 413)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (gzip.compress(GOOD), "gzip", 201),
        (gzip.compress(GOOD), "GZIP", 201),
        (GOOD, "identity", 201),
        (GOOD, "gzip", 400),
        (gzip.compress(GOOD)[:-9], "gzip", 400),
        (gzip.compress(b" " * 2 * MIB), "gzip", 413),
        (gzip.compress(GOOD), "br", 415),
        (gzip.compress(GOOD), "identity", 400),
    ],
    ids=range(8),
)
def test_gzip(home: Estate, body: bytes, encoding: str, status: int) -> None:
    assert call(home, "PUT", OWN, body, Content_Encoding=encoding).status_code == status


@pytest.mark.parametrize("sent", ["", "text/plain", "application/x-ndjson", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_other_types_are_not_read(home: Estate, method: str, path: str, sent: str) -> None:
    response = call(home, method, path, GOOD, content_type=sent)
    assert (errors(response, 415), response["Accept"]) == ([], "application/json")
    assert stored(home) == 0


@pytest.mark.parametrize(("method", "path"), [*WRITES, ("DELETE", OWN)])
@pytest.mark.parametrize("query", ["dry_run=x", "nobody=1", "dry_run=", "dry_run=true&dry_run=true"])
def test_faults_of_options(home: Estate, method: str, path: str, query: str) -> None:
    assert errors(call(home, method, f"{path}?{query}", GOOD), 400)[0][0] == query.partition("=")[0]
    assert stored(home) == 0


class GoneAway(BytesIO):
    """A client that goes away after some of its body."""

    def read(self, *args: Any) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError("gone")
        return super().read(64)


@pytest.mark.parametrize(("method", "path"), [("PUT", OWN), ("POST", f"{CONTACTS}bulk")])
@pytest.mark.parametrize("in_chunks", [True, False])
def test_a_client_that_goes_away_leaves_nothing(home: Estate, method: str, path: str, in_chunks: bool) -> None:
    extra: dict[str, Any] = {"wsgi.input": GoneAway(b" " * 10_000), "CONTENT_TYPE": "application/json"}
    extra |= {"HTTP_TRANSFER_ENCODING": "chunked"} if in_chunks else {"CONTENT_LENGTH": "10000"}
    assert home.client.generic(method, path, b"", **extra).status_code == 400
    assert stored(home) == 0

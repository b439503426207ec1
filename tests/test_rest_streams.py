"""`POST …/bulk` of the resource API as NDJSON: lines in and out, however many and however odd."""

import gzip
import json
from typing import Any

import pytest
from django.http import HttpResponse

from tests.make import Estate, contact
from tests.rest import CONTACTS, NDJSON, call, errors

BULK = f"{CONTACTS}bulk"


def line(**members: Any) -> bytes:
    return json.dumps(contact(**members)).encode()


def send(home: Estate, body: bytes, query: str = "", **headers: str) -> HttpResponse:
    return call(home, "POST", BULK + query, body, **{"content_type": NDJSON, **headers})


def answers(response: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert response["Content-Type"] == NDJSON
    *items, summary = [json.loads(each) for each in response.getvalue().splitlines()]
    return items, summary["summary"]


def codes(response: Any) -> list[str]:
    items, _ = answers(response)
    return [item["errors"][0]["code"] if "errors" in item else item["outcome"] for item in items]


def test_a_line_in_a_line_out_and_the_summary(home: Estate) -> None:
    response = send(home, line() + b"\n" + line() + b"\n")
    items, summary = answers(response)
    assert [(item["index"], item["outcome"]) for item in items] == [(0, "created"), (1, "created")]
    assert summary["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "refused": 0}
    assert response["X-Change-Set"] == summary["change_set"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", []),
        (b"\n\r\n \t\n", []),
        (line(), ["created"]),
        (line() + b"\r\n" + line() + b"\r\n", ["created"] * 2),
        (b"\xef\xbb\xbf" + line() + b"\n" + line(), ["created"] * 2),
        (line() + b"\n\n\n" + line() + b"\n\n", ["created"] * 2),
        (line() + b"\n\xef\xbb\xbf" + line(), ["created", "no_json"]),
        (line() + b"\nnot json\n" + line(), ["created", "no_json", "created"]),
        (line() + b"\n" + line(name="\xe9").replace(b"\\u00e9", b"\xe9"), ["created", "no_json"]),
        (line()[:-1] + b"\n" + line(), ["no_json", "created"]),
        (line() + b" " + line(), ["no_json"]),
        (line() + b"," + b"\n" + line(), ["no_json", "created"]),
        (b"[" + line() + b"]", ["wrong_type"]),
        (b'null\n5\n"x"\ntrue', ["wrong_type"] * 4),
        (b'{"x":NaN}\n' + line(), ["no_json", "created"]),
        (line().decode().encode("utf-16-be"), ["no_json"]),
        (line()[:-1] + b',"x":1e999}', ["unknown_member"]),
        (line()[:-1] + b',"\\ud800":1}\n' + line(), ["unknown_member", "created"]),
        (line(name="\ud800"), ["not_allowed"]),
        (line(name="a\0b"), ["not_allowed"]),
        (line() + b"\n\0\n" + line(), ["created", "no_json", "created"]),
        (line()[:-1] + b',"name":"twice"}', ["created"]),
        (line()[:-1] + b"".join(b',"x%d":1' % at for at in range(50_000)) + b"}", ["unknown_member"]),
    ],
    ids=range(23),
)
def test_lines(home: Estate, body: bytes, told: list[str]) -> None:
    assert codes(send(home, body)) == told


def test_a_line_that_is_absurdly_long_stores_nothing(home: Estate) -> None:
    response = send(home, line() + b"\n" + b'"' + b"x" * 1024 * 1024 + b'"')
    assert errors(response, 413) == []
    assert response.json()["detail"].startswith("Line 2 ")
    assert home.client.get(CONTACTS).json()["items"] == []


def test_a_line_nested_absurdly_deep_stores_nothing(home: Estate) -> None:
    assert errors(send(home, line() + b"\n" + b"[" * 100_000), 400) == []
    assert home.client.get(CONTACTS).json()["items"] == []


@pytest.mark.parametrize(
    ("sent", "accepted", "told"),
    [
        (NDJSON, None, NDJSON),
        (NDJSON, "*/*", NDJSON),
        (NDJSON, "application/json", "application/json"),
        (NDJSON, "text/html, application/json;q=0.9", "application/json"),
        ("application/jsonl; charset=utf-8", None, NDJSON),
        ("application/json", None, "application/json"),
        ("application/json", "*/*", "application/json"),
        ("application/json", NDJSON, NDJSON),
    ],
)
def test_the_form_of_the_answer(home: Estate, sent: str, accepted: str | None, told: str) -> None:
    body = line() if "json" in sent and sent != "application/json" else b'{"items":[' + line() + b"]}"
    accept = {"Accept": accepted} if accepted else {}
    response = send(home, body, content_type=sent, **accept)
    assert (response.status_code, response["Content-Type"]) == (200, told)


@pytest.mark.parametrize("sent", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_other_types_are_not_read(home: Estate, sent: str) -> None:
    response = send(home, line(), content_type=sent)
    assert errors(response, 415) == []
    assert NDJSON in response["Accept"]


def test_all_or_nothing_tells_each_line(home: Estate) -> None:
    response = send(home, line() + b"\nx\n", "?all_or_nothing=true")
    items, summary = answers(response)
    assert (response.status_code, [item["outcome"] for item in items]) == (422, ["created", "refused"])
    assert (summary["stored"], summary["change_set"]) == (False, None)
    assert home.client.get(CONTACTS).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (gzip.compress(line() + b"\n" + line()), 200),
        (gzip.compress(line())[:-4], 400),
        (gzip.compress(line()) + b"x", 400),
        (gzip.compress(line()) + b"x" * 1_000_000, 400),
        (line(), 400),
        (b"", 400),
        (gzip.compress(b""), 200),
    ],
    ids=range(7),
)
def test_gzip(home: Estate, body: bytes, status: int) -> None:
    assert send(home, body, Content_Encoding="gzip").status_code == status


def test_a_little_gzip_does_not_become_a_large_body(home: Estate, settings: Any) -> None:
    settings.MAX_STREAM_BYTES = 10 * 1024 * 1024
    bomb = gzip.compress(b"\n" * 11 * 1024 * 1024)
    assert len(bomb) < 20_000
    assert errors(send(home, bomb, Content_Encoding="gzip"), 413) == []


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "x"])
def test_other_encodings_are_not_read(home: Estate, encoding: str) -> None:
    assert errors(send(home, line(), Content_Encoding=encoding), 415) == []


def test_streams_longer_than_a_piece(home: Estate) -> None:
    lines = [line(name=f"n{at}") if at % 3 else b"no" for at in range(12_000)]
    items, summary = answers(send(home, b"\n".join(lines)))
    assert [item["index"] for item in items] == list(range(12_000))
    assert [item["outcome"] for item in items] == ["created" if at % 3 else "refused" for at in range(12_000)]
    assert summary["counts"] == {"created": 8_000, "updated": 0, "unchanged": 0, "refused": 4_000}

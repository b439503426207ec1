"""Idempotency-Key: a bulk request repeated is answered as it was and done once, whatever happens in between."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from linkmgr.api.models import KeptAnswer, KeptPiece
from linkmgr.history.models import ChangeSet
from tests.make import Estate, contact, estate
from tests.rest import APARTMENTS, CONTACTS, NDJSON, bulk, call, errors, flat_apartment

BULK = f"{CONTACTS}bulk"
KEY = "0b1b4c6e"


def send(home: Estate, *items: Any, key: str = KEY, query: str = "", **headers: str) -> HttpResponse:
    return bulk(home, CONTACTS, *items, query=query, Idempotency_Key=key, **headers)


def body_of(response: Any) -> bytes:
    return response.getvalue() if response.streaming else response.content  # type: ignore[no-any-return]


def lines(home: Estate, body: bytes, **headers: str) -> HttpResponse:
    return call(home, "POST", BULK, body, content_type=NDJSON, Idempotency_Key=KEY, **headers)


def test_a_replay_is_the_same_answer_and_does_nothing(home: Estate) -> None:
    item = contact()
    first = send(home, item)
    call(home, "DELETE", f"{CONTACTS}{item['link_id']}")
    again = send(home, item)
    assert "Idempotency-Replayed" not in first
    assert (again.status_code, again["Idempotency-Replayed"]) == (200, "true")
    assert (again.content, again["X-Change-Set"]) == (first.content, first["X-Change-Set"])
    assert again["Content-Type"] == first["Content-Type"]
    assert home.client.get(CONTACTS).json()["items"] == []


def test_a_replay_of_a_stream(home: Estate) -> None:
    body = b"\n".join(json.dumps(contact()).encode() for _ in range(30_000))
    first, again = lines(home, body), lines(home, body)
    assert (again["Content-Type"], again["Idempotency-Replayed"]) == (NDJSON, "true")
    assert body_of(again) == body_of(first)
    assert KeptPiece.objects.count() > 1
    assert ChangeSet.objects.count() == 1


def test_a_refusal_of_all_is_replayed_too(home: Estate) -> None:
    first, again = (send(home, "x", query="?all_or_nothing=true") for _ in range(2))
    assert errors(first, 422) == errors(again, 422) == [("items[0]", "wrong_type")]
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")


def test_a_dry_run_is_another_request(home: Estate) -> None:
    item = contact()
    dry = send(home, item, query="?dry_run=true")
    assert body_of(send(home, item, query="?dry_run=true")) == dry.content
    assert errors(send(home, item), 422) == [("Idempotency-Key", "key_reused")]
    assert send(home, item, key="other").json()["items"][0]["outcome"] == "created"


@pytest.mark.parametrize(
    "other",
    [
        lambda home, item: send(home, contact()),
        lambda home, item: send(home, item, item),
        lambda home, item: send(home, item, query="?mode=create_only"),
        lambda home, item: send(home, item, Accept=NDJSON),
        lambda home, item: lines(home, json.dumps(item).encode()),
        lambda home, item: bulk(home, APARTMENTS, flat_apartment(), Idempotency_Key=KEY),
    ],
    ids=["other item", "more items", "mode", "accept", "ndjson", "collection"],
)
def test_another_request_under_the_key_is_refused(home: Estate, other: Any) -> None:
    item = contact()
    send(home, item)
    assert errors(other(home, item), 422) == [("Idempotency-Key", "key_reused")]
    assert ChangeSet.objects.count() == 1


def test_keys_are_of_an_account_at_a_site(home: Estate, away: Estate) -> None:
    item = contact()
    colleague = estate(home.site.slug)
    assert [send(who, item).json()["items"][0]["outcome"] for who in (home, away, colleague)] == [
        "created", "created", "unchanged",
    ]  # fmt: skip
    assert KeptAnswer.objects.count() == 3


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é", "\x7f"])
def test_keys_that_are_none(home: Estate, key: str) -> None:
    assert errors(send(home, contact(), key=key), 400) == [("Idempotency-Key", "not_allowed")]
    assert home.client.get(CONTACTS).json()["items"] == []


@pytest.mark.parametrize("key", ["x", "x" * 255, '"quoted"', "~!@#$%^&*()'\\"])
def test_keys_that_are_good(home: Estate, key: str) -> None:
    item = contact()
    assert [send(home, item, key=key).headers.get("Idempotency-Replayed") for _ in range(2)] == [None, "true"]


def test_an_answer_is_kept_for_48_hours(home: Estate) -> None:
    item = contact()
    send(home, item)
    with time_machine.travel(timezone.now() + timedelta(hours=47, minutes=59), tick=False):
        assert send(home, item)["Idempotency-Replayed"] == "true"
    with time_machine.travel(timezone.now() + timedelta(hours=48, minutes=1), tick=False):
        fresh = send(home, item)
    assert ("Idempotency-Replayed" in fresh, fresh.json()["items"][0]["outcome"]) == (False, "unchanged")


def test_one_of_many_old_answers_is_not_replayed(home: Estate) -> None:
    """A request sweeps away no more than a hundred, the oldest first; its own key is free all the same."""
    long_ago = timezone.now() - timedelta(days=9)
    KeptAnswer.objects.bulk_create(
        KeptAnswer(membership=home.membership, key=f"k{at}", request=b"", status=200, created_at=long_ago)
        for at in range(150)
    )
    send(home, contact())
    assert KeptAnswer.objects.count() == 51
    KeptAnswer.objects.filter(key=KEY).update(created_at=timezone.now() - timedelta(days=3))
    KeptAnswer.objects.bulk_create(
        KeptAnswer(membership=home.membership, key=f"l{at}", request=b"", status=200, created_at=long_ago)
        for at in range(150)
    )
    assert send(home, contact()).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": b"not json"},
        {"body": b'{"items":5}'},
        {"body": b'{"items":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"},
        {"content_type": "text/plain"},
        {"query": "?mode=x"},
    ],
    ids=range(5),
)
def test_a_request_that_fails_leaves_the_key_free(home: Estate, wrong: dict[str, Any]) -> None:
    wrong = {"body": b'{"items":[]}', "query": "", "content_type": "application/json"} | wrong
    failed = call(
        home, "POST", BULK + wrong["query"], wrong["body"], content_type=wrong["content_type"], Idempotency_Key=KEY
    )
    assert failed.status_code in (400, 415)
    assert "Idempotency-Replayed" not in send(home, contact())


def test_a_request_without_a_right_keeps_nothing(home: Estate) -> None:
    viewer, nobody = estate(home.site.slug, "viewer"), home._replace(client=Client())
    assert errors(send(viewer, contact()), 403) == errors(send(nobody, contact()), 401) == []
    assert KeptAnswer.objects.count() == 0


def test_an_error_inside_leaves_the_key_free(home: Estate) -> None:
    """PostgreSQL refuses a row that every check has passed: our fault, a 500, and nothing of it stays."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_contact ADD CONSTRAINT no_berta CHECK (name <> 'Berta')")
    assert errors(send(home, contact(name="Berta")), 500) == []
    assert KeptAnswer.objects.count() == ChangeSet.objects.count() == 0
    assert send(home, contact()).status_code == 200

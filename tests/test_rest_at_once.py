"""The resource API with several writers at once, over real connections: one wins and nothing is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.api.models import KeptAnswer
from tests.make import Estate, contact, estate
from tests.operators import operator, page, save
from tests.rest import APARTMENTS, CONTACTS, NDJSON, bulk, call, errors, flat_apartment, member, put
from tests.test_two_writers import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home() -> Estate:
    return estate()


def meanwhile(job: Any) -> tuple[Thread, list[HttpResponse]]:
    """Begun in a thread of its own, still running."""
    answers: list[HttpResponse] = []

    def run() -> None:
        try:
            answers.append(job())
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread, answers


def holding(link_id: str) -> Any:
    """The row, locked as an operator's form does while it saves."""
    return Contact.objects.select_for_update().get(link_id=link_id)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_of_two_writers_of_one_version_exactly_one_wins(home: Estate, method: str) -> None:
    item = contact()
    etag = put(home, CONTACTS, item)["ETag"]
    address = member(CONTACTS, item["link_id"])

    def write(name: str) -> list[int]:
        return [call(home, method, address, item | {"name": name}, If_Match=etag).status_code]

    statuses = at_once(*(lambda name=name: write(name) for name in "abcd"))
    lost = 404 if method == "DELETE" else 412
    assert sorted(statuses)[0] in (200, 204)
    assert sorted(statuses)[1:] in ([412] * 3, [lost] * 3)


def test_of_several_that_create_exactly_one_does(home: Estate) -> None:
    item = contact()

    def create(method: str, address: str, **headers: str) -> list[int]:
        return [call(home, method, address, item, **headers).status_code]

    own = member(CONTACTS, item["link_id"])
    statuses = at_once(*([lambda: create("POST", CONTACTS), lambda: create("PUT", own, If_None_Match="*")] * 2))
    assert sorted(statuses)[0] == 201
    assert set(sorted(statuses)[1:]) <= {409, 412}
    assert Contact.objects.count() == 1


def test_an_edit_in_the_admin_is_not_lost_under_a_put(home: Estate) -> None:
    """The PUT waits for the operator, and then finds another version than it names."""
    item = contact()
    etag = put(home, CONTACTS, item)["ETag"]
    with transaction.atomic():
        row = holding(item["link_id"])
        job, answers = meanwhile(lambda: put(home, CONTACTS, item | {"number": "0001-01-01-02"}, If_Match=etag))
        job.join(0.5)
        assert job.is_alive()
        row.name = "Edited"
        row.save()
    job.join()
    assert errors(answers[0], 412) == []
    assert Contact.objects.get().name == "Edited"


def test_a_patch_beside_the_admin_keeps_both(home: Estate) -> None:
    item = contact()
    put(home, CONTACTS, item)
    with transaction.atomic():
        row = holding(item["link_id"])
        job, answers = meanwhile(lambda: call(home, "PATCH", member(CONTACTS, item["link_id"]), {"is_favorite": True}))
        job.join(0.5)
        row.name = "Edited"
        row.save()
    job.join()
    assert answers[0].json()["name"] == "Edited"
    assert Contact.objects.get().is_favorite


def test_a_row_that_comes_while_a_put_has_looked_is_not_overwritten(home: Estate) -> None:
    item = flat_apartment("1-1-1-1")
    values = {name: value for name, value in item.items() if name != "link_id"}
    with transaction.atomic():
        Apartment.objects.create(site=home.site, link_id=item["link_id"], **values)
        job, answers = meanwhile(lambda: put(home, APARTMENTS, item | {"apartment_name": "Put"}, If_None_Match="*"))
        job.join(0.5)
        assert job.is_alive()
    job.join()
    assert answers[0].status_code in (409, 412)
    assert Apartment.objects.get().apartment_name == "Flat"


def test_bulk_single_and_admin_writers_meet_without_a_deadlock(home: Estate) -> None:
    items = [contact() for _ in range(40)]
    bulk(home, CONTACTS, *items)
    clerk = operator(home.site)
    edited = page(Contact, "change", Contact.objects.get(link_id=items[0]["link_id"]).pk)

    def in_bulk(order: int) -> list[int]:
        return [bulk(home, CONTACTS, *(item | {"name": f"{order}{turn}"} for item in items[::order])).status_code
                for turn in range(4)]  # fmt: skip

    def alone() -> list[int]:
        return [call(home, "PATCH", member(CONTACTS, item["link_id"]), {"name": "p"}).status_code for item in items[:8]]

    def in_the_admin() -> list[int]:
        return [200 if save(clerk, edited, name=f"e{turn}").status_code == 302 else 0 for turn in range(4)]

    statuses = at_once(lambda: in_bulk(1), lambda: in_bulk(-1), alone, in_the_admin)
    assert set(statuses) == {200}
    assert Contact.objects.count() == 40


def test_the_same_key_at_once_is_done_once(home: Estate) -> None:
    items = [contact() for _ in range(300)]

    def send(_: int) -> HttpResponse:
        try:
            return bulk(home, CONTACTS, *items, Idempotency_Key="k")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    done = [answer for answer in answers if answer.status_code == 200]
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in done) == 1


def test_a_key_whose_request_still_runs_is_a_conflict(home: Estate) -> None:
    item = contact()
    put(home, CONTACTS, item)
    with transaction.atomic():
        holding(item["link_id"])
        job, answers = meanwhile(lambda: bulk(home, CONTACTS, item | {"name": "b"}, Idempotency_Key="k"))
        job.join(0.5)
        again = bulk(home, CONTACTS, item | {"name": "b"}, Idempotency_Key="k")
        assert errors(again, 409) == [("Idempotency-Key", "running")]
    job.join()
    assert answers[0].status_code == 200
    assert bulk(home, CONTACTS, item | {"name": "b"}, Idempotency_Key="k")["Idempotency-Replayed"] == "true"


def test_a_backend_that_is_killed_leaves_the_key_free(home: Estate) -> None:
    item = contact()
    put(home, CONTACTS, item)
    with transaction.atomic():
        holding(item["link_id"])
        job, answers = meanwhile(lambda: bulk(home, CONTACTS, item | {"name": "b"}, Idempotency_Key="k"))
        job.join(0.5)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            assert cursor.fetchall() == [(True,)]
        job.join()
    assert errors(answers[0], 503) == []
    assert KeptAnswer.objects.count() == 0
    assert bulk(home, CONTACTS, item | {"name": "b"}, Idempotency_Key="k").json()["items"][0]["outcome"] == "updated"


def test_waiting_ends_with_503(home: Estate, settings: Any) -> None:
    settings.LOCK_TIMEOUT = 1
    item = contact()
    put(home, CONTACTS, item)
    with transaction.atomic():
        holding(item["link_id"])
        single, first = meanwhile(lambda: put(home, CONTACTS, item | {"name": "b"}))
        many, second = meanwhile(lambda: bulk(home, CONTACTS, item | {"name": "b"}))
        single.join()
        many.join()
    for answer in (first[0], second[0]):
        assert errors(answer, 503) == []
        assert answer["Retry-After"]


def test_two_streams_at_once(home: Estate) -> None:
    lines = [json.dumps(contact(name=f"n{at}")).encode() for at in range(2_000)]

    def send(body: list[bytes]) -> list[int]:
        answer = call(home, "POST", f"{CONTACTS}bulk", b"\n".join(body), content_type=NDJSON)
        return [answer.status_code]

    assert at_once(lambda: send(lines), lambda: send(lines[::-1])) == [200, 200]
    assert Contact.objects.count() == 2_000

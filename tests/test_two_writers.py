"""Two writers at once, over real connections and commits: nothing deadlocks, nothing is lost, nothing half-done."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from apartments.models import Apartment, ApartmentChange
from contacts.models import Contact
from linkmgr.bulk.turn import MOST_TRIES, retried
from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, CONTACTS_V0, Estate, Item, apartment, contact, estate
from tests.operators import errors, operator, page
from tests.states import send, states, stored

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, ROUNDS, ITEMS, MANY = 4, 5, 60, 10_000


@pytest.fixture
def home() -> Estate:
    return estate()


def at_once(*work: Callable[[], list[int]]) -> list[int]:
    """Run all in threads of their own, from one moment on; the statuses they got."""
    start = Barrier(len(work))

    def run(job: Callable[[], list[int]]) -> list[int]:
        start.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [status for statuses in pool.map(run, work) for status in statuses]


def shuffled(items: list[Item], seed: int) -> list[Item]:
    return random.Random(seed).sample(items, len(items))


@pytest.mark.parametrize(("path", "make"), [(CONTACTS_V0, contact), (APARTMENTS, apartment)])
def test_the_same_items_in_other_orders(home: Estate, path: str, make: Callable[..., Item]) -> None:
    items = [make() for _ in range(ITEMS)]

    def write(seed: int) -> list[int]:
        return [home.post(path, *shuffled(items, seed + turn)).status_code for turn in range(ROUNDS)]

    statuses = at_once(*(lambda seed=seed: write(seed * 100) for seed in range(WRITERS)))
    assert statuses == [200] * WRITERS * ROUNDS
    assert ChangeSet.objects.get().counts == {path.split("/")[3]: {"insert": ITEMS}}


def test_addresses_rotate_while_others_rotate_them_too(home: Estate) -> None:
    ring = [apartment(f"1-1-1-{room}") for room in range(10)]
    home.post(APARTMENTS, *ring)

    def turn(by: int) -> list[int]:
        turned = [
            item | {"apartment_address": ring[(at + by) % 10]["apartment_address"]} for at, item in enumerate(ring)
        ]
        return [home.post(APARTMENTS, *turned).status_code for _ in range(ROUNDS)]

    assert at_once(*(lambda by=by: turn(by) for by in range(WRITERS))) == [200] * WRITERS * ROUNDS
    assert Apartment.objects.values("building", "unit", "floor", "room").distinct().count() == 10


def test_upserts_beside_deletions(home: Estate) -> None:
    items = [contact() for _ in range(ITEMS)]
    link_ids = [item["link_id"] for item in items]

    def write() -> list[int]:
        return [home.post(CONTACTS_V0, *shuffled(items, turn)).status_code for turn in range(ROUNDS)]

    def delete() -> list[int]:
        return [home.delete(CONTACTS_V0, random.Random(7).sample(link_ids, ITEMS)).status_code for _ in range(ROUNDS)]

    assert set(at_once(write, delete, write, delete)) == {200}
    assert Contact.objects.count() in {0, ITEMS}


def test_a_writer_outside_the_turn_costs_another_try_and_no_error(home: Estate) -> None:
    """Somebody at a psql takes the address first and commits while the bulk call waits for him."""
    item = apartment("2-2-2-2")
    answers: list[list[str]] = []

    def post() -> None:
        answers.append(home.outcomes(APARTMENTS, item))
        connection.close()

    waiting = Thread(target=post)
    with transaction.atomic():
        Apartment.objects.create(
            site=home.site, link_id=apartment()["link_id"], **item["apartment_address"], apartment_name="x"
        )
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join()
    assert answers == [["updated"]]
    assert str(Apartment.objects.get().link_id) == item["link_id"]


def test_a_clash_that_stays_is_not_tried_for_ever(home: Estate) -> None:
    tries: list[int] = []

    def write() -> None:
        tries.append(1)
        Contact.objects.create(site=home.site, link_id=item["link_id"], name="n", type="multi", number="0001-01-01")

    item = contact()
    home.post(CONTACTS_V0, item)
    with pytest.raises(Exception, match="contact_link_id"):
        retried(write)
    assert len(tries) == MOST_TRIES


def test_waiting_for_a_writer_ends_with_503(home: Estate, settings: object) -> None:
    item = contact()
    home.post(CONTACTS_V0, item)
    settings.LOCK_TIMEOUT = 1  # type: ignore[attr-defined]
    answers = []

    def post() -> None:
        answers.append(home.post(CONTACTS_V0, item | {"name": "Other"}))
        connection.close()

    with transaction.atomic():
        Contact.objects.select_for_update().get()
        waiting = Thread(target=post)
        waiting.start()
        waiting.join()
    assert (answers[0].status_code, answers[0].content) == (503, b'{"error":"Service unavailable"}')
    assert int(answers[0]["Retry-After"]) > 0


def test_a_faster_writer_makes_a_form_error_in_the_admin_and_no_500(home: Estate) -> None:
    """The form is valid when it is judged; the other writer commits the same link_id while it is saved."""
    item, answers = contact(), []
    form = item | {"site": home.site.pk, "ringtone": "ring1.wav"}
    client = operator(superuser=True)

    def save() -> None:
        answers.append(client.post(page(Contact, "add"), form))
        connection.close()

    waiting = Thread(target=save)
    with transaction.atomic():
        Contact.objects.create(site=home.site, **item)
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
    waiting.join()
    assert errors(answers[0]) == {"__all__": ["This link_id is stored already."]}
    assert Contact.objects.count() == 1


def test_overlapping_changes_of_state(home: Estate) -> None:
    """10 000 apartments, each side changing most of them: every one ends where one of the two brought it last."""
    ids = stored(home, MANY)

    def bring(state: int, part: slice) -> list[int]:
        body = {"ids": random.Random(state).sample(ids[part], len(ids[part])), "state_id": state}
        return [send(home, body).status_code for _ in range(2)]

    statuses = at_once(lambda: bring(2, slice(0, 9_000)), lambda: bring(4, slice(1_000, MANY)))
    assert statuses == [200] * 4
    assert states(home, ids[:1_000]) == {2}
    assert states(home, ids[9_000:]) == {4}
    assert states(home, ids[1_000:9_000]) in ({2}, {4})
    counted = [made.counts["apartment"].get("update", 0) for made in ChangeSet.objects.all()]
    logged: Any = ApartmentChange
    assert logged.objects.filter(pgh_label="update").count() == sum(counted)


def test_a_change_of_state_beside_an_upsert_and_the_admin(home: Estate) -> None:
    items = [apartment() for _ in range(ITEMS)]
    home.post(APARTMENTS, *items)
    client, first = operator(home.site), Apartment.objects.earliest("pk")
    chosen = {"action": "change_state", "_selected_action": first.pk, "post": "yes", "count": 1, "state": 3}

    def change() -> list[int]:
        ids = [item["link_id"] for item in shuffled(items, 3)]
        return [send(home, {"ids": ids, "state_id": 2 + turn % 2}).status_code for turn in range(ROUNDS)]

    def write() -> list[int]:
        return [
            home.post(
                APARTMENTS, *(item | {"residents": {"count": turn}} for item in shuffled(items, turn))
            ).status_code
            for turn in range(ROUNDS)
        ]

    def act() -> list[int]:
        return [client.post(page(Apartment, "changelist"), chosen, follow=True).status_code for _ in range(ROUNDS)]

    assert set(at_once(change, write, act)) == {200}
    assert set(Apartment.objects.values_list("residents_count", flat=True)) == {ROUNDS - 1}

"""Restricted tokens while somebody else writes: what counts is where a row is when it is written."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from apartments.models import Apartment
from tests.make import APARTMENTS, Estate, apartment, estate, link_id, restricted
from tests.states import change, told

pytestmark = pytest.mark.django_db(transaction=True)
OUTSIDE = 9


@pytest.fixture
def home() -> Estate:
    return estate()


def meanwhile(ask: Callable[[], Any], write: Callable[[], Any]) -> Any:
    """What is answered to somebody who asks while a transaction that has written is still open, and then commits."""
    answers: list[Any] = []

    def run() -> None:
        answers.append(ask())
        connection.close()

    waiting = Thread(target=run)
    with transaction.atomic():
        write()
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join()
    return answers[0]


def store(home: Estate, stored_as: str, address: dict[str, int]) -> None:
    Apartment.objects.create(site=home.site, link_id=stored_as, apartment_name="Theirs", **address)


def move_out(stored: str) -> None:
    Apartment.objects.filter(link_id=stored).update(building=OUTSIDE)


@pytest.fixture
def item(home: Estate) -> dict[str, Any]:
    return apartment("3-1-1-1")


def test_what_is_stored_outside_meanwhile_is_not_updated(home: Estate, item: dict[str, Any]) -> None:
    keeper, address = restricted(home, 3), {**item["apartment_address"], "building": OUTSIDE}
    answer = meanwhile(
        lambda: keeper.outcomes(APARTMENTS, item, apartment("3-1-1-2")), lambda: store(home, item["link_id"], address)
    )
    assert answer == ["entity_not_found", "created"]
    assert Apartment.objects.get(link_id=item["link_id"]).building == OUTSIDE


def test_what_is_stored_inside_meanwhile_is_updated(home: Estate, item: dict[str, Any]) -> None:
    keeper, address = restricted(home, 3), {**item["apartment_address"], "room": 7}
    answer = meanwhile(lambda: keeper.outcomes(APARTMENTS, item), lambda: store(home, item["link_id"], address))
    assert (answer, Apartment.objects.get().room) == (["updated"], 1)


def test_an_address_taken_inside_meanwhile_is_taken_over(home: Estate, item: dict[str, Any]) -> None:
    keeper = restricted(home, 3)
    answer = meanwhile(
        lambda: keeper.outcomes(APARTMENTS, item), lambda: store(home, link_id(), item["apartment_address"])
    )
    assert (answer, str(Apartment.objects.get().link_id)) == (["updated"], item["link_id"])


def test_what_is_moved_out_meanwhile_is_not_brought_back(home: Estate, item: dict[str, Any]) -> None:
    home.post(APARTMENTS, item)
    keeper = restricted(home, 3)
    answer = meanwhile(lambda: keeper.outcomes(APARTMENTS, item), lambda: move_out(item["link_id"]))
    assert (answer, Apartment.objects.get().building) == (["entity_not_found"], OUTSIDE)


def test_what_is_moved_out_meanwhile_is_not_deleted(home: Estate, item: dict[str, Any]) -> None:
    home.post(APARTMENTS, item)
    keeper = restricted(home, 3)
    answer = meanwhile(lambda: keeper.delete(APARTMENTS, [item["link_id"]]).json(), lambda: move_out(item["link_id"]))
    assert answer["result"][0]["extended_info"] == "entity_not_found"
    assert Apartment.objects.get().building == OUTSIDE


def test_the_state_of_what_is_moved_out_meanwhile_stays(home: Estate, item: dict[str, Any]) -> None:
    home.post(APARTMENTS, item)
    keeper = restricted(home, 3)
    answer = meanwhile(lambda: change(keeper, [item["link_id"]]), lambda: move_out(item["link_id"]))
    assert (told(answer), Apartment.objects.get().state_id) == ([(1, 1, "ids[0]")], 1)

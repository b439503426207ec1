"""The matching table of contract §2: which stored apartment an item is, and what stands in its way."""

import pytest

from tests.make import APARTMENTS, Estate, apartment


def addresses(home: Estate) -> dict[str, str]:
    """link_id → address of everything stored."""
    stored = home.listed(APARTMENTS).values()
    return {item["link_id"]: "-".join(map(str, item["apartment_address"].values())) for item in stored}


@pytest.fixture
def two(home: Estate) -> tuple[str, str]:
    """Two stored apartments, at 1-1-1-1 and 1-1-1-2."""
    first, second = apartment("1-1-1-1"), apartment("1-1-1-2")
    assert home.outcomes(APARTMENTS, first, second) == ["created", "created"]
    return first["link_id"], second["link_id"]


def test_an_unknown_link_id_at_an_unknown_address_is_created(home: Estate) -> None:
    assert home.outcomes(APARTMENTS, apartment("1-1-1-1")) == ["created"]


def test_a_known_link_id_moves_to_a_free_address(home: Estate, two: tuple[str, str]) -> None:
    assert home.outcomes(APARTMENTS, apartment("5-5-5-5", link_id=two[0])) == ["updated"]
    assert addresses(home) == {two[0]: "5-5-5-5", two[1]: "1-1-1-2"}


def test_an_unknown_link_id_takes_over_the_apartment_at_its_address(home: Estate, two: tuple[str, str]) -> None:
    newcomer = apartment("1-1-1-1", apartment_name="Newcomer")
    assert home.outcomes(APARTMENTS, newcomer) == ["updated"]
    assert addresses(home) == {newcomer["link_id"]: "1-1-1-1", two[1]: "1-1-1-2"}


def test_a_known_link_id_does_not_push_another_apartment_away(home: Estate, two: tuple[str, str]) -> None:
    assert home.outcomes(APARTMENTS, apartment("1-1-1-2", link_id=two[0])) == ["has_dublicates"]
    assert addresses(home) == {two[0]: "1-1-1-1", two[1]: "1-1-1-2"}


def test_items_with_one_address_are_all_refused(home: Estate) -> None:
    outcomes = home.outcomes(APARTMENTS, apartment("1-1-1-1"), apartment("2-2-2-2"), apartment("1-1-1-1"))
    assert outcomes == ["has_dublicates", "created", "has_dublicates"]


def test_two_apartments_swap(home: Estate, two: tuple[str, str]) -> None:
    swap = apartment("1-1-1-2", link_id=two[0]), apartment("1-1-1-1", link_id=two[1])
    assert home.outcomes(APARTMENTS, *swap) == ["updated", "updated"]
    assert addresses(home) == {two[0]: "1-1-1-2", two[1]: "1-1-1-1"}


def test_a_rotation_of_five_goes_round(home: Estate) -> None:
    ring = [apartment(f"1-1-1-{room}") for room in range(5)]
    home.outcomes(APARTMENTS, *ring)
    turned = [apartment(f"1-1-1-{(room + 1) % 5}", link_id=item["link_id"]) for room, item in enumerate(ring)]
    assert home.outcomes(APARTMENTS, *turned) == ["updated"] * 5
    assert addresses(home) == {item["link_id"]: f"1-1-1-{(room + 1) % 5}" for room, item in enumerate(ring)}


def test_a_rotation_beside_a_clash_still_goes_round(home: Estate, two: tuple[str, str]) -> None:
    """The clash sends the request the long way: matching item by item."""
    blocked = apartment("3-3-3-3")
    home.outcomes(APARTMENTS, blocked, apartment("3-3-3-4"))
    items = (
        apartment("1-1-1-2", link_id=two[0]),
        apartment("1-1-1-1", link_id=two[1]),
        apartment("3-3-3-4", link_id=blocked["link_id"]),
        apartment("9-9-9-9"),
    )
    assert home.outcomes(APARTMENTS, *items) == ["updated", "updated", "has_dublicates", "created"]


def test_a_chain_behind_a_refused_move_is_refused_too(home: Estate) -> None:
    """A row whose own item is refused does not move away, so nobody can follow it."""
    chain = [apartment(f"1-1-1-{room}") for room in range(4)]
    home.outcomes(APARTMENTS, *chain)
    moves = [apartment(f"1-1-1-{room + 1}", link_id=chain[room]["link_id"]) for room in (2, 1, 0)]
    assert home.outcomes(APARTMENTS, *moves) == ["has_dublicates"] * 3


def test_an_apartment_follows_into_the_address_that_another_leaves(home: Estate, two: tuple[str, str]) -> None:
    newcomer = apartment("1-1-1-1")
    leaving = apartment("7-7-7-7", link_id=two[0])
    assert home.outcomes(APARTMENTS, newcomer, leaving) == ["created", "updated"]
    assert addresses(home) == {newcomer["link_id"]: "1-1-1-1", two[0]: "7-7-7-7", two[1]: "1-1-1-2"}


def test_an_apartment_that_the_request_names_is_never_taken_over(home: Estate, two: tuple[str, str]) -> None:
    """Its own item is refused, so it stays; the other item must not take its link_id away (docs/contract.md §2)."""
    blocked, follower = apartment("1-1-1-2", link_id=two[0]), apartment("1-1-1-1")
    assert home.outcomes(APARTMENTS, blocked, follower) == ["has_dublicates", "has_dublicates"]
    assert addresses(home) == {two[0]: "1-1-1-1", two[1]: "1-1-1-2"}


def test_of_a_repeated_link_id_the_last_item_stands(home: Estate) -> None:
    first = apartment("1-1-1-1", apartment_name="First")
    last = apartment("1-1-1-2", link_id=first["link_id"], apartment_name="Last")
    assert home.outcomes(APARTMENTS, first, last) == ["created", "updated"]
    assert addresses(home) == {first["link_id"]: "1-1-1-2"}


def test_a_superseded_address_stands_in_nobodys_way(home: Estate) -> None:
    first = apartment("1-1-1-1")
    last = apartment("1-1-1-2", link_id=first["link_id"])
    assert home.outcomes(APARTMENTS, first, last, apartment("1-1-1-1")) == ["created", "updated", "created"]


def test_repeats_share_the_refusal_of_the_item_that_stands(home: Estate, two: tuple[str, str]) -> None:
    repeats = apartment("6-6-6-6", link_id=two[0]), apartment("1-1-1-2", link_id=two[0])
    assert home.outcomes(APARTMENTS, *repeats) == ["has_dublicates", "has_dublicates"]
    assert addresses(home)[two[0]] == "1-1-1-1"


def test_addresses_of_another_site_are_free(home: Estate, away: Estate) -> None:
    assert home.outcomes(APARTMENTS, apartment("1-1-1-1")) == ["created"]
    assert away.outcomes(APARTMENTS, apartment("1-1-1-1")) == ["created"]


def test_a_link_id_of_another_site_is_unknown(home: Estate, away: Estate) -> None:
    item = apartment("1-1-1-1")
    assert home.outcomes(APARTMENTS, item) == ["created"]
    assert away.outcomes(APARTMENTS, item | {"apartment_name": "Other"}) == ["created"]
    assert home.listed(APARTMENTS)[item["link_id"]]["apartment_name"] == "Flat"


def test_a_ring_beside_a_chain_turns_and_the_chain_is_refused(home: Estate) -> None:
    stored = [apartment(f"1-1-1-{room}") for room in range(8)]
    home.outcomes(APARTMENTS, *stored)
    wanted = [1, 2, 0, 4, 5, 6, 7, 20]  # 0-1-2 turn; 3-4-5-6 follow 7, which leaves
    moves = [apartment(f"1-1-1-{room}", link_id=item["link_id"]) for item, room in zip(stored, wanted, strict=True)]
    assert home.outcomes(APARTMENTS, *moves[:7]) == ["updated"] * 3 + ["has_dublicates"] * 4
    assert home.outcomes(APARTMENTS, *moves) == ["updated"] * 8

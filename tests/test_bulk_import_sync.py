"""`linkmgr bulk_import --sync`: what the file does not have goes, within a scope and below a ceiling."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from apartments.models import Apartment, ApartmentChange
from contacts.models import Contact
from linkmgr.history.models import ChangeSet
from tests.files import Ran, counts, csv_of, load, reported, saved
from tests.make import APARTMENTS, Estate, Item, apartment, contact, time_profile

pytestmark = pytest.mark.django_db


def estate_of(home: Estate, tmp_path: Path) -> list[Item]:
    """Forty apartments in building 3, two in building 4, stored."""
    items = [apartment(f"3-1-{n}-1") for n in range(40)] + [apartment(f"4-1-{n}-1") for n in range(2)]
    load(home.site, saved(tmp_path / "apartments.csv", items))
    return items


def sync(home: Estate, tmp_path: Path, items: list[Item], *words: str) -> Ran:
    return load(home.site, saved(tmp_path / "apartments.csv", items), "--sync", *words)


def addresses(home: Estate) -> set[str]:
    return {stored.address for stored in Apartment.objects.filter(site=home.site)}


def test_what_the_file_does_not_have_goes_in_the_same_change_set(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    wanted = [*items[2:40], apartment("3-2-1-1")]
    ran, (part,) = reported(home.site, saved(tmp_path / "apartments.csv", wanted), "--sync", "--scope", "building=3")
    assert (ran.status, counts(part)) == (0, {"created": 1, "unchanged": 38, "deleted": 2})
    made = ChangeSet.objects.latest("created_at")
    assert made.counts == {"apartment": {"insert": 1, "delete": 2}}
    logged: Any = ApartmentChange
    gone = logged.objects.filter(change_set=made, pgh_label="delete").values_list("link_id", flat=True)
    assert {*map(str, gone)} == {item["link_id"] for item in items[:2]}


def test_other_buildings_and_other_sites_stay(home: Estate, away: Estate, tmp_path: Path) -> None:
    theirs = [apartment("3-9-9-9"), apartment("4-9-9-9")]
    load(away.site, saved(tmp_path / "apartments.csv", theirs))
    items = estate_of(home, tmp_path)
    assert sync(home, tmp_path, items[2:40], "--scope", "building=3").status == 0
    assert {address for address in addresses(home) if address[0] == "4"} == {"4-1-0-1", "4-1-1-1"}
    assert addresses(away) == {"3-9-9-9", "4-9-9-9"}


def test_without_a_scope_it_is_about_the_whole_site_and_that_kind(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    load(home.site, saved(tmp_path / "contacts.csv", [contact()]))
    assert sync(home, tmp_path, items[:40]).status == 0
    assert ({address[0] for address in addresses(home)}, Contact.objects.count()) == ({"3"}, 1)


@pytest.mark.parametrize(
    ("gone", "ceiling", "status"),
    [
        (2, "5%", 0),
        (3, "5%", 2),
        (3, "3", 0),
        (4, "3", 2),
        (1, "0", 2),
        (20, "50%", 0),
        (21, "50%", 2),
        (39, "100%", 0),
    ],
)
def test_the_ceiling_is_a_number_or_a_share_of_the_scope(
    home: Estate, tmp_path: Path, gone: int, ceiling: str, status: int
) -> None:
    items = estate_of(home, tmp_path)
    changed = [item | {"apartment_name": "New"} for item in items[gone:40]]
    words = () if ceiling == "5%" else ("--max-delete", ceiling)  # which is what it is if nothing is said
    assert sync(home, tmp_path, changed, "--scope", "building=3", *words).status == status
    renamed = Apartment.objects.filter(apartment_name="New").count()
    assert (Apartment.objects.count(), renamed) == ((42, 0) if status else (42 - gone, 40 - gone))


def test_above_the_ceiling_what_would_go_is_listed(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    ran = sync(home, tmp_path, items[4:40], "--scope", "building=3")
    assert {*ran.said.splitlines()} == {f"- {item['link_id']} Flat" for item in items[:4]}
    assert ran.faults == (
        "4 apartments would be deleted and at most 2 may be, see --max-delete. Nothing was changed.\n"
    )
    assert ChangeSet.objects.count() == 1


def test_of_a_long_list_some_are_named(home: Estate, tmp_path: Path) -> None:
    load(home.site, saved(tmp_path / "contacts.csv", [contact() for _ in range(70)]))
    ran = load(home.site, saved(tmp_path / "contacts.csv", [contact()]), "--sync")
    assert (len(ran.said.splitlines()), ran.said.splitlines()[-1]) == (51, "… and 20 more to be deleted")


def test_a_dry_run_names_what_would_go(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    ran = sync(home, tmp_path, items[1:], "--dry-run")
    assert ran.said.splitlines()[0] == f"- {items[0]['link_id']} Flat"
    assert (ran.status, Apartment.objects.count()) == (0, 42)


EMPTY = {
    "an empty file": b"",
    "a header alone": b"link_id,building,unit,floor,room,apartment_name\n",
    "blank lines": b"link_id,building,unit,floor,room,apartment_name\n\n,,,,,\n",
}


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY)
def test_an_empty_file_is_refused(home: Estate, tmp_path: Path, data: bytes) -> None:
    estate_of(home, tmp_path)
    (tmp_path / "apartments.csv").write_bytes(data)
    ran = load(home.site, tmp_path / "apartments.csv", "--sync", "--max-delete", "100%")
    assert (ran.status, Apartment.objects.count()) == (2, 42), ran


@pytest.mark.parametrize("name", ["apartments.json", "apartments.csv.gz", "apartments.xlsx"])
def test_a_file_cut_off_is_refused(home: Estate, tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name, estate_of(home, tmp_path))
    path.write_bytes(path.read_bytes()[:-20])
    ran = load(home.site, path, "--sync", "--max-delete", "100%")
    assert (ran.status, Apartment.objects.count()) == (2, 42), ran


@pytest.mark.parametrize("name", ["apartments.csv", "apartments.ndjson"])
def test_a_text_cut_off_in_a_row_deletes_nothing(home: Estate, tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name, estate_of(home, tmp_path))
    path.write_bytes(path.read_bytes()[: -200 if name.endswith("csv") else -250])
    ran = load(home.site, path, "--sync", "--max-delete", "100%")
    assert (ran.status, Apartment.objects.count()) == (1, 42), ran


def test_rows_outside_the_scope_are_refused_and_nothing_is_deleted(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    ran = sync(home, tmp_path, [*items[1:40], items[41] | {"apartment_name": "New"}], "--scope", "building=3")
    assert ran.faults == "apartments.csv:41: building: is outside the scope building=3\n"
    assert (ran.status, addresses(home) >= {"3-1-0-1"}, Apartment.objects.filter(apartment_name="New").count()) == (
        1, True, 0
    )  # fmt: skip


def test_a_refused_row_stops_the_deletions_alone_and_that_is_said(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    wanted = [items[1] | {"apartment_name": "New"}, *items[2:], apartment(apartment_name="")]
    ran = sync(home, tmp_path, wanted)
    assert "Nothing was deleted, as rows were refused: correct them and load the file again.\n" in ran.said
    assert (ran.status, Apartment.objects.count(), Apartment.objects.filter(apartment_name="New").count()) == (1, 42, 1)


def test_a_row_of_another_building_with_the_same_link_id_moves_into_the_scope(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    moved = apartment("3-5-5-5", link_id=items[41]["link_id"])
    assert sync(home, tmp_path, [*items[:40], moved], "--scope", "building=3").status == 0
    assert {address for address in addresses(home) if address[0] == "4"} == {"4-1-0-1"}


def test_a_row_known_by_its_address_alone_is_taken_over_and_not_deleted(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    assert sync(home, tmp_path, [apartment("3-1-0-1"), *items[1:]], "--max-delete", "0").status == 0
    assert Apartment.objects.count() == 42


@pytest.mark.parametrize("words", [["type=global"], ["is_favorite=true"], ["type=global", "is_favorite=yes"]])
def test_any_column_is_a_scope(home: Estate, tmp_path: Path, words: list[str]) -> None:
    stored = [contact(type="global", number="0001", is_favorite=True), contact(is_favorite=False)]
    load(home.site, saved(tmp_path / "contacts.json", stored))
    new = contact(type="global", number="0002", is_favorite=True)
    scope = [word for pair in words for word in ("--scope", pair)]
    (tmp_path / "contacts.csv").write_text(csv_of([new]))
    ran = load(home.site, tmp_path / "contacts.csv", "--sync", "--max-delete", "1", *scope)
    assert (ran.status, Contact.objects.filter(is_favorite=True).get().number) == (0, "0002"), ran


def bundle(tmp_path: Path, **items: list[Item]) -> Path:
    (tmp_path / "estate.json.gz").write_bytes(gzip.compress(json.dumps(items).encode()))
    return tmp_path / "estate.json.gz"


def test_a_bundle_is_synchronised_as_a_whole(home: Estate, tmp_path: Path) -> None:
    profiles, contacts = [time_profile() for _ in range(2)], [contact() for _ in range(2)]
    load(home.site, bundle(tmp_path, time_profiles=profiles, contacts=contacts, apartments=[apartment()]))
    path = bundle(tmp_path, time_profiles=profiles[1:], contacts=contacts[1:])
    ran, parts = reported(home.site, path, "--sync", "--max-delete", "1")
    assert [counts(part) for part in parts] == [{"unchanged": 1, "deleted": 1}] * 2
    assert (ran.status, len(home.listed(APARTMENTS))) == (0, 1)


def test_a_refused_row_of_one_kind_stops_the_deletions_of_all(home: Estate, tmp_path: Path) -> None:
    profiles, contacts = [time_profile() for _ in range(2)], [contact()]
    load(home.site, bundle(tmp_path, time_profiles=profiles, contacts=contacts))
    path = bundle(tmp_path, time_profiles=profiles[1:], contacts=[contact(type="x")])
    ran, parts = reported(home.site, path, "--sync", "--max-delete", "100%")
    assert [part["deleted"] for part in parts] == [0, 0]
    assert "Nothing was deleted" in ran.said


@pytest.mark.parametrize("part", ["time_profiles", "contacts"])
def test_above_the_ceiling_of_one_kind_nothing_happens_to_any(home: Estate, tmp_path: Path, part: str) -> None:
    stored = {"time_profiles": [time_profile() for _ in range(3)], "contacts": [contact() for _ in range(3)]}
    load(home.site, bundle(tmp_path, **stored))
    wanted = {kind: items[1:] + items[:1] if kind != part else items[2:] for kind, items in stored.items()}
    ran = load(home.site, bundle(tmp_path, **wanted), "--sync", "--max-delete", "1")
    assert (ran.status, ChangeSet.objects.count()) == (2, 1)


def test_what_leaves_makes_way_for_one_that_moves_to_its_address(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    moved = items[0] | {"apartment_address": items[1]["apartment_address"]}
    ran, (part,) = reported(home.site, saved(tmp_path / "apartments.csv", [moved, *items[2:]]), "--sync")
    assert (ran.status, counts(part)) == (0, {"changed": 1, "unchanged": 40, "deleted": 1})
    assert Apartment.objects.get(link_id=items[0]["link_id"]).address == "3-1-1-1"
    assert not Apartment.objects.filter(link_id=items[1]["link_id"]).exists()


def test_nothing_makes_way_if_a_row_is_refused(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    moved = items[0] | {"apartment_address": items[1]["apartment_address"]}
    bad = items[2] | {"apartment_name": " "}
    ran = sync(home, tmp_path, [moved, bad, *items[3:]], "--max-delete", "100%")
    assert (ran.status, "Nothing was deleted" in ran.said) == (1, True)
    assert {item["link_id"] for item in items} == {str(stored.link_id) for stored in Apartment.objects.all()}


def test_what_makes_way_counts_for_the_ceiling(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    moved = items[0] | {"apartment_address": items[1]["apartment_address"]}
    ran = sync(home, tmp_path, [moved, *items[2:]], "--max-delete", "0")
    assert (ran.status, len(addresses(home)), items[1]["link_id"] in ran.said) == (2, 42, True)


def test_an_apartment_outside_the_scope_makes_no_way(home: Estate, tmp_path: Path) -> None:
    items = estate_of(home, tmp_path)
    moved = items[0] | {"apartment_address": items[40]["apartment_address"]}
    assert sync(home, tmp_path, [moved, *items[1:40]], "--scope", "building=3").status == 1
    assert len(addresses(home)) == 42

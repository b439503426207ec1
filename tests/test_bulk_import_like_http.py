"""What HTTP answers to an item, `linkmgr bulk_import` answers to its row, and both store the same."""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from linkmgr.files import batches
from linkmgr.files import load as loading
from linkmgr.history.log import logs
from tests.files import csv_of, ndjson_of, reported
from tests.length import LONG
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    TIME_PROFILES,
    Estate,
    Item,
    apartment,
    contact,
    custom,
    estate,
    time_profile,
)

pytestmark = pytest.mark.django_db

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
LIMITS = settings(max_examples=100 if LONG else 12, deadline=None, suppress_health_check=[*HealthCheck], phases=PHASES)
LINK_IDS = [f"00000000-0000-4000-8000-00000000000{digit}" for digit in range(8)]
KINDS = {APARTMENTS: "apartments", TIME_PROFILES: "time_profiles", CONTACTS_V0: "contacts", CONTACTS_V1: "contacts"}
MODELS = {"apartments": "apartment", "time_profiles": "timeprofile", "contacts": "contact"}

link_ids = st.sampled_from([*LINK_IDS, "0000000A-0000-4000-8000-000000000000", "no uuid"])
flags = st.sampled_from([True, False])


def apartments(rooms: int) -> st.SearchStrategy[Item]:
    address = st.builds(lambda n: {"building": 1, "unit": 1, "floor": 1, "room": n}, st.integers(0, rooms))
    names = st.sampled_from(["Flat", "Loft", "Ünï", "a" * 256, " x", ""])
    needed = {"link_id": link_ids, "apartment_address": address, "apartment_name": names}
    residents = st.fixed_dictionaries({}, optional={"count": st.integers(-1, 3)})
    return st.fixed_dictionaries(needed | {"residents": residents}, optional={"photo_path": st.sampled_from(["a", ""])})


def contacts(path: str) -> st.SearchStrategy[Item]:
    names = st.sampled_from(["Anna", "=1+1", "two\nlines"])
    numbers = st.sampled_from(["0001-01-01-01", "0002-01-01", "sip:a@b", "0000-01-01-01", "1"])
    needed = {"link_id": link_ids, "name": names, "type": st.sampled_from(["regular", "multi"]), "number": numbers}
    named = ["is_favorite", "auto_answer", "in_black_list", "is_default" if path == CONTACTS_V0 else "is_p2p"]
    ringtone = {} if path == CONTACTS_V0 else {"ringtone": st.sampled_from(["", "b.wav"])}
    return st.fixed_dictionaries(needed, optional=dict.fromkeys(named, flags) | ringtone)


def profiles() -> st.SearchStrategy[Item]:
    rules = st.sampled_from([None, custom("week", ["MON"]), custom("week", ["MOON"]), custom("day", [], every=0)])
    return st.builds(
        lambda link_id, rule, last: time_profile(
            rule, link_id=link_id, time_options={"is_all_day": True, "date_from": 5, "date_to": last}
        ),
        link_ids,
        rules,
        st.integers(3, 7),
    )


def requests(path: str) -> st.SearchStrategy[list[Item]]:
    items = {APARTMENTS: apartments(5), TIME_PROFILES: profiles()}.get(path, contacts(path))
    return st.lists(items, min_size=1, max_size=12)


def by_http(home: Estate, path: str, items: list[Item]) -> list[Any]:
    """Of each item (row, what became of it, its faults); of a repeated link_id the last item says it for all."""
    told = home.post(f"{path}?partial=true&explain=true", *items).json()["result"]
    created = {result["link_id"] for result in told if result["extended_info"] == "created"}
    stands = {result["link_id"]: row for row, result in enumerate(told, 1) if result["success"]}
    found: list[Any] = []
    for row, result in enumerate(told, 1):
        if not result["success"]:
            found.append((row, "refused", [(each["param"], each["reason"]) for each in result["errors"]]))
        elif stands[result["link_id"]] != row:
            found.append((row, "superseded", []))
        else:
            found.append((row, "created" if result["link_id"] in created else "updated", []))
    return found


def by_file(home: Estate, path: Path, *words: str) -> list[Any]:
    """The same, by what the plan of the dry run before it says."""
    _, (part,) = reported(home.site, path, "--dry-run", *words)
    planned = [
        (row["row"], {"changed": "updated", "unchanged": "updated"}.get(row["happened"], row["happened"]), [])
        for row in part["plan"]
    ]
    refused = [
        (row["row"], "refused", [(member(fault["column"]), fault["reason"]) for fault in row["faults"]])
        for row in part["refused"]
    ]
    _, (done,) = reported(home.site, path, *words)
    assert done | {"plan": []} == part | {"plan": []}
    return sorted(planned + refused)


def member(column: str) -> str:
    """`repeat_options.range[3]` → range, by which HTTP calls it."""
    return column.partition("[")[0].rpartition(".")[2]


def same(path: str, asked: list[list[Item]], write: Callable[[Path, list[Item]], Path]) -> None:
    """Each list goes to one site by HTTP and to another as a file."""
    http, file = estate(), estate()
    with TemporaryDirectory() as directory:
        for items in asked:
            answered = by_http(http, path, items)
            assert outcomes(by_file(file, write(Path(directory), items), "--kind", KINDS[path])) == outcomes(answered)
            assert stored(http, path) == stored(file, path)


def outcomes(found: list[Any]) -> list[Any]:
    return [(row, what, sorted(faults)) for row, what, faults in found]


def stored(home: Estate, path: str) -> list[Any]:
    """Rows and their histories, without what is never the same."""
    model: Any = next(each for each in logs if each._meta.model_name == MODELS[KINDS[path]])
    ours = {"id", "site_id", "created_at", "updated_at", "pgh_id", "pgh_obj_id", "pgh_created_at", "change_set_id"}
    listed = [model.objects.filter(site=home.site).order_by("link_id")]
    log: Any = logs[model]
    listed.append(
        log.objects.filter(site=home.site).order_by("change_set__created_at", "pgh_label", "link_id", "pgh_id")
    )
    return [[{k: v for k, v in row.items() if k not in ours} for row in rows.values()] for rows in listed]


def ndjson(directory: Path, items: list[Item]) -> Path:
    (directory / "a.ndjson").write_text(ndjson_of(items))
    return directory / "a.ndjson"


@pytest.mark.parametrize("path", [APARTMENTS, TIME_PROFILES, CONTACTS_V0, CONTACTS_V1])
def test_ndjson_is_answered_as_http_is(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_A_PIECE", 3)

    @LIMITS
    @given(asked=st.lists(requests(path), min_size=1, max_size=3))
    def agree(asked: list[list[Item]]) -> None:
        same(path, asked, ndjson)

    agree()


def as_csv(directory: Path, items: list[Item]) -> Path:
    """A cell each; what an item does not say is an empty one."""
    (directory / "a.csv").write_text(csv_of(items), newline="")
    return directory / "a.csv"


@pytest.mark.parametrize("path", [APARTMENTS, CONTACTS_V0, CONTACTS_V1])
def test_csv_stores_what_http_does(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines, columns and a few reasons are a table's own, so here the outcomes and the stored rows are compared."""
    monkeypatch.setattr(loading, "ROWS_A_PIECE", 3)

    @LIMITS
    @given(asked=st.lists(requests(path), min_size=1, max_size=3))
    def agree(asked: list[list[Item]]) -> None:
        http, file = estate(), estate()
        with TemporaryDirectory() as directory:
            for items in asked:
                answered = [what for _, what, _ in by_http(http, path, items)]
                found = by_file(file, as_csv(Path(directory), items), "--kind", KINDS[path])
                assert [what for _, what, _ in found] == answered
                assert stored(http, path) == stored(file, path)

    agree()


def test_a_ring_of_addresses_turns_across_the_borders_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_A_PIECE", 7)
    ring = [apartment(f"1-1-{n}-1", residents={"count": n}) for n in range(50)]
    turned = [item | {"apartment_address": ring[at - 1]["apartment_address"]} for at, item in enumerate(ring)]
    random.Random(5).shuffle(turned)
    chain = [item | {"apartment_address": {**item["apartment_address"], "room": 2}} for item in ring[:-1]]
    blocked = [*chain, apartment(link_id=ring[-1]["link_id"], apartment_name=" ")]
    same(APARTMENTS, [ring, turned, blocked, ring[::-1]], ndjson)


def test_repeats_across_the_borders_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "ROWS_A_PIECE", 4)
    link_ids = [contact()["link_id"] for _ in range(5)]
    items = [contact(link_id=link_ids[n % 5], name=f"n{n}", **FLAGS[n % 4]) for n in range(33)]
    same(CONTACTS_V0, [items, items[::-1]], ndjson)


FLAGS: list[dict[str, bool]] = [{}, {"is_favorite": True}, {"auto_answer": True}, {"in_black_list": True}]


def test_in_batches_each_batch_is_a_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "ROWS_A_PIECE", 10)
    seed, http, file = random.Random(11), estate(), estate()
    rooms = [apartment(f"1-1-1-{n}") for n in range(20)]
    items = [seed.choice(rooms) | {"apartment_address": seed.choice(rooms)["apartment_address"]} for _ in range(200)]
    refused = []
    for start in range(0, len(items), 10):
        answered = http.post(APARTMENTS, *items[start : start + 10]).json()["result"]
        refused += [start + at for at, result in enumerate(answered, 1) if not result["success"]]
    _, (part,) = reported(file.site, ndjson(tmp_path, items), "--kind", "apartments", "--per-batch")
    assert [row["row"] for row in part["refused"]] == refused
    assert stored(http, APARTMENTS) == stored(file, APARTMENTS)

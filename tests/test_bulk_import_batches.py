"""`linkmgr bulk_import --per-batch`: each batch is a request of its own, and an interrupted import goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apartments.models import Apartment
from contacts.models import Contact, ContactChange
from linkmgr.files import batches
from linkmgr.files.models import Progress
from linkmgr.history.models import ChangeSet
from tests.files import Ran, counts, load, reported, saved
from tests.make import Estate, Item, apartment, contact, time_profile

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = 3


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ROWS_A_PIECE", SIZE)


def contacts(many: int) -> list[Item]:
    return [contact(name=f"Contact {n}") for n in range(many)]


@contextmanager
def interrupted(after: int) -> Iterator[None]:
    """Ctrl-C once this many batches are committed."""
    with pytest.MonkeyPatch.context() as patch:
        real, done = batches._batch, []

        def batch(*args: Any) -> Any:
            if len(done) == after:
                raise KeyboardInterrupt
            done.append(1)
            return real(*args)

        patch.setattr(batches, "_batch", batch)
        yield


def cut_short(home: Estate, path: Path, after: int, *words: str) -> Ran:
    with interrupted(after):
        ran = load(home.site, path, *(words or ("--per-batch",)))
    assert (ran.status, ran.faults) == (130, "Interrupted. Batches that were committed stay, and --resume goes on.\n")
    return ran


def test_each_batch_is_a_change_set(home: Estate, tmp_path: Path) -> None:
    ran, (part,) = reported(home.site, saved(tmp_path / "contacts.csv", contacts(7)), "--per-batch")
    assert (ran.status, counts(part), Progress.objects.count()) == (0, {"created": 7}, 0)
    made = ChangeSet.objects.order_by("created_at").values_list("counts", flat=True)
    assert [each["contact"]["insert"] for each in made] == [3, 3, 1]


@pytest.mark.parametrize(
    "name", ["contacts.csv", "contacts.csv.gz", "contacts.xlsx", "contacts.json", "contacts.ndjson"]
)
@pytest.mark.parametrize("after", [1, 2])
def test_an_interrupted_import_goes_on_behind_the_last_batch(
    home: Estate, tmp_path: Path, name: str, after: int
) -> None:
    path = saved(tmp_path / name, contacts(8))
    cut_short(home, path, after)
    assert Contact.objects.count() == after * SIZE
    ran, (part,) = reported(home.site, path, "--resume")
    assert (ran.status, counts(part), Contact.objects.count()) == (0, {"created": 8 - after * SIZE}, 8)
    logged: Any = ContactChange
    assert (logged.objects.count(), Progress.objects.count()) == (8, 0)


def test_it_may_be_interrupted_twice(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(10))
    cut_short(home, path, 1)
    cut_short(home, path, 2, "--per-batch", "--resume")
    assert reported(home.site, path, "--resume")[1][0]["created"] == 1


def test_a_bundle_goes_on_in_the_middle_of_its_second_kind(home: Estate, tmp_path: Path) -> None:
    items = {"time_profiles": [time_profile() for _ in range(4)], "contacts": contacts(7)}
    (tmp_path / "estate.json").write_text(json.dumps(items))
    cut_short(home, tmp_path / "estate.json", 3)
    ran, parts = reported(home.site, tmp_path / "estate.json", "--resume")
    assert (ran.status, [counts(part) for part in parts]) == (0, [{}, {"created": 4}])


def test_a_changed_file_is_not_resumed(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(8))
    cut_short(home, path, 1)
    path.write_bytes(path.read_bytes() + b"\n")
    ran = load(home.site, path, "--resume")
    assert (ran.status, Contact.objects.count()) == (2, SIZE)
    assert ran.faults == "no import of this very file into this site was interrupted. Nothing was changed.\n"


def test_a_file_under_another_name_is_resumed(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(8))
    cut_short(home, path, 1)
    assert load(home.site, path.rename(tmp_path / "contacts2.csv"), "--resume").status == 0
    assert Contact.objects.count() == 8


def test_another_site_has_nothing_to_resume(home: Estate, away: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(8))
    cut_short(home, path, 1)
    assert load(away.site, path, "--resume").status == 2


def test_what_is_complete_is_not_resumed(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(4))
    load(home.site, path, "--per-batch")
    assert load(home.site, path, "--resume").status == 2


def test_without_resume_it_begins_anew(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(8))
    cut_short(home, path, 1)
    assert counts(reported(home.site, path, "--per-batch")[1][0]) == {"created": 5, "unchanged": 3}
    assert Progress.objects.count() == 0


def test_refused_rows_of_all_batches_are_told_in_order(home: Estate, tmp_path: Path) -> None:
    items = contacts(8)
    for at in (0, 4, 7):
        items[at] |= {"number": "x"}
    words = ("--per-batch", "--rejects", tmp_path / "r.csv")
    ran, (part,) = reported(home.site, saved(tmp_path / "contacts.csv", items), *words)
    assert (ran.status, [refused["row"] for refused in part["refused"]]) == (1, [2, 6, 9])
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 4


def test_a_batch_of_faulty_rows_alone_is_passed_over(home: Estate, tmp_path: Path) -> None:
    items = [item | {"number": "x"} for item in contacts(6)] + contacts(2)
    path = saved(tmp_path / "contacts.ndjson", items)
    cut_short(home, path, 2)
    assert counts(reported(home.site, path, "--resume")[1][0]) == {"created": 2}


def test_two_batches_do_not_know_of_each_other(home: Estate, tmp_path: Path) -> None:
    pair = [apartment("1-1-1-1"), *[apartment() for _ in range(SIZE - 1)], apartment("1-1-1-2")]
    path = saved(tmp_path / "apartments.csv", pair)
    load(home.site, path)
    pair[0]["apartment_address"], pair[-1]["apartment_address"] = (
        pair[-1]["apartment_address"], pair[0]["apartment_address"]
    )  # fmt: skip
    ran, (part,) = reported(home.site, saved(path, pair), "--per-batch")
    assert (ran.status, [refused["row"] for refused in part["refused"]]) == (1, [2, 5])
    assert load(home.site, path).status == 0
    assert Apartment.objects.count() == SIZE + 1


def test_a_file_that_breaks_in_the_middle_keeps_the_batches_before(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", contacts(8))
    path.write_bytes(path.read_bytes() + b'x,"open quote\n')
    ran = load(home.site, path, "--per-batch")
    assert (ran.status, Contact.objects.count()) == (2, 6)
    assert ran.faults.endswith("Batches that were committed stay, and --resume goes on.\n")


def test_rows_refused_before_an_interruption_are_not_forgotten(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", [contact(type="x"), *contacts(6)])
    cut_short(home, path, 1)
    ran = load(home.site, path, "--resume")
    assert (ran.status, ran.faults) == (1, "")
    assert "Rows that were refused, and told, before it was interrupted: 1." in ran.said

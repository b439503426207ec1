"""What `linkmgr bulk_import` answers: outcomes, faults, rejects, reports, dry runs and exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from apartments.models import Apartment, ApartmentChange
from contacts.models import Contact
from linkmgr.history.models import ChangeSet
from linkmgr.management import import_output
from tests.files import counts, csv_of, load, reported, rows_with, run, saved, sheet
from tests.make import CONTACTS_V0, Estate, Item, apartment, contact, link_id, time_profile

pytestmark = pytest.mark.django_db


def faulty() -> list[Item]:
    """Good, faulty in two members, good, and two of one address."""
    bad = apartment("5-1-1-1", apartment_name=" x ", residents={"count": -1})
    return [apartment("1-1-1-1"), bad, apartment("1-1-1-2"), apartment("7-1-1-1"), apartment("7-1-1-1")]


ADDRESS = "apartment_address: another apartment, or another item of this request, has this address"
NAME = 'apartment_name " x ": must have 1 to 255 characters on one line, and no space at its ends'
ENDINGS = {
    "csv": (2, 'residents_count "-1"'),
    "xlsx": (2, 'residents_count "-1"'),
    "json": (1, "residents.count -1"),
    "ndjson": (1, "residents.count -1"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_fault_has_its_line_column_value_and_reason(home: Estate, tmp_path: Path, ending: str) -> None:
    (first, count), name = ENDINGS[ending], f"apartments.{ending}"
    ran = load(home.site, saved(tmp_path / name, faulty()))
    assert (ran.status, sorted(ran.faults.splitlines())) == (1, [
        f"{name}:{first + 1}: {NAME}",
        f"{name}:{first + 1}: {count}: must be 0 to 32767",
        f"{name}:{first + 3}: {ADDRESS}",
        f"{name}:{first + 4}: {ADDRESS}",
    ])  # fmt: skip
    assert Apartment.objects.count() == 2


def test_the_table_counts_what_became_of_the_rows(home: Estate, tmp_path: Path) -> None:
    load(home.site, saved(tmp_path / "apartments.csv", [kept := apartment(), old := apartment()]))
    items = [kept, old | {"apartment_name": "New"}, new := apartment(), new, *faulty()[3:]]
    ran, (part,) = reported(home.site, saved(tmp_path / "apartments.csv", items))
    assert counts(part) == {"created": 1, "changed": 1, "unchanged": 1, "superseded": 1, "refused": 2}
    (row,) = [line.replace("│", " ").split() for line in ran.said.splitlines() if line.startswith("│")]
    assert row == ["apartments", "6", "1", "1", "1", "1", "2"]


def test_rows_are_counted_by_the_lines_people_see(home: Estate, tmp_path: Path) -> None:
    header, first = csv_of([contact(name="two\r\nlines")]).split("\r\n", 1)
    text = f"{header}\r\n\r\n{first}\r\n{csv_of([contact(number='1-2')]).splitlines()[1]}\r\n"
    (tmp_path / "contacts.csv").write_bytes(text.encode())
    assert load(home.site, tmp_path / "contacts.csv").faults.startswith('contacts.csv:6: number "1-2": ')


def test_a_report_is_json(home: Estate, tmp_path: Path) -> None:
    ran = load(home.site, saved(tmp_path / "apartments.csv", faulty()), "--report", tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert ran.status == 1
    assert {name: report[name] for name in ("file", "site", "dry_run", "stored", "change_set")} == {
        "file": "apartments.csv", "site": home.site.slug, "dry_run": False, "stored": True,
        "change_set": str(ChangeSet.objects.get().pk),
    }  # fmt: skip
    assert [refused["row"] for refused in report["parts"][0]["refused"]] == [3, 5, 6]
    assert report["parts"][0]["refused"][0]["faults"][0] == {
        "column": "residents_count", "value": "-1", "reason": "must be 0 to 32767"
    }  # fmt: skip


# ── rejects ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ending", ["csv", "xlsx", "csv.gz"])
def test_rejects_of_a_table_are_corrected_and_loaded_again(home: Estate, tmp_path: Path, ending: str) -> None:
    source = saved(tmp_path / f"apartments.{ending}", faulty())
    load(home.site, source, "--rejects", tmp_path / "first.csv")
    rows = rows_with(tmp_path / "first.csv")
    assert [(row["building"], row["error"].split(":")[0]) for row in rows] == [
        ("5", "residents_count"), ("7", "apartment_address"), ("7", "apartment_address")
    ]  # fmt: skip
    mended = [row | {"apartment_name": "x", "residents_count": "1"} for row in rows]
    mended[1]["room"], mended[2]["room"] = "8", "100"
    assert load(home.site, _written(tmp_path, mended), "--rejects", tmp_path / "second.csv").status == 1
    last = [row | {"room": "9"} for row in rows_with(tmp_path / "second.csv")]
    assert (len(last), load(home.site, _written(tmp_path, last)).status, Apartment.objects.count()) == (1, 0, 5)


def _written(tmp_path: Path, rows: list[dict[str, str]]) -> Path:
    (tmp_path / "list.csv").write_text(csv_of(rows))
    return tmp_path / "list.csv"


@pytest.mark.parametrize("ending", ["json", "ndjson", "ndjson.gz"])
def test_rejects_of_items_are_corrected_and_loaded_again(home: Estate, tmp_path: Path, ending: str) -> None:
    load(home.site, saved(tmp_path / f"apartments.{ending}", faulty()), "--rejects", tmp_path / "apartments_2.ndjson")
    items = [json.loads(line) for line in (tmp_path / "apartments_2.ndjson").read_text().splitlines()]
    errors = [item["error"].split(":")[0] for item in items]
    assert errors == ["residents.count", "apartment_address", "apartment_address"]
    mended = [items[0] | {"apartment_name": "x", "residents": {}}, items[1]]
    assert load(home.site, saved(tmp_path / "apartments_2.json", mended)).status == 0


def test_rejects_say_what_stood_in_the_file(home: Estate, tmp_path: Path) -> None:
    """Not what would have become of it: zeros, flags, dates, leading apostrophes."""
    text = "link_id,name,type,number,is_default\r\nx,'=1+1,Global,001,YES\r\n"
    (tmp_path / "contacts.csv").write_bytes(text.encode())
    load(home.site, tmp_path / "contacts.csv", "--rejects", tmp_path / "r.csv")
    (row,) = (tmp_path / "r.csv").read_text("utf-8-sig").splitlines()[1:]
    assert row.startswith("x,'=1+1,Global,001,YES,")


ODD = {
    "half a surrogate pair": rb'"\ud800"',
    "a number of many digits": b"9" * 5000,
    "a huge float": b"1e99999",
    "a list": b'["\\udfff", 1]',
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("ending", ["ndjson", "json"])
def test_what_no_text_can_hold_is_told_and_rejected_as_well(
    home: Estate, tmp_path: Path, odd: bytes, ending: str
) -> None:
    item = json.dumps(contact(name="ODD")).encode().replace(b'"ODD"', odd)
    (tmp_path / f"contacts.{ending}").write_bytes(item if ending == "ndjson" else b"[" + item + b"]")
    rejects = ("--rejects", tmp_path / f"r.{ending}")
    ran, (part,) = reported(home.site, tmp_path / f"contacts.{ending}", *rejects)
    assert (ran.status, part["refused"][0]["faults"][0]["column"]) == (1, "name")
    assert load(home.site, tmp_path / f"r.{ending}", "--kind", "contacts").status == 1


@pytest.mark.parametrize("line", ["not JSON", "[1]", '{"link_id":', "5", '"text"', "null"])
def test_a_line_that_is_no_object_is_rejected_as_its_text(home: Estate, tmp_path: Path, line: str) -> None:
    (tmp_path / "contacts.ndjson").write_text(f"{json.dumps(contact())}\n{line}\n")
    ran = load(home.site, tmp_path / "contacts.ndjson", "--rejects", tmp_path / "r.ndjson")
    assert (ran.status, ran.faults) == (1, "contacts.ndjson:2: this line is not a JSON object\n")
    assert json.loads((tmp_path / "r.ndjson").read_text()) == {"item": line, "error": "this line is not a JSON object"}


def test_rejects_of_a_bundle_are_a_bundle(home: Estate, tmp_path: Path) -> None:
    items = {"apartments": faulty(), "contacts": [contact(type="x")], "time_profiles": [time_profile()]}
    (tmp_path / "estate.json").write_text(json.dumps(items))
    load(home.site, tmp_path / "estate.json", "--rejects", tmp_path / "r.zip")
    _, parts = reported(home.site, tmp_path / "r.zip")
    assert [(part["kind"], counts(part)) for part in parts] == [
        ("apartments", {"refused": 3}), ("contacts", {"refused": 1})
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [
        (
            "contacts.csv",
            ["--rejects", "r.ndjson"],
            "refused rows keep the layout of their file: name it .csv or .xlsx",
        ),
        ("contacts.ndjson", ["--rejects", "r.csv"], "name it .json or .ndjson"),
        ("contacts.csv", ["--rejects", "r"], "r tells no format"),
        ("contacts.csv", ["--rejects", "."], "cannot be written"),
        ("contacts.csv", ["--rejects", "nowhere/r.csv"], "nowhere/r.csv cannot be written"),
        ("contacts.csv", ["--report", "nowhere/r.json"], "nowhere/r.json cannot be written"),
        ("contacts.csv", ["--report", "."], "cannot be written"),
        ("e.json", ["--rejects", "r.ndjson"], "r.ndjson can have one kind only: name it .zip"),
        ("e.json", ["--rejects", "r.json.gz"], "r.json.gz can have one kind only: name it .zip"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is_stored(
    home: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("e.json").write_text(json.dumps({"contacts": [contact()], "apartments": [apartment()]}))
    path = Path(name) if name == "e.json" else saved(Path(name), [contact()])
    ran = run("bulk_import", path, "--site", home.site.slug, *words)
    assert (ran.status, reason in ran.faults, Contact.objects.count()) == (2, True, 0), ran.faults


def test_what_could_not_be_written_in_the_end_does_not_hide_what_is_stored(home: Estate, tmp_path: Path) -> None:
    ran = load(home.site, saved(tmp_path / "contacts.csv", [contact()]), "--report", "/dev/full")
    assert (ran.status, Contact.objects.count()) == (1, 1)
    assert ran.faults == "The rows are stored, but: [Errno 28] No space left on device\n"


# ── dry runs, all or nothing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_tells_old_and_new_and_stores_nothing(home: Estate, tmp_path: Path) -> None:
    load(home.site, saved(tmp_path / "apartments.csv", [kept := apartment("1-1-1-1"), old := apartment("1-1-1-2")]))
    logged: Any = ApartmentChange
    before = ([*Apartment.objects.values()], logged.objects.count(), ChangeSet.objects.count())
    new = apartment("1-1-1-3", residents={})
    items = [kept, old | {"apartment_name": "New", "residents": {"count": 5}}, new]
    ran = load(home.site, saved(tmp_path / "apartments.csv", items), "--dry-run")
    assert ran.said.splitlines()[:2] == [
        f"~ 3: {old['link_id']} New: name: Flat → New; residents: 2 → 5",
        f"+ 4: {new['link_id']} Flat: building: 1; unit: 1; floor: 1; room: 3; name: Flat; residents: 0; state: Active",
    ]
    assert ran.said.splitlines()[-1] == "Nothing was stored: this was a dry run."
    assert ([*Apartment.objects.values()], logged.objects.count(), ChangeSet.objects.count()) == before


def test_the_plan_of_a_dry_run_is_what_then_happens(home: Estate, tmp_path: Path) -> None:
    load(home.site, saved(tmp_path / "apartments.csv", [apartment("1-1-1-1"), apartment("7-1-1-1")]))
    path = saved(tmp_path / "apartments.csv", faulty())
    planned, (plan,) = reported(home.site, path, "--dry-run")
    ran, (part,) = reported(home.site, path)
    happened = {row["row"]: (row["happened"], row["changes"]) for row in plan["plan"]}
    assert (planned.status, planned.faults, counts(plan)) == (ran.status, ran.faults, counts(part))
    assert happened[2][0] == "changed"
    assert [(change["name"], change["old"] is None) for change in happened[2][1]] == [("link_id", False)]


def test_all_or_nothing_stores_nothing_if_a_row_is_refused(home: Estate, tmp_path: Path) -> None:
    ran, (part,) = reported(home.site, saved(tmp_path / "apartments.csv", faulty()), "--all-or-nothing")
    assert (ran.status, counts(part)["refused"], Apartment.objects.count(), ChangeSet.objects.count()) == (1, 3, 0, 0)
    assert ran.said.splitlines()[-1] == "Nothing was stored: rows were refused."
    assert json.loads((tmp_path / "report.json").read_text())["stored"] is False


def test_all_or_nothing_stores_all_if_no_row_is_refused(home: Estate, tmp_path: Path) -> None:
    assert load(home.site, saved(tmp_path / "apartments.csv", faulty()[::2][:2]), "--all-or-nothing").status == 0
    assert Apartment.objects.count() == 2


def test_all_or_nothing_is_about_all_kinds_of_a_bundle(home: Estate, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps({"apartments": [apartment()], "contacts": [contact(type="x")]}))
    assert load(home.site, tmp_path / "e.json", "--all-or-nothing").status == 1
    assert Apartment.objects.count() == 0


# ── on the screen ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_progress_is_plain_lines_where_there_is_no_terminal(
    home: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_output, "LINE_SECONDS", 0)
    ran = load(home.site, saved(tmp_path / "contacts.csv", [contact(), contact()]))
    assert ran.said.splitlines()[:2] == ["contacts: 2 rows read, 100%", "contacts: storing 2 rows"]
    assert "\x1b" not in ran.said


def test_nothing_in_a_file_speaks_to_the_terminal_or_breaks_a_line(home: Estate, tmp_path: Path) -> None:
    item = contact(name="a\n[red]b[/red]\x1b[31m\u202e" + "c" * 100, number="1\r\n2")
    path = saved(tmp_path / "contacts.ndjson", [item])
    assert load(home.site, path).faults == f'contacts.ndjson:1: number "1\\r\\n2": {NUMBER}\n'
    ran = load(home.site, saved(path, [item | {"number": "0001-01-01-01"}]), "--dry-run")
    assert ran.said.splitlines()[0].startswith(f"+ 1: {item['link_id']} a\\n[red]b[/red]\\x1b[31m\\u202eccc")


NUMBER = "must be BBBB-UU-FF-RR (0001-00-00-00 to 9999-99-98-99) or sip:user@host[:port]"


def test_long_values_are_cut_short_on_the_screen_alone(home: Estate, tmp_path: Path) -> None:
    ran, (part,) = reported(home.site, saved(tmp_path / "contacts.csv", [contact(number="9" * 300)]))
    assert f'number "{"9" * 79}…: must have at most 255 characters\n' in ran.faults
    assert part["refused"][0]["faults"][0]["value"] == "9" * 300


def test_paths_are_told_as_they_are(home: Estate, tmp_path: Path) -> None:
    (odd := tmp_path / "[bold]").mkdir()
    ran = load(home.site, saved(odd / "contacts.csv", [contact(type="x")]), "--rejects", odd / "[r].csv")
    assert f"Refused rows are in {odd}/[r].csv.\n" in ran.said


def test_what_the_api_calls_a_fault_the_command_calls_by_the_same_words(home: Estate, tmp_path: Path) -> None:
    items = [contact(link_id="x"), contact(name=5), contact(number="5"), contact(auto_answer=True, in_black_list=True)]
    told = home.post(f"{CONTACTS_V0}?partial=true&explain=true", *items).json()["result"]
    _, (part,) = reported(home.site, saved(tmp_path / "contacts.ndjson", items))
    assert [
        [{"param": fault["column"], "reason": fault["reason"]} for fault in refused["faults"]]
        for refused in part["refused"]
    ] == [result["errors"] for result in told]


def test_cells_of_a_workbook_are_told_with_their_rows(home: Estate, tmp_path: Path) -> None:
    text = f"link_id,name,type,number\n\n{link_id()},n,global,9001\n"
    ran = load(home.site, sheet(tmp_path / "contacts.xlsx", text))
    assert ran.faults.startswith("contacts.xlsx:3: number 9001: must be DDDD (0001 to 9000)")

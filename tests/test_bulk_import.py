"""`linkmgr bulk_import`: every format, bundles, and what is stored in whose name."""

import codecs
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment, ApartmentChange
from contacts.models import Contact
from linkmgr.history.models import ChangeSet
from tests.files import counts, csv_of, load, ndjson_of, reported, run, saved
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, Item, apartment, contact, time_profile

pytestmark = pytest.mark.django_db

ENCODINGS = {
    "UTF-8": "utf-8",
    "UTF-8 with a mark": "utf-8-sig",
    "UTF-16": "utf-16",
    "Windows-1251": "cp1251",
}
MAKERS: dict[str, Any] = {"apartments": apartment, "time_profiles": time_profile, "contacts": contact}
PATHS = {"apartments": APARTMENTS, "time_profiles": TIME_PROFILES, "contacts": CONTACTS_V0}


def some(kind: str) -> list[Item]:
    named = {"apartment_name": "Квартира"} if kind == "apartments" else {"name": "Иван"}
    return [MAKERS[kind](**named) for _ in range(3)]


def shown(item: Item, stored: Item) -> Item:
    """As much of what is stored as the item says."""
    return {name: stored[name] for name in item}


@pytest.mark.parametrize("kind", [*MAKERS])
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "xlsx", "json", "json.gz", "ndjson", "ndjson.gz"])
def test_every_kind_comes_in_every_format(home: Estate, tmp_path: Path, kind: str, ending: str) -> None:
    items = some(kind)
    ran, (part,) = reported(home.site, saved(tmp_path / f"{kind}.{ending}", items))
    assert (ran.status, ran.faults, counts(part)) == (0, "", {"created": 3})
    listed = home.listed(PATHS[kind])
    assert [shown(item, listed[item["link_id"]]) for item in items] == items


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(home: Estate, tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = csv_of(some("apartments"), delimiter=delimiter)
    (tmp_path / "apartments.csv").write_bytes(text.encode(encoding))
    assert load(home.site, tmp_path / "apartments.csv").status == 0
    assert {*Apartment.objects.values_list("apartment_name", flat=True)} == {"Квартира"}


@pytest.mark.parametrize(
    ("delimiter", "said"), [("~", "~"), ("\t", "tab"), ("\t", r"\t"), ("\t", "\t"), (";", ";")], ids=repr
)
def test_the_delimiter_and_the_encoding_may_be_said(home: Estate, tmp_path: Path, delimiter: str, said: str) -> None:
    text = csv_of([apartment(apartment_name="Ångström–Straße")], delimiter=delimiter)
    (tmp_path / "apartments.csv").write_bytes(text.encode("cp1252"))
    assert load(home.site, tmp_path / "apartments.csv", "--encoding", "cp1252", f"--delimiter={said}").status == 0
    assert Apartment.objects.get().apartment_name == "Ångström–Straße"


def test_the_vendors_body_and_a_bare_list_are_json(home: Estate, tmp_path: Path) -> None:
    (tmp_path / "contacts.json").write_text(json.dumps([contact()]))
    assert load(home.site, tmp_path / "contacts.json").status == 0
    (tmp_path / "contacts.json").write_text(json.dumps({"list_items": [contact()], "list_option": {}}))
    assert load(home.site, tmp_path / "contacts.json").status == 0
    assert Contact.objects.count() == 2


def test_utf_8_with_a_mark_is_json_too(home: Estate, tmp_path: Path) -> None:
    (tmp_path / "contacts.ndjson").write_bytes(codecs.BOM_UTF8 + ndjson_of([contact()]).encode())
    assert load(home.site, tmp_path / "contacts.ndjson").status == 0


def test_members_that_nobody_reads_are_ignored_as_the_api_does(home: Estate, tmp_path: Path) -> None:
    (tmp_path / "contacts.ndjson").write_text(ndjson_of([contact(odd=[1, {}])]))
    assert load(home.site, tmp_path / "contacts.ndjson").status == 0


# ── bundles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def zipped(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return path


def bundles(path: Path) -> list[Path]:
    items = {kind: some(kind) for kind in ("contacts", "apartments", "time_profiles")}
    (path / "estate.json").write_text(json.dumps(items))
    texts = {"contacts__csv": csv_of(items["contacts"]), "apartments__ndjson": ndjson_of(items["apartments"])}
    zipped(path / "estate.zip", **texts, time_profiles__json=json.dumps(items["time_profiles"]))
    return [path / "estate.json", path / "estate.zip"]


@pytest.mark.parametrize("at", [0, 1], ids=["json", "zip"])
def test_a_bundle_is_one_change_set_in_the_order_of_dependence(home: Estate, tmp_path: Path, at: int) -> None:
    ran, parts = reported(home.site, bundles(tmp_path)[at])
    assert (ran.status, [part["kind"] for part in parts]) == (0, ["time_profiles", "apartments", "contacts"])
    three = {"insert": 3}
    assert ChangeSet.objects.get().counts == {"apartment": three, "contact": three, "timeprofile": three}


def test_a_fault_in_a_bundle_says_in_which_kind(home: Estate, tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", contacts__csv=csv_of([contact(number="1")]), apartments__json="[]")
    assert load(home.site, path).faults.startswith('e.zip:contacts:2: number "1": must be BBBB-UU-FF-RR')


WRONG_BUNDLES = {
    "a part of no kind": (
        {"houses__csv": "a,b\n"},
        [],
        "e.zip has houses; a bundle has apartments, contacts, time_pro",
    ),
    "a kind said": ({"contacts__csv": "link_id\n"}, ["--kind", "contacts"], "its parts say their kinds"),
    "columns renamed": ({"contacts__csv": "link_id\n"}, ["--map", "id=link_id"], "their columns are not renamed"),
    "a scope": (
        {"contacts__csv": "link_id\n", "apartments__csv": "link_id\n"},
        ["--sync", "--scope", "a=b"],
        "--scope",
    ),
}


@pytest.mark.parametrize(("files", "words", "reason"), WRONG_BUNDLES.values(), ids=WRONG_BUNDLES)
def test_what_a_bundle_cannot_have(
    home: Estate, tmp_path: Path, files: dict[str, str], words: list[str], reason: str
) -> None:
    ran = load(home.site, zipped(tmp_path / "e.zip", **files), *words)
    assert (ran.status, reason in ran.faults) == (2, True), ran.faults


# ── what is stored, and in whose name ────────────────────────────────────────────────────────────────────────────────


def test_an_import_is_one_change_set_with_what_it_did(home: Estate, tmp_path: Path) -> None:
    items = some("apartments")
    load(home.site, saved(tmp_path / "apartments.csv", items[:2]))
    changed = [items[0] | {"apartment_name": "Other"}, *items[1:]]
    load(home.site, saved(tmp_path / "apartments.csv", changed), "--account", home.membership.user.username)
    made = ChangeSet.objects.latest("created_at")
    assert (made.counts, made.via, made.by, made.site) == (
        {"apartment": {"insert": 1, "update": 1}}, "command", home.membership.user, home.site
    )  # fmt: skip
    logged: Any = ApartmentChange
    assert logged.objects.filter(change_set=made).count() == 2
    assert ChangeSet.objects.count() == 2


def test_what_changes_nothing_leaves_no_change_set(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.xlsx", some("contacts"))
    load(home.site, path)
    ran, (part,) = reported(home.site, path)
    assert (ran.status, counts(part), ChangeSet.objects.count()) == (0, {"unchanged": 3}, 1)


def test_empty_cells_and_missing_columns_leave_what_is_stored(home: Estate, tmp_path: Path) -> None:
    item = contact(is_favorite=True, ringtone="a.wav")
    load(home.site, saved(tmp_path / "contacts.json", [item]))
    (tmp_path / "contacts.csv").write_text(
        f"link_id,name,type,number,is_favorite\n{item['link_id'].upper()},New,regular,0001-01-01-01,\n"
    )
    assert load(home.site, tmp_path / "contacts.csv").status == 0
    stored = Contact.objects.get()
    assert (stored.name, stored.is_favorite, stored.ringtone) == ("New", True, "a.wav")


def test_another_site_stays_as_it_was(home: Estate, away: Estate, tmp_path: Path) -> None:
    items = some("apartments")
    path = saved(tmp_path / "apartments.csv", items)
    load(away.site, path)
    before = away.listed(APARTMENTS)
    load(home.site, saved(tmp_path / "apartments.csv", [item | {"apartment_name": "Here"} for item in items]))
    assert away.listed(APARTMENTS) == before
    assert {item["apartment_name"] for item in home.listed(APARTMENTS).values()} == {"Here"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--site", "nowhere"], "There is no site nowhere"),
        (["--account", "nobody"], "There is no account nobody"),
        (["--kind", "houses"], "invalid choice: 'houses'"),
        (["--per-batch", "--dry-run"], "--dry-run is about the whole file"),
        (["--per-batch", "--sync"], "--sync is about the whole file"),
        (["--resume", "--all-or-nothing"], "--all-or-nothing is about the whole file"),
        (["--resume"], "no import of this very file into this site was interrupted"),
        (["--scope", "type=global"], "--scope goes with --sync"),
        (["--sync", "--scope", "colour=red"], "contacts have no column colour"),
        (["--sync", "--scope", "link_id=1"], "contacts have no column link_id"),
        (["--sync", "--scope", "type=house"], "type=house: Value 'house' is not a valid choice"),
        (["--sync", "--max-delete", "101%"], "must be a number of rows, or a percentage"),
        (["--encoding", "utf-99"], "there is no encoding utf-99"),
        (["--delimiter", ";;"], "must be one character"),
        (["--delimiter", '"'], "must be one character"),
        (["--format", "xlsx"], "contacts.csv is CSV, not an XLSX workbook"),
        (["--report", "contacts.csv"], "have to be different files"),
        (["--report", "a.json", "--rejects", "./a.json"], "have to be different files"),
    ],
)
def test_what_cannot_run_says_why_and_stores_nothing(
    home: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("bulk_import", saved(Path("contacts.csv"), some("contacts")), "--site", home.site.slug, *words)
    assert (reason in ran.faults, Contact.objects.count(), ran.status in {1, 2}) == (True, 0, True), ran.faults


def test_a_scope_of_a_kind_is_told_by_its_bounds(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "apartments.csv", some("apartments"))
    assert "building=0: Ensure this value" in load(home.site, path, "--sync", "--scope", "building=0").faults


def statements(home: Estate, path: Path, many: int, *words: str) -> int:
    saved(path, [apartment() for _ in range(many)])
    load(home.site, path, *words)  # the staging table is made once a connection
    saved(path, [apartment() for _ in range(many)] + [apartment("9-9-9-9"), apartment("9-9-9-9"), contact()])
    with CaptureQueriesContext(connection) as captured:
        load(home.site, path, *words)
    return len(captured)


@pytest.mark.parametrize("words", [(), ("--dry-run",), ("--per-batch",), ("--sync", "--max-delete", "100%")])
def test_the_number_of_statements_does_not_depend_on_the_rows(
    home: Estate, tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = tmp_path / "apartments.ndjson"
    assert statements(home, path, 3, *words) == statements(home, path, 300, *words)

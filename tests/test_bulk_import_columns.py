"""`linkmgr bulk_import`: which kind a file is of, its columns, templates, and rules as columns."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apartments.models import Apartment
from contacts.models import Contact
from tests.files import HEADERS, csv_of, load, rows_with, run, saved, workbook
from tests.make import TIME_PROFILES, Estate, Item, apartment, contact, custom, link_id, time_profile

pytestmark = pytest.mark.django_db

MAKERS: dict[str, Any] = {"apartments": apartment, "time_profiles": time_profile, "contacts": contact}


def some(kind: str) -> list[Item]:
    return [MAKERS[kind]() for _ in range(3)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Apartments 2026.csv", []),
        ("apartment-list.csv", []),
        ("all.csv", []),
        ("contacts.csv", ["--kind", "apartments"]),
    ],
)
def test_the_kind_is_told_by_the_name_or_the_columns_or_the_operator(
    home: Estate, tmp_path: Path, name: str, words: list[str]
) -> None:
    assert load(home.site, saved(tmp_path / name, some("apartments")), *words).status == 0
    assert Apartment.objects.count() == 3


def test_a_file_that_does_not_tell_its_kind_is_refused(home: Estate, tmp_path: Path) -> None:
    ran = load(home.site, saved(tmp_path / "all.ndjson", some("contacts")))
    assert (ran.status, "say --kind time_profiles|apartments|contacts" in ran.faults) == (2, True)


def test_columns_tell_the_kind_also_in_other_words(home: Estate, tmp_path: Path) -> None:
    text = csv_of([contact() | {"error": "mended"}]).replace("link_id", "Link ID").replace("number", "dial")
    (tmp_path / "list.csv").write_text(text)
    assert load(home.site, tmp_path / "list.csv", "--map", "dial=number").status == 0


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("appartment_name", "unknown column appartment_name: did you mean apartment_name?"),
        ("Bilding", "unknown column Bilding: did you mean building?"),
        ("colour of the door", "unknown column colour of the door; apartments have link_id, building, unit"),
        ("Link ID", "two columns for link_id"),
        ("link_id", "the column 'link_id' is there twice"),
    ],
)
def test_a_header_that_is_not_known_is_refused(home: Estate, tmp_path: Path, header: str, reason: str) -> None:
    (tmp_path / "apartments.csv").write_text(f"link_id,{header}\n")
    ran = load(home.site, tmp_path / "apartments.csv")
    assert (ran.status, reason in ran.faults) == (2, True), ran.faults


def test_map_takes_a_column_as_another(home: Estate, tmp_path: Path) -> None:
    text = csv_of([apartment("3-1-1-1")]).replace("building", "House No").replace("room", "flat")
    (tmp_path / "apartments.csv").write_text(text)
    assert load(home.site, tmp_path / "apartments.csv", "--map", "flat=room", "--map", "House No=building").status == 0
    assert Apartment.objects.get().building == 3


@pytest.mark.parametrize(
    ("name", "words", "reason"),
    [
        ("contacts.csv", "nothing=name", "no column nothing in the file; it has link_id, name, type, number"),
        ("contacts.csv", "name=no_such", "unknown column name"),
        ("contacts.csv", "type=name", "two columns for name"),
        ("contacts.ndjson", "a=name", "contacts.ndjson has no columns to be renamed"),
        ("contacts.csv", "name", "'name' is not of the form NAME=VALUE"),
    ],
)
def test_what_cannot_be_mapped(home: Estate, tmp_path: Path, name: str, words: str, reason: str) -> None:
    ran = load(home.site, saved(tmp_path / name, [contact()]), "--map", words)
    assert (reason in ran.faults, Contact.objects.count()) == (True, 0), ran.faults


@pytest.mark.parametrize("kind", [*MAKERS])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_is_filled_in_and_loaded(home: Estate, tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"{kind}.{ending}"
    ran = run("bulk_export", path, "--kind", kind, "--template")
    assert [line.split()[0] for line in ran.faults.splitlines() if line] == HEADERS[kind]
    assert load(home.site, path).status == 0
    if ending == "csv":
        assert rows_with(path) == []
        path.write_text(csv_of(some(kind)))
        assert load(home.site, path).status == 0


RULES = {
    "none": ("no,,,,", {"repeat_enable": False}),
    "day": ("day,,,,", {"repeat_type": "day", "repeat_end": {"format": "never"}}),
    "two weeks": ("TwoWeeks,,,,", {"repeat_type": "twoWeeks", "repeat_end": {"format": "never"}}),
    "until": ("year,2026-02-01,,,", {"repeat_type": "year", "repeat_end": {"format": "date", "date": 1_769_904_000}}),
    "every third week": ("week,,3,mon TUE,", custom("week", ["MON", "TUE"], every=3)),
    "days of a month": ('month,,,"1, 15",', custom("month", {"format": "dayNumbers", "range": [1, 15]})),
}


@pytest.mark.parametrize(("cells", "rule"), RULES.values(), ids=RULES)
def test_common_rules_are_columns(home: Estate, tmp_path: Path, cells: str, rule: Item) -> None:
    header = "link_id,name,is_all_day,date_from,date_to,repeat,repeat_until,repeat_every,repeat_on,repeat_options"
    item = time_profile()
    row = f"{item['link_id']},n,no,2026-01-01 08:00,2026-01-01 20:00Z,{cells}"
    (tmp_path / "time_profiles.csv").write_text(f"{header}\n{row}\n")
    assert load(home.site, tmp_path / "time_profiles.csv").faults == ""
    options = rule if "repeat_enable" in rule else {"repeat_enable": True, "repeat_format": rule}
    assert home.listed(TIME_PROFILES) == {item["link_id"]: item | {"name": "n", "repeat_options": options}}


TIMES = "link_id,name,is_all_day,date_from,date_to"
ODD_RULES = {
    "no day": ("repeat=week repeat_every=2", "repeat_on: is required for week"),
    "no interval": ("repeat=week repeat_on=MON repeat_every=0", 'repeat_every "0": must be 1 to 1000'),
    "half an interval": ("repeat=day repeat_every=1.5", 'repeat_every "1.5": must be an integer'),
    "an odd day": ("repeat=week repeat_on=MOON", 'repeat_on "MOON": must be one of FRI, MON, SAT'),
    "a late day": ("repeat=month repeat_on=45", 'repeat_on "45": must be 1 to 31'),
    "days of a day": ("repeat=day repeat_every=2 repeat_on=MON", 'repeat_on "MON": must be empty for day'),
    "an odd end": ("repeat=day repeat_until=soon", 'repeat_until "soon": must be a date such as'),
    "an odd word": ("repeat=daily", 'repeat "daily": must be no, day, week, twoWeeks, month or year'),
    "both forms": ("repeat=day repeat_options={}", 'repeat_options "{}": must be empty where repeat is not'),
    "more than no": ("repeat=no repeat_on=MON", 'repeat_on "MON": must be empty where repeat is no'),
    "neither": ("name=n", "repeat: is required, or repeat_options"),
    "no JSON": ("repeat_options={", 'repeat_options "{": is not JSON'),
    "half a rule": ('repeat_options={"repeat_enable":true}', '"repeat_enable":true}": repeat_format is required'),
    "no object": ("repeat_options=5", 'repeat_options "5": must be an object'),
}


@pytest.mark.parametrize(("cells", "fault"), ODD_RULES.values(), ids=ODD_RULES)
def test_a_rule_that_cannot_be_is_told_in_one_line_under_the_column_at_fault(
    home: Estate, tmp_path: Path, cells: str, fault: str
) -> None:
    row = {"link_id": link_id(), "name": "n", "is_all_day": "no", "date_from": "5", "date_to": "6"}
    row |= dict(cell.split("=") for cell in cells.split())
    (tmp_path / "time_profiles.csv").write_text(csv_of([row]))
    ran = load(home.site, tmp_path / "time_profiles.csv")
    assert (ran.status, len(ran.faults.splitlines()), fault in ran.faults) == (1, 1, True), ran.faults


def test_a_fault_inside_of_json_is_told_with_its_place(home: Estate, tmp_path: Path) -> None:
    item = time_profile(custom("week", ["MON", "X"], every=0))
    ran = load(home.site, saved(tmp_path / "time_profiles.csv", [item]))
    told = [line.partition("…: ")[2] for line in ran.faults.splitlines()]
    assert told[0] == "repeat_format.repeat_custom.repeat_looper must be 1 to 1000"
    assert told[1].startswith("repeat_format.repeat_custom.repeat_options[1] must be one of FRI, MON")


@pytest.mark.parametrize("depth", [500, 900, 1_500, 100_000])
def test_json_that_is_nested_too_deep_is_refused(home: Estate, tmp_path: Path, depth: int) -> None:
    row = {"link_id": link_id(), "name": "n", "is_all_day": "no", "date_from": "5", "date_to": "6"}
    (tmp_path / "time_profiles.csv").write_text(csv_of([row | {"repeat_options": '{"x":' * depth + "1" + "}" * depth}]))
    assert load(home.site, tmp_path / "time_profiles.csv").status in {1, 2}


@pytest.mark.parametrize("column", ["repeat", "repeat_on", "repeat_every", "repeat_options"])
def test_what_excel_made_a_date_of_a_rule_is_told_under_its_column(home: Estate, tmp_path: Path, column: str) -> None:
    cells: dict[str, Any] = {"repeat": "week", "repeat_on": "MON", "repeat_every": 2}
    cells = {column: date(2026, 1, 15)} if column == "repeat_options" else cells | {column: date(2026, 1, 15)}
    header = f"{TIMES},{','.join(cells)}"
    path = workbook(tmp_path / "time_profiles.xlsx", header, link_id(), "n", False, 5, 6, *cells.values())
    assert load(home.site, path).faults.startswith(f'time_profiles.xlsx:2: {column} "2026-01-15": was made a date by')

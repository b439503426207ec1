"""`linkmgr bulk_export`: what it writes, bulk_import takes back as it is, in every format."""

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Site
from linkmgr.history.log import logs
from linkmgr.history.models import ChangeSet
from tests.files import HEADERS, counts, load, ran, reported, rows_with, run, saved, write
from tests.make import APARTMENTS, CONTACTS_V0, CONTACTS_V1, TIME_PROFILES, Estate, Item, apartment, contact, estate
from tests.nasty import ITEMS, custom, time_profile
from timeprofiles.models import LAST_SECOND, TimeProfile

pytestmark = pytest.mark.django_db

SINGLE = ["csv", "csv.gz", "xlsx", "json", "json.gz", "ndjson", "ndjson.gz"]
NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'",
    "''",
    "'=1",
    "O'Neill",
    "'tis",
    '"',
    '""',
    "a, b; c\td|e",
    "\\",
    "%s [b]x[/b]",
]
NASTY += [
    "1",
    "0001",
    "1e5",
    "1-2",
    "01.02.2026",
    "true",
    "NULL",
    "#REF!",
    "_x000D_",
    "&amp; <b>",
    "\u00a0x",
    "x" * 255,
]
NASTY += ["😀", "👨\u200d👩\u200d👧", "Ünï", "Иван", "\u202e", "\ufeffx", "ﬁ", "𝒳" * 255]
MULTILINE = ["two\nlines", "two\r\nlines", "a\rb", "\ttab", "\n", " ", "ends with \r\n", "\x1f", "\u2028"]


def rules() -> list[Item]:
    """Every kind of a time rule, with odd members that are kept."""
    kinds: list[Any] = [item["repeat_options"] for name, (path, item) in ITEMS.items() if path == TIME_PROFILES]
    ends = [{"format": "never", "date": None}, {"format": "never", "date": 7}, {"format": "date", "date": LAST_SECOND}]
    for name in ("day", "week", "twoWeeks", "month", "year"):
        kinds += [{"repeat_enable": True, "repeat_format": {"repeat_type": name, "repeat_end": end}} for end in ends]
    rich = custom("week", ["MON", "SUN", "MON"], every=1000) | {"repeat_end": ends[2]}
    plain = {"repeat_type": "day", "repeat_end": {"format": "never"}}
    kinds += [{"repeat_enable": on, "repeat_format": rule} for on in (True, False) for rule in (rich, plain)]
    kinds += [{"repeat_enable": True, "repeat_format": plain | {"repeat_custom": rich["repeat_custom"]}}]
    return [*kinds, {"repeat_enable": False}]


def profiles() -> list[Item]:
    moments = [0, 1, 46_053, 1_761_440_400, 1_761_444_000, 1_774_746_000, LAST_SECOND]  # clocks go back and forth
    timed = [{"is_all_day": at % 2 == 0, "date_from": when, "date_to": when} for at, when in enumerate(moments)]
    return [
        *(time_profile(repeat_options=rule, name=f"Rule {at}") for at, rule in enumerate(rules())),
        *(time_profile(time_options=times) for times in timed),
    ]


def fill(home: Estate) -> None:
    """Nasty ones of all kinds."""
    paths = [apartment(photo_path="'", route_path=" \r\n"), apartment(residents={}, photo_path="=1")]
    store(home, APARTMENTS, *paths, *(apartment(apartment_name=name) for name in NASTY if name.strip() == name))
    store(home, TIME_PROFILES, *profiles(), *(time_profile(name=name) for name in NASTY + MULTILINE))
    store(home, CONTACTS_V0, *(contact(name=name, is_default=True) for name in NASTY + MULTILINE))
    store(home, CONTACTS_V1, *(contact(ringtone=sound, is_p2p=True) for sound in ["", "'", "=x.wav", " ", "a\nb"]))
    numbers = ["sip:a@b", "sip:+1@10.0.0.1:5060", "0001-00-00-00"]
    store(home, CONTACTS_V1, *(contact(number=number, in_black_list=True) for number in numbers))


def store(home: Estate, path: str, *items: Item) -> None:
    assert {*home.outcomes(path, *items)} == {"created"}


@pytest.fixture(params=["UTC", "Europe/Prague", "America/St_Johns"])
def home(request: pytest.FixtureRequest, db: None) -> Estate:
    made = estate()
    Site.objects.filter(pk=made.site.pk).update(time_zone=request.param)
    made.site.refresh_from_db()
    return made


def snapshot() -> list[Any]:
    models = [model for pair in logs.items() for model in pair]
    return [[*model._default_manager.order_by("pk").values()] for model in models] + [ChangeSet.objects.count()]


@pytest.mark.parametrize("ending", SINGLE)
def test_every_kind_is_taken_back_unchanged_in_every_format(home: Estate, tmp_path: Path, ending: str) -> None:
    fill(home)
    before = snapshot()
    for kind in HEADERS:
        write(home.site, tmp_path / f"{kind}.{ending}", "--kind", kind)
        told, (part,) = reported(home.site, tmp_path / f"{kind}.{ending}")
        assert (told.status, told.faults, counts(part)) == (0, "", {"unchanged": part["rows"]})
        assert part["rows"] > 20
    assert snapshot() == before


@pytest.mark.parametrize("ending", ["zip", "json"])
def test_a_bundle_is_taken_back_unchanged(home: Estate, tmp_path: Path, ending: str) -> None:
    fill(home)
    before = snapshot()
    write(home.site, tmp_path / f"estate.{ending}")
    told, parts = reported(home.site, tmp_path / f"estate.{ending}")
    assert [counts(part) for part in parts] == [{"unchanged": part["rows"]} for part in parts]
    assert ([part["kind"] for part in parts], told.status, snapshot() == before) == ([*HEADERS], 0, True)


@pytest.mark.parametrize("ending", ["zip", "json", "xlsx"])
def test_an_estate_moves_to_another_site(home: Estate, away: Estate, tmp_path: Path, ending: str) -> None:
    """Also where the clock is another: moments have their offsets."""
    fill(home)
    names = [""] if ending != "xlsx" else list(HEADERS)
    for kind in names:
        write(home.site, tmp_path / f"{kind or 'estate'}.{ending}", *(["--kind", kind] if kind else []))
        assert load(away.site, tmp_path / f"{kind or 'estate'}.{ending}").status == 0
    assert copied(away) == copied(home)


def copied(home: Estate) -> list[Any]:
    ours = {"id", "site_id", "created_at", "updated_at"}
    models: list[Any] = [Apartment, TimeProfile, Contact]
    rows = [model.objects.filter(site=home.site).order_by("link_id").values() for model in models]
    return [[{name: row[name] for name in row if name not in ours} for row in each] for each in rows]


def test_a_sync_with_an_untouched_export_does_nothing(home: Estate, tmp_path: Path) -> None:
    fill(home)
    before = snapshot()
    write(home.site, tmp_path / "estate.zip")
    assert load(home.site, tmp_path / "estate.zip", "--sync", "--max-delete", "0").status == 0
    assert snapshot() == before


@pytest.fixture
def plain(db: None) -> Estate:
    return estate()


def test_a_spreadsheet_runs_nothing(plain: Estate, tmp_path: Path) -> None:
    fill(plain)
    for kind in HEADERS:
        write(plain.site, tmp_path / "a.csv", "--kind", kind)
        with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell[:1] in "=+-@\t\r" and cell]


def test_common_rules_are_written_as_columns_and_others_as_json(plain: Estate, tmp_path: Path) -> None:
    month = custom("month", {"format": "dayNumbers", "range": [1, 15]}, every=2)
    odd = custom("year", {"months": [1]})
    plain.post(TIME_PROFILES, *(time_profile(rule, name=name) for name, rule in (("month", month), ("odd", odd))))
    write(plain.site, tmp_path / "a.csv", "--kind", "time_profiles")
    first, second = sorted(rows_with(tmp_path / "a.csv"), key=lambda row: row["name"])
    assert (first["repeat"], first["repeat_every"], first["repeat_on"], first["repeat_options"]) == (
        "month",
        "2",
        "1 15",
        "",
    )
    assert (second["repeat"], json.loads(second["repeat_options"])["repeat_format"]) == ("", odd)


def test_json_is_the_body_of_the_api(plain: Estate, tmp_path: Path) -> None:
    plain.post(APARTMENTS, item := apartment(photo_path="a", route_path=""))
    write(plain.site, tmp_path / "a.json", "--kind", "apartments")
    body = json.loads((tmp_path / "a.json").read_text())
    assert body == {"list_items": [item]}
    assert plain.call("POST", APARTMENTS, body).status_code == 200


def test_only_the_site_and_the_scope_are_written(plain: Estate, away: Estate, tmp_path: Path) -> None:
    away.post(APARTMENTS, apartment("3-1-1-1"))
    plain.post(APARTMENTS, apartment("3-1-1-1", apartment_name="Mine"), apartment("4-1-1-1"))
    write(plain.site, tmp_path / "a.csv", "--kind", "apartments", "--scope", "building=3")
    assert [row["apartment_name"] for row in rows_with(tmp_path / "a.csv")] == ["Mine"]


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("ending", SINGLE)
def test_of_nothing_a_file_is_written_too(plain: Estate, tmp_path: Path, kind: str, ending: str) -> None:
    write(plain.site, tmp_path / f"a.{ending}", "--kind", kind)
    if "ndjson" not in ending:  # which then is an empty file
        assert load(plain.site, tmp_path / f"a.{ending}", "--kind", kind).status == 0


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.zip", "a.xlsx"])
def test_the_number_of_statements_does_not_depend_on_the_rows(
    plain: Estate, tmp_path: Path, name: str, django_assert_num_queries: Callable[..., Any]
) -> None:
    def statements() -> int:
        words = () if name == "a.zip" else ("--kind", "contacts")
        with CaptureQueriesContext(connection) as captured:
            write(plain.site, tmp_path / name, *words)
        return len(captured)

    plain.post(CONTACTS_V0, *(contact() for _ in range(3)))
    few = statements()
    plain.post(CONTACTS_V0, *(contact() for _ in range(300)))
    assert statements() == few


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["a.csv"], "a.csv can have one kind only: several go into .zip or .json"),
        (["a.json.gz"], "a.json.gz can have one kind only"),
        (["a"], "a tells no format"),
        (["-"], "standard output tells no format"),
        (["a.xlsx.gz", "--kind", "contacts"], "xlsx is compressed already: leave out .gz"),
        (["nowhere/a.csv", "--kind", "contacts"], "nowhere: No such file or directory"),
        (["a.csv", "--kind", "contacts", "--scope", "colour=red"], "contacts have no column colour"),
        (["a.zip", "--scope", "type=global"], "a scope is of one kind: say --kind"),
        (["a.csv", "--template"], "a template is of one kind: say --kind"),
        (["a.json", "--template", "--kind", "contacts"], "a template is a table: name it .csv or .xlsx"),
        (["a.csv", "--kind", "contacts", "--site", "nowhere"], "There is no site nowhere"),
    ],
)
def test_what_cannot_be_written_is_2_and_leaves_no_file(
    plain: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("bulk_export", "--site", plain.site.slug, *words)
    assert (told.status, reason in told.faults, [*tmp_path.iterdir()]) == (2, True, []), told


def test_a_disk_that_is_full_is_2(plain: Estate, tmp_path: Path) -> None:
    told = run("bulk_export", "/dev/full", "--format", "csv", "--kind", "contacts", "--site", plain.site.slug)
    assert (told.status, "No space left on device" in told.faults) == (2, True), told


def test_a_zip_has_the_usual_names(plain: Estate, tmp_path: Path) -> None:
    write(plain.site, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [f"{kind}.csv" for kind in HEADERS]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "json", "ndjson"])
def test_standard_output_has_the_file_and_nothing_else(plain: Estate, tmp_path: Path, format_: str) -> None:
    plain.post(CONTACTS_V0, contact(name="Ünï"))
    words = ("--site", plain.site.slug, "--kind", "contacts")
    path = tmp_path / f"contacts.{format_}"
    told = run("bulk_export", "-", *words, "--format", format_)
    write(plain.site, path, "--kind", "contacts")
    assert told.faults == "contacts: 1 rows\n"
    assert format_ == "xlsx" or told.said == path.read_bytes().decode()


@pytest.mark.django_db(transaction=True)
def test_an_export_is_of_one_moment_and_writes_nothing(tmp_path: Path) -> None:
    """In a transaction of its own, that reads only."""
    home = estate()
    load(home.site, saved(tmp_path / "contacts.csv", [contact()]))
    code = """
from linkmgr.files import export
def told(layout, rows):
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
        print(*cursor.fetchone())
real = export._write
def write(selection, *rest):
    told(None, 0)
    return real(selection, *rest)
export._write = write
"""
    told = ran("bulk_export", tmp_path / "a.zip", "--site", home.site.slug, code=code)
    assert (told.status, told.said) == (0, "repeatable read on\n" * 3)

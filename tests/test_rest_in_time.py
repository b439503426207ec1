"""What time profiles mean in time, over HTTP: occurrences, open, open_at, and calendars."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from icalendar import Calendar

from linkmgr.api.rest import paging
from tests.make import Estate, Item, custom, link_id
from tests.rest import TIME_PROFILES, errors, flat_time_profile, stored
from timeprofiles import rules
from timeprofiles.models import TimeProfile

pytestmark = pytest.mark.any_postgres

DAY = 86_400
BEGIN = int(datetime(2026, 1, 5, 8, tzinfo=UTC).timestamp())  # a Monday
DAILY = {"repeat_type": "day", "repeat_end": {"format": "never"}}
FOREVER = {"from": "2026-01-01", "to": "2030-01-01"}


@pytest.fixture
def home(home: Estate) -> Estate:
    type(home.site).objects.filter(pk=home.site.pk).update(time_zone="Europe/Prague")
    return home


def profile(home: Estate, rule: Item | None = DAILY, /, **members: Any) -> str:
    times = {"date_from": BEGIN, "date_to": BEGIN + 3_600}
    (item,) = stored(home, TIME_PROFILES, flat_time_profile(rule, **times | members))
    return f"{TIME_PROFILES}{item['link_id']}"


def occurrences(home: Estate, address: str, **params: str) -> Item:
    response = home.client.get(f"{address}/occurrences", params)
    assert response.status_code == 200, response.content
    told: Item = response.json()
    return told


def test_occurrences_are_on_the_clock_of_the_site(home: Estate) -> None:
    told = occurrences(home, profile(home), **{"from": "2026-03-28", "to": "2026-03-30"})
    assert (told["time_zone"], told["more"]) == ("Europe/Prague", False)
    assert told["items"] == [
        {"begin": "2026-03-28T09:00:00+01:00", "end": "2026-03-28T10:00:00+01:00"},
        {"begin": "2026-03-29T09:00:00+02:00", "end": "2026-03-29T10:00:00+02:00"},
    ]


def test_a_window_is_31_days_unless_it_says_otherwise(home: Estate) -> None:
    told = occurrences(home, profile(home), **{"from": "2026-02-01"})
    assert (len(told["items"]), told["items"][-1]["begin"][:10]) == (31, "2026-03-03")
    now = datetime.now(ZoneInfo("Europe/Prague"))
    told = occurrences(home, profile(home))
    assert {len(told["items"])} <= {31, 32}
    assert now - timedelta(hours=2) < datetime.fromisoformat(told["items"][0]["end"]) < now + timedelta(days=2)


def test_no_more_than_a_thousand_at_once(home: Estate) -> None:
    address = profile(home)
    told = occurrences(home, address, **FOREVER)
    assert (len(told["items"]), told["more"]) == (1_000, True)
    rest = occurrences(home, address, **FOREVER | {"from": told["items"][-1]["end"]})
    assert rest["items"][0]["begin"] > told["items"][-1]["begin"]
    assert rest["more"] is False


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"from": "x"}, "from"),
        ({"to": "x"}, "to"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-01-01T00:00:00+99:00"}, "from"),
        ({"from": "99999999999999"}, "from"),
        ({"from": "-5"}, "from"),
        ({"from": "999999999999"}, "from"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "to"),
        ({"from": "2026-01-01", "to": "2026-01-01"}, "to"),
        ({"from": "2026-01-01", "to": "2037-01-01"}, "to"),
        ({"from": "1000-01-01", "to": "9999-12-31"}, "to"),
        ({"from": "2026-01-01T00:00:00 01:00"}, "from"),
        ({"at": "2026-01-01"}, "at"),
        ({"from": ""}, "from"),
    ],
    ids=str,
)
@pytest.mark.parametrize("tail", ["/occurrences", ".ics"])
def test_windows_that_are_none(home: Estate, tail: str, params: dict[str, str], path: str) -> None:
    response = home.client.get(profile(home) + tail, params)
    assert {where for where, _ in errors(response, 400)} == {path}


@pytest.mark.parametrize(
    "params", [{"from": "9999-12-31"}, {"from": "0001-01-01", "to": "0002-01-01"}, {"from": "9999-12-31T23:59:59Z"}]
)
def test_windows_at_the_ends_of_time(home: Estate, params: dict[str, str]) -> None:
    address = profile(home)
    for tail in ("/occurrences", ".ics"):
        assert home.client.get(address + tail, params).status_code in (200, 400)


@pytest.mark.parametrize(
    ("at", "begin"),
    [
        ("2026-01-05T09:00:00", "2026-01-05T09:00:00+01:00"),
        ("2026-01-05T08:00:00Z", "2026-01-05T09:00:00+01:00"),
        ("2026-01-05T09:59:59", "2026-01-05T09:00:00+01:00"),
        ("2026-01-05T10:00:00", None),
        ("2026-01-04T09:30:00", None),
        ("2026-07-05T09:30", "2026-07-05T09:00:00+02:00"),
        (str(BEGIN), "2026-01-05T09:00:00+01:00"),
    ],
)
def test_open_says_by_which_occurrence(home: Estate, at: str, begin: str | None) -> None:
    told = home.client.get(f"{profile(home)}/open", {"at": at}).json()
    assert (told["open"], (told["occurrence"] or {}).get("begin")) == (begin is not None, begin)
    assert datetime.fromisoformat(told["at"]).utcoffset() in (timedelta(hours=1), timedelta(hours=2))


def test_open_is_asked_of_now_unless_it_says_otherwise(home: Estate) -> None:
    whole = profile(home, {**DAILY}, is_all_day=True, date_from=0, date_to=0)
    assert home.client.get(f"{whole}/open").json()["open"] is True


@pytest.mark.parametrize("at", ["x", "", "2026-13-01", "9" * 40, "2026-01-01T00:00+1"])
def test_moments_that_are_none(home: Estate, at: str) -> None:
    address = profile(home)
    assert {where for where, _ in errors(home.client.get(f"{address}/open", {"at": at}), 400)} == {"at"}


def test_a_calendar_reads_back(home: Estate) -> None:
    address = profile(home, name="Days, and; nights\\")
    response = home.client.get(f"{address}.ics", {"from": "2026-01-01", "to": "2026-06-01"})
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(response.content).events
    assert [str(event["SUMMARY"]) for event in events] == ["Days, and; nights\\"] * len(events) != []


@pytest.mark.parametrize("tail", ["/occurrences?from=2026-01-01", "/open?at=2026-01-01", ".ics?from=2026-01-01"])
def test_tags_and_other_sites(home: Estate, away: Estate, tail: str) -> None:
    address = profile(home) + tail
    response = home.client.get(address)
    assert home.client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert errors(away.client.get(address), 404) == []
    assert errors(home.client.get(f"{TIME_PROFILES}{link_id()}{tail}"), 404) == []


def test_a_calendar_of_too_many_events_says_so(home: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timeprofiles.ics.MOST_EVENTS", 3)
    weekdays = custom("month", {"format": "parameterizedDay", "range": {"week_order": "last", "day_type": "DAY_OFF"}})
    address = profile(home, weekdays)
    response: HttpResponse = home.client.get(f"{address}.ics", {"from": "2026-01-01", "to": "2035-01-01"})
    assert response.status_code == 200 or errors(response, 422) == [("to", "out_of_range")]


RULES = [
    None,
    DAILY,
    {"repeat_type": "week", "repeat_end": {"format": "date", "date": BEGIN + 20 * DAY}},
    custom("week", ["MON", "SAT"], every=2),
    custom("month", {"format": "dayNumbers", "range": [1, 31]}),
    custom("year", {"months": [2], "range": {"week_order": "last", "day_type": "WEEK_DAY"}}),
]


def many(home: Estate, count: int) -> list[TimeProfile]:
    """Of every rule, begun on different days, some of whole days."""
    times = [(BEGIN + at % 23 * DAY, BEGIN + at % 23 * DAY + 7_200) for at in range(count)]
    repeats = [{"repeat_enable": bool(rule), **({"repeat_format": rule} if rule else {})} for rule in RULES]
    return TimeProfile.objects.bulk_create(
        TimeProfile(
            site=home.site, link_id=link_id(), name="p", is_all_day=at % 4 == 0, date_from=begin, date_to=end,
            repeat_options=repeats[at % len(RULES)],
        )
        for at, (begin, end) in enumerate(times)
    )  # fmt: skip


def walked(home: Estate, **params: Any) -> list[str]:
    found, following = [], home.client.get(TIME_PROFILES, params).json()
    while following:
        found += [item["link_id"] for item in following["items"]]
        following = following["next"] and home.client.get(following["next"]).json()
    return found


@pytest.mark.parametrize("moment", ["2026-01-05T09:30", "2026-01-31T23:59:59", "2026-02-28T10:00", "2027-01-04T09:00"])
def test_open_at_finds_exactly_what_the_rules_call_open(home: Estate, moment: str) -> None:
    zone = ZoneInfo("Europe/Prague")
    at = datetime.fromisoformat(moment).replace(tzinfo=zone)
    wanted = sorted(str(row.link_id) for row in many(home, 300) if rules.open_at(row, zone, at))
    assert walked(home, open_at=moment) == walked(home, open_at=moment, limit=7) == wanted != []
    assert home.client.get(TIME_PROFILES, {"open_at": moment, "count": "true"}).json()["total"] == len(wanted)


def test_open_at_looks_at_no_more_than_it_says_and_goes_on(home: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 profiles that may be open few are; a page that looked at 20 of them may be empty, and another follows."""
    monkeypatch.setattr(paging, "MOST_LOOKED_AT", 20)
    monkeypatch.setattr(paging, "ROWS_A_LOOK", 6)
    zone, at = ZoneInfo("Europe/Prague"), "2026-02-28T10:00"
    moment = datetime.fromisoformat(at).replace(tzinfo=zone)
    wanted = sorted(str(row.link_id) for row in many(home, 300) if rules.open_at(row, zone, moment))
    assert walked(home, open_at=at) == walked(home, open_at=at, limit=3, ordering="link_id") == wanted

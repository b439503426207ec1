"""What time profiles mean in time, on the wire: occurrences, whether open, and as a calendar."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from rest_framework.request import Request

from linkmgr.accounts.tokens import token_of
from linkmgr.api.parts import parameter
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import all_of
from linkmgr.bulk.fields import Moment
from timeprofiles import moments, rules
from timeprofiles.models import LAST_SECOND, TimeProfile

MOST_OCCURRENCES = 1_000
LONGEST_WINDOW = timedelta(days=10 * 366)
WINDOW = timedelta(days=31)
"""From `from` on, unless `to` says otherwise."""
CALENDAR_BEFORE, CALENDAR_AFTER = timedelta(days=366), timedelta(days=5 * 366)
LAST_MOMENT = datetime.max.replace(microsecond=0, tzinfo=UTC)
MOMENT = "must be a date (2026-12-31), with or without a time (2026-12-31T08:00+01:00), or Unix seconds"

A_MOMENT: dict[str, Any] = {
    "description": "On the site's clock where it says no offset.",
    "anyOf": [
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "date"},
        {"type": "integer", "minimum": 0, "maximum": LAST_SECOND},
        {"type": "string", "pattern": f"^{moments.WALL_CLOCK.pattern.replace('?:', '')}$"},
    ],
}
WINDOW_PARAMETERS = (
    parameter("from", A_MOMENT, "Where the window begins."),
    parameter("to", A_MOMENT, f"Where it ends, at most {LONGEST_WINDOW.days} days later."),
)


class Stretch(msgspec.Struct):
    """From `begin`, included, to `end`, excluded, on the clock of the site."""

    begin: Moment
    end: Moment


class Occurrences(msgspec.Struct):
    """Those of which something lies in the window, whole, by their beginnings. With `more` there are others after."""

    link_id: UUID
    time_zone: str
    items: Annotated[list[Stretch], Meta(max_length=MOST_OCCURRENCES)]
    more: bool


class Openness(msgspec.Struct):
    """Is it open at this moment, and by which occurrence? Of several the one begun first."""

    link_id: UUID
    time_zone: str
    at: Moment
    open: bool
    occurrence: Stretch | None


class Window(msgspec.Struct):
    begin: datetime
    end: datetime


def zone_of(request: Request) -> ZoneInfo:
    return ZoneInfo(token_of(request).membership.site.time_zone)


def read_moment(request: Request, name: str, default: datetime | None = None) -> datetime:
    """A moment of the query string, on the site's clock if it has no offset; now without a default. Raises Refusal."""
    text, zone = request.GET.get(name), zone_of(request)
    if text is None:
        return default or _now(zone)
    try:
        return datetime.fromtimestamp(moments.read(text, zone), zone)
    except (moments.NoMoment, OverflowError, ValueError) as error:
        raise Refusal(400, Error(name, "not_allowed", MOMENT)) from error


def read_window(request: Request, *, before: timedelta = timedelta(), after: timedelta = WINDOW) -> Window:
    """`from` and `to`, by default so long before and after now. Raises Refusal."""
    begin, end = all_of(
        lambda: read_moment(request, "from", _moved(_now(zone_of(request)), -before)),
        lambda: read_moment(request, "to") if "to" in request.GET else None,
    )
    end = end or _moved(begin, before + after)
    if not timedelta() < end - begin <= LONGEST_WINDOW:
        raise Refusal(400, Error("to", "out_of_range", f"must be after from, by {LONGEST_WINDOW.days} days at most"))
    return Window(begin, end)


def _now(zone: ZoneInfo) -> datetime:
    return datetime.now(zone).replace(microsecond=0)


def occurrences(profile: TimeProfile, zone: ZoneInfo, window: Window) -> Occurrences:
    found = list(islice(rules.occurrences(profile, zone, window.begin, window.end), MOST_OCCURRENCES + 1))
    stretches = [Stretch(*each) for each in found[:MOST_OCCURRENCES]]
    return Occurrences(profile.link_id, zone.key, stretches, len(found) > MOST_OCCURRENCES)


def openness(profile: TimeProfile, zone: ZoneInfo, at: datetime) -> Openness:
    found = rules.open_at(profile, zone, at)
    return Openness(profile.link_id, zone.key, at, found is not None, Stretch(*found) if found else None)


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return LAST_MOMENT

"""Addresses of time profiles: kind and voice, and what they mean in time."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request

from linkmgr.api.parts import parameter
from linkmgr.api.rest.bulk import Bulk
from linkmgr.api.rest.members import LinkedReading, Members
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import all_of, refuse_unknown
from linkmgr.api.rest.schema import Described
from linkmgr.api.rest.views import answer
from linkmgr.api.views import LinkDelete, LinkItems
from timeprofiles import in_time, rules
from timeprofiles.bulk import TIME_PROFILE
from timeprofiles.ics import MOST_EVENTS, TooManyEvents, as_ics
from timeprofiles.resource import TIME_PROFILES

WINDOW = ("from", "to")
CALENDAR = "text/calendar; charset=utf-8"


class TimeProfileItems(LinkItems):
    kind = TIME_PROFILE
    sorting = {"name": ("name",), "date_from": ("date_from",), "date_to": ("date_to",)}


class TimeProfileDelete(LinkDelete):
    kind = TIME_PROFILE


class TimeProfileMembers(Members):
    resource = TIME_PROFILES

    def keep(self, request: Request) -> Callable[[Any], bool] | None:
        if "open_at" not in request.GET:
            return None
        zone, moment = in_time.zone_of(request), in_time.read_moment(request, "open_at")
        return lambda profile: rules.open_at(profile, zone, moment) is not None


class TimeProfileBulk(Bulk):
    resource = TIME_PROFILES


class TimeProfileInTime(LinkedReading):
    """What one profile means in time."""

    resource = TIME_PROFILES
    described = {
        "occurrences": Described(in_time.Occurrences, in_time.WINDOW_PARAMETERS),
        "open": Described(in_time.Openness, (parameter("at", in_time.A_MOMENT, "Now, unless it says otherwise."),)),
        "calendar": Described({"type": "string"}, in_time.WINDOW_PARAMETERS, (422,), "text/calendar"),
    }

    def occurrences(self, request: Request, key: UUID) -> HttpResponse:
        """List its occurrences within a window"""
        _, window = all_of(lambda: refuse_unknown(request, WINDOW), lambda: in_time.read_window(request))
        told = in_time.occurrences(self.member(request, key), in_time.zone_of(request), window)
        return answer(request, msgspec.json.encode(told))

    def open(self, request: Request, key: UUID) -> HttpResponse:
        """Is it open at a moment?"""
        _, at = all_of(lambda: refuse_unknown(request, ("at",)), lambda: in_time.read_moment(request, "at"))
        return answer(
            request, msgspec.json.encode(in_time.openness(self.member(request, key), in_time.zone_of(request), at))
        )

    def calendar(self, request: Request, key: UUID) -> HttpResponse:
        """Show it as a calendar (RFC 5545)"""
        _, window = all_of(
            lambda: refuse_unknown(request, WINDOW),
            lambda: in_time.read_window(request, before=in_time.CALENDAR_BEFORE, after=in_time.CALENDAR_AFTER),
        )
        profile = self.member(request, key)
        zone = in_time.zone_of(request)
        try:
            body = as_ics([profile], zone, begin=window.begin, end=window.end, stamp=profile.updated_at)
        except TooManyEvents as error:
            text = f"needs more than {MOST_EVENTS} events: ask for less time"
            raise Refusal(422, Error("to", "out_of_range", text)) from error
        return answer(request, body, content_type=CALENDAR)

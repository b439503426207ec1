"""Addresses of apartments: kind and voice, and the calls about their states."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from apartments.bulk import APARTMENT
from apartments.change_state import change_state
from apartments.models import ADDRESS, ApartmentState
from apartments.resource import APARTMENTS, STATES
from apartments.web_api import IN, ChangeState, Result, State, StateHistory
from linkmgr import counting
from linkmgr.accounts.caller import Reach
from linkmgr.accounts.models import Right
from linkmgr.api.body import read_flag
from linkmgr.api.recorded import recorded
from linkmgr.api.rest.bulk import Bulk
from linkmgr.api.rest.members import Members
from linkmgr.api.rest.views import Reading
from linkmgr.api.views import LinkItems, caller
from linkmgr.api.webapi.body import read_struct
from linkmgr.api.webapi.views import WebApiView
from linkmgr.api.webapi.xml import Listed
from linkmgr.bulk.scope import visible


class ApartmentItems(LinkItems):
    kind = APARTMENT
    sorting = {"apartment_address": ADDRESS, "apartment_name": ("apartment_name",), "residents": ("residents_count",)}


class ApartmentMembers(Members):
    resource = APARTMENTS


class ApartmentBulk(Bulk):
    resource = APARTMENTS


class States(Reading):
    """The same list for all sites."""

    resource = STATES
    reach = Reach.READING

    def rows(self, request: Request) -> QuerySet[Any]:
        return ApartmentState.objects.all()


class BulkChangeState(WebApiView):
    """Change the state of up to 10 000 apartments"""

    named, body, namespace, answer = "apartments_change_state", ChangeState, IN, Result
    right, reach = Right.CHANGE_STATE, Reach.OWN_BUILDINGS
    flags = {
        "atomic": "Any error, and nothing changes.",
        "dry_run": "The same answer, and nothing changes.",
    }

    def post(self, request: Request) -> HttpResponse:
        atomic, dry_run = read_flag(request, "atomic"), read_flag(request, "dry_run")
        order = read_struct(request, ChangeState, name="changeState", namespace=IN).order()
        answer = change_state(order, by=caller(request), atomic=atomic, dry_run=dry_run)
        if not dry_run:
            told = {"changed": answer.changed, "unchanged": answer.unchanged, "refused": answer.failed}
            counting.items(APARTMENT.name, {f"state_{outcome}": number for outcome, number in told.items() if number})
        return recorded(self.told(request, Result.of(answer)), answer.change_set)


class ApartmentStates(WebApiView):
    """List the states apartments can be in"""

    named, answer, listed = "apartment_states_list", State, True
    reach = Reach.READING

    def get(self, request: Request) -> HttpResponse:
        return self.told(request, Listed(State, map(State.of, ApartmentState.objects.all())))


class ApartmentStateHistory(WebApiView):
    """List the changes of an apartment's state, newest first"""

    named, answer = "apartments_state_history", StateHistory
    reach = Reach.OWN_BUILDINGS

    def get(self, request: Request, link_id: str) -> HttpResponse:
        apartment = visible(APARTMENT, caller(request)).filter(link_id=link_id).first()
        if apartment is None:
            raise NotFound
        return self.told(request, StateHistory.of(apartment))

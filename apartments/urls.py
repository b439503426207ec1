from django.urls import path

import linkmgr.api.guids  # noqa: F401 what `guid` is
from apartments.views import (
    ApartmentBulk,
    ApartmentItems,
    ApartmentMembers,
    ApartmentStateHistory,
    ApartmentStates,
    BulkChangeState,
    States,
)
from linkmgr.api.rest.routes import collection

urlpatterns = [
    path("api/v1/apartment/items/link", ApartmentItems.as_view(), name="apartment-items-link"),
    path("api/v1/apartments/bulk/change_state", BulkChangeState.as_view(), name="apartments-change-state"),
    path("api/v1/apartments/<guid:link_id>/state-history", ApartmentStateHistory.as_view(), name="state-history"),
    *collection("apartments", ApartmentMembers, bulk=ApartmentBulk),
    *collection("states", States, key="int"),
    path("api/v1/code-list/apartment_state", ApartmentStates.as_view(), name="apartment-states"),
]

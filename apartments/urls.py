from django.urls import path

import linkmgr.api.guids  # noqa: F401 what `guid` is
from apartments.views import ApartmentItems, ApartmentStateHistory, ApartmentStates, BulkChangeState

urlpatterns = [
    path("api/v1/apartment/items/link", ApartmentItems.as_view(), name="apartment-items-link"),
    path("api/v1/apartments/bulk/change_state", BulkChangeState.as_view(), name="apartments-change-state"),
    path("api/v1/apartments/<guid:link_id>/state-history", ApartmentStateHistory.as_view(), name="state-history"),
    path("api/v1/code-list/apartment_state", ApartmentStates.as_view(), name="apartment-states"),
]

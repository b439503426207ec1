from django.urls import path

from linkmgr.api.rest.routes import action, collection
from timeprofiles.views import (
    TimeProfileBulk,
    TimeProfileDelete,
    TimeProfileInTime,
    TimeProfileItems,
    TimeProfileMembers,
)

urlpatterns = [
    path("api/v1/access/timeprofile/items/link", TimeProfileItems.as_view(), name="timeprofile-items-link"),
    path("api/v1/access/timeprofile/link/delete", TimeProfileDelete.as_view(), name="timeprofile-link-delete"),
    *collection("time-profiles", TimeProfileMembers, bulk=TimeProfileBulk),
    *action("time-profiles/<guid:key>/occurrences", TimeProfileInTime, "occurrences"),
    *action("time-profiles/<guid:key>/open", TimeProfileInTime, "open"),
    *action("time-profiles/<guid:key>.ics", TimeProfileInTime, "calendar"),
]

from django.urls import path

from timeprofiles.views import TimeProfileDelete, TimeProfileItems

urlpatterns = [
    path("api/v1/access/timeprofile/items/link", TimeProfileItems.as_view(), name="timeprofile-items-link"),
    path("api/v1/access/timeprofile/link/delete", TimeProfileDelete.as_view(), name="timeprofile-link-delete"),
]

from django.urls import path

from benchmarks.peers.drf import BulkContacts
from benchmarks.peers.drf_each import EachContact
from benchmarks.peers.ninja_bulk import api

urlpatterns = [
    path("ninja/", api.urls),
    path("drf/contacts", BulkContacts.as_view()),
    path("each/contacts", EachContact.as_view()),
]

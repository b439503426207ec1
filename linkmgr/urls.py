"""Addresses: each app's own, signing in, the admin, and the description of it all."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from linkmgr.api.change_sets import ChangeSets
from linkmgr.api.device import Info, Login, Logout
from linkmgr.api.pages import Docs, Document
from linkmgr.api.rest.routes import alone, collection
from linkmgr.capabilities import CapabilitiesView
from linkmgr.changes import ChangesView

urlpatterns = [
    path("", include("apartments.urls")),
    path("", include("timeprofiles.urls")),
    path("", include("contacts.urls")),
    path("api/info", Info.as_view(), name="info"),
    path("api/v0/login", Login.as_view(), name="login-v0"),
    path("api/v1/login", Login.as_view(), name="login-v1"),
    path("api/v0/logout", Logout.as_view(), name="logout-v0"),
    path("api/v1/logout", Logout.as_view(), name="logout-v1"),
    *collection("change-sets", ChangeSets),
    *alone("capabilities", CapabilitiesView),
    *alone("changes", ChangesView),
    path("api/schema", Document.as_view(), name="schema"),
    path("api/docs", Docs.as_view(), name="docs"),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
]

handler400 = "linkmgr.api.errors.bad_request"
handler404 = "linkmgr.api.errors.not_found"
handler500 = "linkmgr.api.errors.internal_error"

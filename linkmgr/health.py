"""What watches over a server asks it: does the process live, and can it answer requests?

Before every other middleware: those who ask know neither host names nor tokens, come without HTTPS from the machine
beside, and come every few seconds, which is nothing to log.
"""

from collections.abc import Callable
from functools import cache

import msgspec
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

LIVES, READY = "/healthz", "/readyz"
RETRY_SECONDS = 5


class Readiness(msgspec.Struct):
    """`missing` is `database`, or the migrations that were not applied, as `app.name`."""

    ready: bool
    missing: list[str]


class Health:
    """GET /healthz asks nobody; GET /readyz asks PostgreSQL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in (LIVES, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = _ready() if request.path_info == READY else _told({"lives": True})
        response["Cache-Control"] = "no-store"
        return response


def _ready() -> HttpResponse:
    missing = _missing()
    response = _told(Readiness(not missing, missing), 503 if missing else 200)
    if missing:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _told(what: object, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(what), status=status, content_type="application/json")


def _missing() -> list[str]:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return ["database"]
    return sorted(f"{app}.{name}" for app, name in _migrations() - {*applied})


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Those this version of linkmgr brings."""
    loader = MigrationLoader(None)  # which reads files alone
    return frozenset(loader.disk_migrations)

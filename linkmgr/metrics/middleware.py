"""Counts every request, and answers the one that asks for what was counted."""

from collections.abc import Callable
from hmac import compare_digest
from time import monotonic
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from linkmgr import counting
from linkmgr.front.environ import WHOLE_AT
from linkmgr.metrics.database import Database

ADDRESS = "/metrics"


class Metrics:
    """Where linkmgr.health stands, for its reasons: Prometheus knows no host name and is nothing to log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._counted = counting.begin(settings.METRICS_DIR)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == ADDRESS:
            response = self._told(request)
            response["Cache-Control"] = "no-store"
            return response
        began = request.META.get(WHOLE_AT, monotonic())
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else None
        counting.request(route, request.method, response.status_code, monotonic() - began)
        if response.status_code == 429:
            counting.turned_away("rate_limit" if _has_spent_all(request) else "lockout")
        return response

    def _told(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not _knows_the_token(request):
            return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
        registry = self._counted.registry()
        registry.register(Database())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _knows_the_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())


def _has_spent_all(request: Any) -> bool:
    spent = getattr(request, "spent", None)
    return spent is not None and bool(spent.refused)

"""Any fault, anywhere → the voice of the address it came from."""

import logging
import re
import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.template import loader
from rest_framework import exceptions
from rest_framework.request import Request

from linkmgr.accounts.behalf import MayNotActOnBehalf
from linkmgr.accounts.caller import MayNot
from linkmgr.accounts.rates import TooManyRequests
from linkmgr.accounts.sign_in import LockedOut
from linkmgr.api.body import TooLarge, WrongBody
from linkmgr.api.rest.problems import PROBLEM_JSON, PROBLEM_VOICE, Refusal
from linkmgr.api.voices import OBJECT_VOICE, TEXT_VOICE, Voice
from linkmgr.api.webapi.body import Unsupported
from linkmgr.api.webapi.negotiation import answer_type
from linkmgr.api.webapi.voice import WebApiVoice
from linkmgr.bulk.check import Refused, TooDeep
from linkmgr.error_text import one_line
from linkmgr.flags import says_yes

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
OBJECT_VOICE_PATHS = ("/api/v1/contact/",)
WEB_API_PATHS = re.compile(r"/api/v1/(?:apartments/bulk/.|apartments/[^/]+/state-history|code-list/)")
REST_PATHS = re.compile(
    r"/api/v1/(?:apartments|time-profiles|contacts|change-sets|states|changes|capabilities)(?:[/.]|$)"
)

UNAVAILABLE = (OperationalError, InterfaceError)
STATUSES: dict[type[Exception], int] = {
    exceptions.NotAuthenticated: 401,
    exceptions.AuthenticationFailed: 401,
    exceptions.PermissionDenied: 403,
    MayNotActOnBehalf: 403,
    MayNot: 403,
    exceptions.NotFound: 404,
    exceptions.MethodNotAllowed: 405,
    TooLarge: 413,
    RequestDataTooBig: 413,
    LockedOut: 429,
    TooManyRequests: 429,
    OperationalError: 503,
    InterfaceError: 503,
    UnreadablePostError: 400,
}


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler. What has no status of its own is a bug of ours: logged with its trace, answered 500."""
    view, request = context["view"], context["request"]
    voice = voice_of(request)
    explain = says_yes(request.GET.get("explain"))
    match error:
        case Refusal():
            return HttpResponse(error.body, status=error.status, content_type=PROBLEM_JSON, headers=error.headers)
        case WrongBody():
            return _bad_request(voice, voice.wrong_body(error.faults, unusable=error.unusable, explain=explain))
        case TooDeep():
            return _bad_request(voice, voice.wrong_body((), unusable=True, explain=explain))
        case Refused():
            return _bad_request(voice, voice.refused(error, explain=explain))
        case Unsupported() if isinstance(voice, WebApiVoice):
            return HttpResponse(voice.unsupported(error), status=415, content_type=voice.content_type)
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
    if status == 503:
        _log_unavailable(error)
    elif status >= 500:
        log.error("request failed", exc_info=error)
    if status == 400:  # a client that went away
        return _bad_request(voice, voice.wrong_body((), unusable=True, explain=False))
    return _failed(voice, status, getattr(view, "allowed_methods", ()), retry_after(error))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: addresses that no view has."""
    return _failed(voice_of(request), 404) if _is_api(request) else _page(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400: a host that is not allowed, or another thing of which Django is suspicious."""
    from django.views import defaults

    return _failed(voice_of(request), 400) if _is_api(request) else defaults.bad_request(request, exception)


def internal_error(request: HttpRequest) -> HttpResponse:
    """handler500: whatever failed outside a view of the API."""
    from django.views.defaults import server_error

    if isinstance(error := sys.exception(), UNAVAILABLE):
        return unavailable(request, error)
    return _failed(voice_of(request), 500) if _is_api(request) else server_error(request)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """There is no PostgreSQL to ask, or it cannot answer now."""
    _log_unavailable(error)
    if _is_api(request):
        return _failed(voice_of(request), 503)
    page = loader.render_to_string("503.html")  # without the request: who it is cannot be told now
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """What axes answers the try that locks an account, and every one after it."""
    if _is_api(request):
        return _failed(voice_of(request), 429, seconds=LockedOut.seconds)
    minutes = LockedOut.seconds // 60
    return render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)


def voice_of(request: HttpRequest | Request) -> Voice:
    """By the address alone, so that a fault outside every view is told in the same voice."""
    if WEB_API_PATHS.match(request.path):
        return WebApiVoice(answer_type(request))
    if REST_PATHS.match(request.path):
        return PROBLEM_VOICE
    return OBJECT_VOICE if request.path.startswith(OBJECT_VOICE_PATHS) else TEXT_VOICE


def _is_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith("/api/")


def _log_unavailable(error: BaseException) -> None:
    log.warning("not answered without PostgreSQL: %s", one_line(error))


def retry_after(error: Exception) -> int:
    return error.seconds if isinstance(error, LockedOut | TooManyRequests) else RETRY_SECONDS


def _page(request: HttpRequest, exception: Exception) -> HttpResponse:
    from django.views.defaults import page_not_found

    return page_not_found(request, exception)


def _bad_request(voice: Voice, body: bytes) -> HttpResponse:
    return HttpResponse(body, status=400, content_type=voice.content_type)


def _failed(voice: Voice, status: int, allowed: tuple[str, ...] = (), seconds: int = RETRY_SECONDS) -> HttpResponse:
    response = HttpResponse(voice.error(status), status=status, content_type=voice.content_type)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 405:
        response["Allow"] = ", ".join(allowed)
    if status in (429, 503):
        response["Retry-After"] = str(seconds)
    return response

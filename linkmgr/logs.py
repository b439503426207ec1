"""Logs of requests: JSON lines with the request id, and never a query string, since devices sign in by one."""

import re
from collections.abc import Callable
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from linkmgr.accounts.address import address_of

LONGEST_REQUEST_ID = 64
REQUEST_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_REQUEST_ID}}}")
HEADER = "X-Request-ID"
BEGAN = "linkmgr.began"


def current_request_id() -> str:
    """The id under which the logs speak of the request being answered; empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestId:
    """Every answer says the id of its request: the client's own if it can be one, else a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id  # where RequestLog finds it
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


class RequestLog(RequestMiddleware):
    """One line a request: what it was, who asked, at which site, how long it took, and what it changed."""

    def prepare(self, request: HttpRequest) -> None:
        super().prepare(request)
        request.META[BEGAN] = monotonic()

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        told = {"route": _route(request), "change_set": response.get("X-Change-Set")}
        milliseconds = round((monotonic() - request.META[BEGAN]) * 1000, 1)
        told = {name: value for name, value in told.items() if value is not None}
        structlog.contextvars.bind_contextvars(milliseconds=milliseconds, **told)
        super().handle_response(request, response)

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Not as django-structlog finds it, which believes what a client says of itself."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """And what else there is to say of who asked, as soon as it is known."""
        RequestMiddleware.bind_user_id(request)
        structlog.contextvars.bind_contextvars(**_caller(request))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


def _route(request: HttpRequest) -> str | None:
    """The address as urls.py has it; the same for all of a kind."""
    return request.resolver_match.route if request.resolver_match else None


def _caller(request: Any) -> dict[str, str]:
    """The account, and of a token its site and the first characters that lists show of it; nothing of who is unknown.

    Of a token that has spent its requests too, which is no longer the request's.
    """
    if token := getattr(request, "token", None):
        return {
            "account": token.user.get_username(),
            "site": token.membership.site.slug,
            "token": token.token_key,
        }
    user: Any = getattr(request, "user", None)
    return {"account": user.get_username()} if getattr(user, "is_authenticated", False) else {}

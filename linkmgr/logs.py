"""Logs of requests: JSON lines with the request id, and never a query string, since devices sign in by one."""

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

LONGEST_REQUEST_ID = 64
REQUEST_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST_REQUEST_ID}}}")
HEADER = "X-Request-ID"


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
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

"""Logs of requests: JSON lines with the request id, and never a query string, since devices sign in by one."""

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware


def current_request_id() -> str:
    """The id under which the logs speak of the request being answered; empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestLog(RequestMiddleware):
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

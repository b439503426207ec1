"""Headers that every answer has, also those that are given before others have looked at the request: to a question
whether the server is well, to a host that is not allowed, to a preflight, of a static file."""

from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware


class SecureHeaders(SecurityMiddleware):
    """Stands before all that answers by itself. The redirect to HTTPS is left to Django's own, which stands later."""

    def process_request(self, request: HttpRequest) -> None:
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """What does not say who may keep it, and for how long, is kept by nobody: it may be for one token alone."""
        told = super().process_response(request, response)
        told.headers.setdefault("Cache-Control", "no-store")
        return told

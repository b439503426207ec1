"""The page that Django shows of a fault with LINKMGR_DEBUG: code and data, and none of the secrets of the request or of
this machine, as such pages are shown about and pasted into reports."""

import os
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

SECRET = re.compile(r"api|auth|token|key|secret|pass|signature|cookie|session|_URL", re.IGNORECASE)
SHORTEST = 6
"""A shorter one could stand anywhere, and hiding it would tell where."""
HIDDEN = "********"


class Reporter(ExceptionReporter):
    def get_traceback_html(self) -> SafeString:
        return self._without_secrets(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return self._without_secrets(super().get_traceback_text())

    def _without_secrets(self, shown: SafeString) -> SafeString:
        """Wherever they stand: among variables and settings, in addresses, in the text of an exception."""
        page = str(shown)
        found = {secret for secret in _secrets(self.request) if len(secret) >= SHORTEST}
        for secret in sorted(found, key=len, reverse=True):
            for written in {secret, escape(secret), escape(repr(secret)[1:-1])}:
                page = page.replace(written, HIDDEN)
        return SafeString(page)  # it was one, and what is put in has no markup


def _secrets(request: Any) -> Iterator[str]:
    yield settings.SECRET_KEY
    yield settings.EMAIL_HOST_PASSWORD or ""
    yield from (str(each.get("PASSWORD", "")) for each in settings.DATABASES.values())
    yield from (value for name, value in os.environ.items() if name.startswith("LINKMGR_") and SECRET.search(name))
    if request is None:
        return
    yield request.META.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
    yield from request.COOKIES.values()
    pairs = (pair.partition("=") for pair in request.META.get("QUERY_STRING", "").split("&"))
    yield from (value for name, _, value in pairs if SECRET.search(name))  # as addresses have it
    for given in (request.GET, request.POST):
        yield from (value for name in given if SECRET.search(name) for value in given.getlist(name))

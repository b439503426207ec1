"""Which form an answer takes, chosen as Web API 2 chooses (contract §7)."""

from django.http import HttpRequest
from django.http.request import MediaType
from rest_framework.request import Request

OFFERED = ("application/json", "text/json", "application/xml", "text/xml")
"""Of equally good ones the first, whatever the order in which a client accepts them."""


def answer_type(request: HttpRequest | Request) -> str:
    """The best match of the Accept header, else the request's own type, else JSON. Never nothing."""
    parts = request.headers.get("accept", "").split(",")
    accepted = [kind for part in parts if part.strip() and (kind := _read(part))]
    matches = [
        (quality, min(kind.specificity, 2), -place)
        for kind in accepted
        if (quality := kind.quality) > 0
        for place, offered in enumerate(OFFERED)
        if MediaType(offered).match(_without_params(kind))
    ]
    if matches:
        return OFFERED[-max(matches)[2]]
    own = media_type(request)
    return own if own in OFFERED else OFFERED[0]


def media_type(request: HttpRequest | Request) -> str:
    """Of the body, in lower case and without parameters; empty if it says none."""
    return str(request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


def is_xml(kind: str) -> bool:
    return kind.endswith("/xml")


def _read(part: str) -> MediaType | None:
    """None for what cannot be read, as if it were not there."""
    try:
        return MediaType(part)
    except ValueError:  # of parameters in the form of RFC 2231
        return None


def _without_params(kind: MediaType) -> str:
    return f"{kind.main_type}/{kind.sub_type}".lower()

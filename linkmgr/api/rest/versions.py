"""Which version of a resource is stored, and whether a request was made for that one (RFC 9110 §13)."""

from base64 import urlsafe_b64encode
from hashlib import blake2b

from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from linkmgr.api.rest.problems import Error, Refusal

DIGEST_BYTES = 15


def etag_of(representation: bytes) -> str:
    """A strong validator: the same bytes, the same tag."""
    return f'"{urlsafe_b64encode(blake2b(representation, digest_size=DIGEST_BYTES).digest()).decode()}"'


def refuse_other_version(request: Request, etag: str | None) -> None:
    """Raises Refusal (412) unless If-Match and If-None-Match allow a write; `etag` is None if nothing is stored.

    Tags are compared without `W/`, which compression puts before them on the way.
    """
    wanted, unwanted = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    matches = etag is not None and (wanted == ["*"] or etag in map(_strong, wanted))
    excluded = etag is not None and (unwanted == ["*"] or etag in map(_strong, unwanted))
    if (wanted and not matches) or excluded:
        raise Refusal(412, headers={"ETag": etag} if etag else {})


def unchanged_since(request: Request, response: HttpResponse) -> bool:
    """Does the client have these bytes already?"""
    known = _tags(request, "If-None-Match")
    return known == ["*"] or response["ETag"] in map(_strong, known)


def _tags(request: Request, header: str) -> list[str]:
    text = request.headers.get(header)
    tags = parse_etags(text) if text is not None else []
    if text is not None and not tags:
        raise Refusal(400, Error(header, "not_allowed", 'must be "…" as an ETag was, or *'))
    return tags


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")

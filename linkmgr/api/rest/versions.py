"""Which version of a resource is stored, and whether a request was made for that one (RFC 9110 §13)."""

import re
from base64 import urlsafe_b64encode
from hashlib import blake2b

from django.utils.http import parse_etags
from rest_framework.request import Request

from linkmgr.api.rest.problems import Error, Refusal

DIGEST_BYTES = 15
TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS = re.compile(rf"\*|{TAG}(?:\s*,\s*{TAG})*")


def etag_of(representation: bytes) -> str:
    """A strong validator: the same bytes, the same tag."""
    return f'"{urlsafe_b64encode(blake2b(representation, digest_size=DIGEST_BYTES).digest()).decode()}"'


def refuse_other_version(request: Request, etag: str | None) -> None:
    """Raises Refusal (412) unless If-Match and If-None-Match allow a write; `etag` is None if nothing is stored.

    Tags are compared without `W/`, which compression puts before them on the way.
    """
    if _fails(request, etag) or _names(request, "If-None-Match", etag):
        raise Refusal(412, headers={"ETag": etag} if etag else {})


def unchanged_since(request: Request, etag: str) -> bool:
    """Does the client have this version already? Raises Refusal (412) for an If-Match of others."""
    if _fails(request, etag):
        raise Refusal(412, headers={"ETag": etag})
    return _names(request, "If-None-Match", etag)


def _fails(request: Request, etag: str | None) -> bool:
    return bool(_tags(request, "If-Match")) and not _names(request, "If-Match", etag)


def _names(request: Request, header: str, etag: str | None) -> bool:
    """Does the header name this version? Nothing that is not stored is named."""
    tags = _tags(request, header)
    return etag is not None and (tags == ["*"] or etag in map(_strong, tags))


def _tags(request: Request, header: str) -> list[str]:
    text = request.headers.get(header)
    if text is None:
        return []
    if not TAGS.fullmatch(text.strip()):
        raise Refusal(400, Error(header, "not_allowed", 'must be "…" as an ETag was, or several with commas, or *'))
    return parse_etags(text)


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")

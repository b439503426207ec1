"""Bytes of a request → the list of raw items in it. The only place that reads a body."""

import re
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.http import HttpRequest

from linkmgr.bulk.check import are_link_ids, read_leniently
from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.flags import yes_or_no

NDJSON = "application/x-ndjson"
JSON_LINES = (NDJSON, "application/ndjson", "application/jsonl")
BOM = b"\xef\xbb\xbf"
WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,99}")
HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
PAIR_OR_HALF = re.compile(
    rb"(?P<good>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class TooLarge(Exception):
    """The body is over the limit of LINKMGR_MAX_BODY_MIB."""


class WrongBody(Exception):
    """The request as a whole is unusable. `faults` says what of it, if it is more than not being a JSON object."""

    def __init__(self, *faults: Fault, unusable: bool = False) -> None:
        super().__init__(str(faults))
        self.faults = faults
        self.unusable = unusable


class Options(NamedTuple):
    """The opt-in extras of the query string (contract §1)."""

    explain: bool
    partial: bool
    dry_run: bool


class Envelope(msgspec.Struct):
    """Every member of the body that some route reads; the rest is skipped unread."""

    list_items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    link_ids: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_envelope = msgspec.json.Decoder(Envelope)
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def read_options(request: HttpRequest) -> Options:
    """Raises WrongBody for a word that is neither yes nor no: a mistyped `dry_run` must not write."""
    return Options(*(read_flag(request, name) for name in Options._fields))


def read_number(request: HttpRequest, name: str, default: int) -> int:
    """A whole number from 1 of the query string. Raises WrongBody."""
    text = request.GET.get(name)
    if text is None:
        return default
    if not WHOLE_NUMBER.fullmatch(text):
        raise WrongBody(Fault((name,), Problem.TYPE, Need("integer", 1)))
    return int(text)


def read_items(request: HttpRequest, low: int, high: int) -> list[msgspec.Raw]:
    """The members of `list_items`, undecoded. Raises TooLarge or WrongBody."""
    return listed(read_bytes(request), "list_items", low, high)


def read_link_ids(request: HttpRequest, low: int, high: int) -> list[str]:
    """The members of `link_ids`, each a UUID. Raises TooLarge or WrongBody."""
    raws = listed(read_bytes(request), "link_ids", low, high)
    try:
        link_ids = [msgspec.json.decode(raw) for raw in raws]
    except (ValueError, RecursionError) as error:
        raise WrongBody(Fault(("link_ids",), Problem.TYPE, Need("array"))) from error
    strange = [index for index, link_id in enumerate(link_ids) if not isinstance(link_id, str) or len(link_id) != 36]
    if not strange and not are_link_ids(link_ids):
        strange = [index for index, link_id in enumerate(link_ids) if not are_link_ids([link_id])]
    if strange:
        raise WrongBody(*(Fault(("link_ids", index), Problem.TYPE, Need("uuid")) for index in strange))
    return link_ids


def read_bytes(request: HttpRequest, most: int | None = None) -> bytes:
    """The body, whatever it is, of at most so many bytes (LINKMGR_MAX_BODY_MIB if it is not said, or is less).

    Raises TooLarge, or WrongBody for a length that is none.
    """
    most = min(most or settings.MAX_BODY_BYTES, settings.MAX_BODY_BYTES)
    refuse_length(request, most)
    body = request.environ["wsgi.input"].read(most + 1) if is_chunked(request) else request.body  # type: ignore[attr-defined]
    if len(body) > most:
        raise TooLarge
    return bytes(body)


def refuse_length(request: HttpRequest, most: int) -> None:
    """Before anything is read. Raises TooLarge, or WrongBody for a length that is none."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        raise WrongBody(unusable=True)
    if len(declared) > 18 or int(declared) > most:
        raise TooLarge


def is_chunked(request: HttpRequest) -> bool:
    """Then the length is not told, and Django takes the body for empty."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def bytes_looked_at(environ: dict[str, Any]) -> int | None:
    """How much of a request's body (PEP 3333) will be looked at: nothing of one declared too large, and of one that
    declares nothing a byte more than is allowed. None if it is no request to the API."""
    if not environ["PATH_INFO"].startswith("/api/"):
        return None
    declared = environ.get("CONTENT_LENGTH") or "0"
    most = settings.MAX_STREAM_BYTES if _may_be_a_stream(environ) else settings.MAX_BODY_BYTES
    return most + 1 if declared.isdecimal() and int(declared) <= most else 0


def _may_be_a_stream(environ: dict[str, Any]) -> bool:
    """Lines of JSON, of which there may be more than of anything else."""
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower() in JSON_LINES


def decode_json(body: bytes) -> Any:
    """Any JSON value. Raises ValueError or RecursionError."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return read_leniently(body)


def read_flag(request: HttpRequest, name: str) -> bool:
    """A yes or no of the query string, no if it is not there. Raises WrongBody for any other word."""
    flag = yes_or_no(request.GET.get(name, "false"))
    if flag is None:
        raise WrongBody(Fault((name,), Problem.TYPE, Need("boolean")))
    return flag


def listed(body: bytes, name: str, low: int, high: int) -> list[msgspec.Raw]:
    """What a member of the body lists, undecoded. Raises WrongBody."""
    try:
        raws = _members(_text(body), name)
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, or nested absurdly deep
        raise WrongBody(unusable=True) from error
    if not low <= len(raws) <= high:
        raise WrongBody(Fault((name,), Problem.VALUE, Need("array", low, high)), unusable=True)
    return raws


def _members(body: bytes, name: str) -> list[msgspec.Raw]:
    """Raises WrongBody, ValueError or RecursionError."""
    try:
        raw = getattr(_envelope.decode(body), name)
    except msgspec.DecodeError:
        raw = getattr(_envelope.decode(_without_half_pairs(body)), name)
    if raw is msgspec.UNSET:
        raise WrongBody(Fault((name,), Problem.MISSING))
    if not bytes(raw).startswith(b"["):
        raise WrongBody(Fault((name,), Problem.TYPE, Need("array")))
    return _raws.decode(raw)


def _without_half_pairs(body: bytes) -> bytes:
    """The same JSON with NUL in place of halves of surrogate pairs, on which msgspec gives up even in what it skips.

    Both are faults of the same kind where they stand in a member that is read, and nothing where they do not.
    """
    if not HALF_PAIR.search(body):
        raise ValueError("not JSON for another reason")
    return PAIR_OR_HALF.sub(lambda found: found[0] if found["good"] else rb"\u0000", body)


def _text(body: bytes) -> bytes:
    """Without a byte order mark, known to be UTF-8."""
    body = body.removeprefix(BOM)
    body.decode()
    return body

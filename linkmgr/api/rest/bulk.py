"""`POST …/bulk`: many items in one call, as JSON or as a stream of lines, each answered."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from linkmgr import counting
from linkmgr.accounts.tokens import token_of
from linkmgr.api.body import JSON_LINES, NDJSON
from linkmgr.api.recorded import recorded
from linkmgr.api.rest.answers import Prepared, prepared
from linkmgr.api.rest.idempotency import digest_of, key_of, once
from linkmgr.api.rest.incoming import Body, in_pieces, refuse_other_types
from linkmgr.api.rest.members import OfKind
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.rest.query import all_of, read_switch, refuse_unknown
from linkmgr.api.views import caller
from linkmgr.api.voices import JSON
from linkmgr.bulk.modes import Mode, in_mode
from linkmgr.bulk.stream import stream
from linkmgr.timing import measured, spent

OPTIONS = ("mode", "dry_run", "all_or_nothing", "explain")


class Asked(NamedTuple):
    """What the query string and the headers ask for."""

    key: str | None
    mode: Mode
    dry_run: bool
    all_or_nothing: bool
    explain: bool


class Bulk(OfKind):
    """Many members of a kind's collection."""

    def bulk(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        """Create and update many"""
        asked = _read_options(request)
        with measured(asked.explain):
            return self._bulk(request, asked)

    def _bulk(self, request: Request, asked: Asked) -> HttpResponse | StreamingHttpResponse:
        lines = refuse_other_types(request, *JSON_LINES) in JSON_LINES
        with spent("decode"):
            body = Body(request, settings.MAX_STREAM_BYTES if lines else settings.MAX_BODY_BYTES)
            items = [] if lines else body.items()

        def pieces() -> Iterator[list[msgspec.Raw]]:
            return in_pieces(body.lines() if lines else items)

        def work() -> Prepared:
            kind, by = in_mode(self.resource.kind, asked.mode), caller(request)
            done = stream(kind, pieces, by=by, dry_run=asked.dry_run, all_or_nothing=asked.all_or_nothing)
            if not asked.dry_run:
                counting.items(kind.name, {counting.REFUSED: done.counts.total()} if done.undone else done.counts)
            return prepared(done, ndjson=_wants_lines(request, lines), dry_run=asked.dry_run)

        if asked.key is None:
            return _sent(work(), replayed=False)
        answer, replayed = once(token_of(request).membership, asked.key, digest_of(request, body.digest), work)
        return _sent(answer, replayed=replayed)


def _read_options(request: Request) -> Asked:
    """Raises Refusal."""
    _, *asked = all_of(
        lambda: refuse_unknown(request, OPTIONS),
        lambda: key_of(request),
        lambda: _mode(request),
        lambda: read_switch(request, "dry_run"),
        lambda: read_switch(request, "all_or_nothing"),
        lambda: read_switch(request, "explain"),
    )
    return Asked(*asked)


def _sent(answer: Prepared, *, replayed: bool) -> HttpResponse | StreamingHttpResponse:
    sort = StreamingHttpResponse if answer.content_type == NDJSON else HttpResponse
    with spent("answer"):
        response = sort(answer.chunks(), status=answer.status, content_type=answer.content_type)
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return recorded(response, answer.change_set)


def _mode(request: Request) -> Mode:
    word = request.GET.get("mode", Mode.MERGE)
    if word not in tuple(Mode):
        raise Refusal(400, Error("mode", "not_one_of", f"must be one of {', '.join(Mode)}"))
    return Mode(word)


def _wants_lines(request: Request, lines: bool) -> bool:
    """As the Accept header says, the first of the two it names; if it names neither, as the body was."""
    accepted = [part.partition(";")[0].strip().lower() for part in request.headers.get("Accept", "").split(",")]
    said = [kind in JSON_LINES for kind in accepted if kind in (JSON, *JSON_LINES)]
    return said[0] if said else lines

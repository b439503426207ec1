"""Bodies of requests, received whole before anything else happens: a slow client holds no transaction open."""

import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from weakref import finalize

import msgspec
from django.http import UnreadablePostError
from rest_framework.request import Request

from linkmgr.api.body import BOM, TooLarge, is_chunked, listed, refuse_length
from linkmgr.api.rest.problems import Error, Refusal
from linkmgr.api.voices import JSON
from linkmgr.api.webapi.negotiation import media_type
from linkmgr.bulk.kind import MOST_ITEMS

BYTES_A_READ = 64 * 1024
BYTES_IN_MEMORY = 1024 * 1024
"""What is longer goes to disk."""
LONGEST_LINE = 1024 * 1024
ITEMS_A_PIECE, BYTES_A_PIECE = 5_000, 4 * 1024 * 1024
GZIP_WINDOW = 31
"""What zlib calls a gzip header and the largest window."""
NO_JSON = msgspec.Raw(b"\xff")
"""Stands for a line that is not UTF-8; no reader takes it for anything."""


class Body:
    """The bytes of a request, decompressed, in a file that goes with it. Raises TooLarge, WrongBody or Refusal."""

    def __init__(self, request: Request, most: int) -> None:
        refuse_length(request._request, most)
        self._file = SpooledTemporaryFile(BYTES_IN_MEMORY)  # noqa: SIM115 it lives as long as the body
        finalize(self, self._file.close)
        self._digest = sha256()
        size = 0
        for chunk in _decoded(request):
            size += len(chunk)
            if size > most:
                raise TooLarge
            self._file.write(chunk)
            self._digest.update(chunk)

    @property
    def digest(self) -> bytes:
        return self._digest.digest()

    def whole(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def items(self) -> list[msgspec.Raw]:
        """Of `{"items": […]}`. Raises WrongBody."""
        return listed(self.whole(), "items", 0, MOST_ITEMS)

    def lines(self) -> Iterator[msgspec.Raw]:
        """Of NDJSON; empty ones are none. Raises Refusal for one that is absurdly long."""
        self._file.seek(0)
        return _raws(self._file)


def refuse_other_types(request: Request, *others: str) -> str:
    """The media type of the body, one that is read here. Raises Refusal (415)."""
    own = media_type(request)
    if own not in (JSON, *others):
        raise Refusal(415, headers={"Accept": ", ".join((JSON, *others))})
    return own


def in_pieces(items: Iterable[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    """Neither of many items nor of many bytes: a piece and its faults are held in memory together."""
    piece: list[msgspec.Raw] = []
    size = 0
    for item in items:
        piece.append(item)
        size += len(item)
        if len(piece) == ITEMS_A_PIECE or size >= BYTES_A_PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _raws(file: IO[bytes]) -> Iterator[msgspec.Raw]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise Refusal(413, detail=f"Line {number} is longer than {LONGEST_LINE} bytes.")
        if text := line.removeprefix(BOM if number == 1 else b"").strip():
            yield msgspec.Raw(text) if _is_utf8(text) else NO_JSON


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(request: Request) -> Iterator[bytes]:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding == "identity":
        return _chunks(request)
    if encoding != "gzip":
        raise Refusal(415, detail="Of content encodings gzip is read, and none.", headers={"Accept-Encoding": "gzip"})
    return _unzipped(_chunks(request))


def _chunks(request: Request) -> Iterator[bytes]:
    source: Any = request._request
    source = source.environ["wsgi.input"] if is_chunked(source) else source
    try:
        while chunk := source.read(BYTES_A_READ):
            yield chunk
    except OSError as error:
        raise UnreadablePostError(*error.args) from error


def _unzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """A little at a time, so that what is small on the wire does not become large in memory. Raises Refusal."""
    unzip = zlib.decompressobj(GZIP_WINDOW)
    try:
        for chunk in chunks:
            yield unzip.decompress(chunk, BYTES_A_READ)
            while unzip.unconsumed_tail:
                yield unzip.decompress(unzip.unconsumed_tail, BYTES_A_READ)
            if unzip.unused_data:
                break
        yield unzip.flush()
    except zlib.error as error:
        raise Refusal(400, Error("", "not_gzip", "the body is not gzip")) from error
    if not unzip.eof or unzip.unused_data:
        raise Refusal(400, Error("", "not_gzip", "the body must be one whole gzip and nothing after it"))

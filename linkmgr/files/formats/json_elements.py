"""The elements of a JSON array of any length, as raw JSON, at nearly the speed of msgspec.

A piece of an array that msgspec can read, once brackets are put around it, is whole elements: there is only one way
to read JSON. So an end is guessed, at the last place that looks like the beginning of an element seen before, and
tried; only where that fails brackets are counted, at a twentieth of the speed.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from linkmgr.files.formats.json_stream import JsonStream
from linkmgr.files.formats.unreadable import Unreadable

ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
BEGINNING = re.compile(rb',[ \t\r\n]*\{[ \t\r\n]*"[^"\\]*"')
HALF_OF_PAIR = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")  # msgspec reads none alone; items judge them in place
PLACE = re.compile(r"(?:JSON is malformed: )?(.*?)(?: \(byte (\d+)\))?")
GUESSES = 3


class _Piece(NamedTuple):
    raws: Sequence[bytes]
    length: int
    last: bool


def elements(json: JsonStream) -> Iterator[bytes]:
    """The elements of the array whose `[` has been taken; at the end its `]` has been, too."""
    pieces = _Pieces(json)
    while True:
        piece = pieces.next()
        json.drop(piece.length)
        yield from piece.raws
        if piece.last:
            json.expect(b"]")
            return


def skip_value(json: JsonStream) -> None:
    """Past a member's value."""
    while not (end := next(_ends(json.data), None)):
        json.read_more()
    _decoded(json, b"[", end.at)
    json.drop(end.at)


class _Pieces:
    def __init__(self, json: JsonStream) -> None:
        self._json = json
        self._opening = b"["
        self._beginning = b""

    def next(self) -> _Piece:
        """All whole elements in reach. From the second piece on each begins with the comma before its first."""
        self._json.fill()
        piece = self._guessed() or self._counted()
        self._opening = b"[0"
        return piece

    def _guessed(self) -> _Piece | None:
        end = len(self._json.data)
        for _ in range(GUESSES if self._beginning else 0):
            end = self._json.data.rfind(self._beginning, 0, end)
            if end <= 0:
                return None
            try:
                raws = ARRAY.decode(b"%b%b]" % (self._opening, self._json.data[:end]))
            except (msgspec.DecodeError, RecursionError):
                continue
            return _Piece([*map(bytes, raws[len(self._opening) - 1 :])], end, False)
        return None

    def _counted(self) -> _Piece:
        while True:
            end = next(iter(deque(_ends(self._json.data), maxlen=1)), None)  # the last
            if end and (end.at or end.closes):
                break
            self._read_more()
        if beginning := BEGINNING.match(self._json.data, end.at):
            self._beginning = beginning[0]
        return _Piece(_decoded(self._json, self._opening, end.at), end.at, end.closes)

    def _read_more(self) -> None:
        try:
            self._json.read_more()
        except Unreadable:
            _refuse_malformed(self._json, self._opening)  # a quote that is missing may have hidden the end
            raise


class _End(NamedTuple):
    at: int
    closes: bool


def _ends(data: bytes) -> Iterator[_End]:
    """Where elements end: at each comma, and at the bracket that closes what they are in."""
    depth = 0
    for token in TOKEN.finditer(data):
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]" if depth:
                depth -= 1
            case b"}" | b"]":
                yield _End(token.start(), True)
                return
            case b"," if not depth:
                yield _End(token.start(), False)
            case b'"':
                return  # a text that does not end here


def _decoded(json: JsonStream, opening: bytes, length: int) -> Sequence[bytes]:
    text = b"%b%b]" % (opening, json.data[:length])
    try:
        raws = _raws(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(json, opening, error) from error
    return raws[len(opening) - 1 :]


def _refuse_malformed(json: JsonStream, opening: bytes) -> None:
    """Raises Unreadable if what has been read is no beginning of JSON either."""
    try:
        ARRAY.decode(opening + json.data)
    except (msgspec.DecodeError, RecursionError) as error:
        if not str(error).startswith("Input data was truncated"):
            raise _malformed(json, opening, error) from error


def _malformed(json: JsonStream, opening: bytes, error: Exception) -> Unreadable:
    if isinstance(error, RecursionError):
        return json.malformed(why="too much nesting")
    told = PLACE.fullmatch(str(error))
    why, place = told.groups() if told else (str(error), None)
    return json.malformed(max(0, int(place or 0) - len(opening)), why=why)


def _raws(text: bytes) -> list[bytes]:
    try:
        return [*map(bytes, ARRAY.decode(text))]
    except msgspec.DecodeError:
        if not HALF_OF_PAIR.search(text):
            raise
    masked = HALF_OF_PAIR.sub(rb"\\u0041", text)  # as long, so what is found in the one is as far in the other
    raws, at = [], 0
    for raw in map(bytes, ARRAY.decode(masked)):
        at = masked.index(raw, at)
        raws.append(text[at : at + len(raw)])
        at += len(raw)
    return raws

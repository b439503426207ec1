"""JSON too long for memory, read piece by piece: where its arrays are, and their elements."""

import io
import json
import re

from linkmgr.files.formats.rows import LONGEST_RECORD
from linkmgr.files.formats.unreadable import Unreadable

PIECE = 256 * 1024
BLANKS = re.compile(rb"[ \t\r\n]*")
KEY = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")[ \t\r\n]*:', re.DOTALL)


class JsonStream:
    """`data` has been read and not yet taken; `offset` is the place of its first byte in the file.

    Everything raises Unreadable with that place for what is no JSON, or ends too early.
    """

    def __init__(self, stream: io.BufferedReader, name: str, offset: int = 0) -> None:
        self._stream = stream
        self._name = name
        self._ended = False
        self.data = b""
        self.offset = offset

    def take(self, byte: bytes) -> bool:
        """Is this the next byte that is not blank? Then it is taken."""
        if self._next() != byte:
            return False
        self.drop(1)
        return True

    def expect(self, byte: bytes) -> None:
        if not self.take(byte):
            raise self.malformed(why=f"{byte.decode()!r} is missing") if self.data else self.cut_off()

    def expect_end(self) -> None:
        if self._next():
            raise self.malformed(why="something follows its end")

    def key(self) -> str:
        """The name of the next member, taken with its colon."""
        if self._next() != b'"':
            raise self.malformed(why="a name is missing") if self.data else self.cut_off()
        while not (match := KEY.match(self.data)):
            self.read_more()
        self.drop(match.end())
        try:
            return str(json.loads(match[1]))
        except ValueError as error:
            raise self.malformed(why="a name is no text") from error

    def drop(self, length: int) -> None:
        self.data = self.data[length:]
        self.offset += length

    def fill(self) -> None:
        more = self._stream.read(PIECE)
        self._ended = not more
        self.data += more

    def read_more(self) -> None:
        """For something that has begun in `data` and does not end there."""
        if self._ended:
            raise self.cut_off()
        if len(self.data) > LONGEST_RECORD:
            raise self.malformed(why=f"something is longer than {LONGEST_RECORD} bytes")
        self.fill()

    def malformed(self, at: int = 0, *, why: str) -> Unreadable:
        return Unreadable(self._name, f"is no good JSON: {why} at byte {self.offset + at}")

    def cut_off(self) -> Unreadable:
        return Unreadable(self._name, f"is cut off: its JSON ends too early, at byte {self.offset + len(self.data)}")

    def _next(self) -> bytes:
        """The next byte that is not blank; none at the end of the file."""
        while True:
            blanks = BLANKS.match(self.data)
            self.drop(blanks.end() if blanks else 0)
            if self.data or self._ended:
                return self.data[:1]
            self.fill()

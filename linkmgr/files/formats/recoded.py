"""JSON is UTF-8; what is not (PowerShell writes UTF-16) is recoded as it is read."""

import io
from typing import Any

from linkmgr.files.formats.encoding import known, marked
from linkmgr.files.formats.source import BUFFER, Source
from linkmgr.files.formats.unreadable import Unreadable

MARK = b"\xef\xbb\xbf"


def open_utf8(source: Source, given: str | None) -> io.BufferedReader:
    """The text as UTF-8 without a byte order mark."""
    told = marked(source.head())
    encoding = known(source.name, given, told) if given else told or "utf-8"
    stream = source.open()
    if encoding.lower().replace("_", "-") not in {"utf-8", "utf8", "utf-8-sig"}:
        return io.BufferedReader(_Recoded(stream, encoding, source.name), BUFFER)
    if stream.peek(len(MARK)).startswith(MARK):
        stream.read(len(MARK))
    return stream


class _Recoded(io.RawIOBase):
    def __init__(self, stream: io.BufferedReader, encoding: str, name: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding, newline="")
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._text.read(len(buffer) // 4).encode()  # no character takes more than four bytes
        except UnicodeDecodeError as error:
            raise Unreadable(self._name, f"is not all {self._text.encoding}: say --encoding") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._text.close()
        super().close()

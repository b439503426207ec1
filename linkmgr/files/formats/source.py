"""The bytes of a file, to be read any number of times, several readers at once, without unpacking to disk."""

import gzip
import io
import os
import shutil
import stat
import sys
import zipfile
import zlib
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from linkmgr.files.formats.rows import MIB
from linkmgr.files.formats.unreadable import Unreadable

BUFFER = 256 * 1024
MOST_UNPACKED = 2048 * MIB  # 2 KiB for each of a million rows
FREE_UNPACKED = 100 * MIB  # up to here nobody asks how well it was packed
MOST_RATIO = 200  # exports like ours pack 10 to 40 times, zeros a thousand times


class Source(ABC):
    """`name` is what the operator calls it; `size` and `position` count bytes as they are stored."""

    name: str
    size: int
    position: int = 0

    @abstractmethod
    def open(self) -> io.BufferedReader:
        """From the beginning, unpacked. Reading raises Unreadable for bytes that are damaged or unpack to too many."""

    def head(self, length: int = 64 * 1024) -> bytes:
        with self.open() as stream:
            return stream.read(length)


class Stored(Source):
    """A file on disk. Readers share the descriptor but each has its own place: none seeks under another."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.descriptor = file.fileno()
        self.size = os.fstat(self.descriptor).st_size

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(_Place(self), BUFFER)


class Gzipped(Source):
    """What is inside a `.gz`."""

    def __init__(self, packed: Source) -> None:
        self._packed = packed
        self.name = packed.name
        self.size = packed.size

    def open(self) -> io.BufferedReader:
        unpacked = gzip.GzipFile(fileobj=self._packed.open(), mode="rb")
        return io.BufferedReader(_Unpacking(self, unpacked), BUFFER)

    @property
    def position(self) -> int:  # type: ignore[override]
        return self._packed.position


class Member(Source):
    """One file of a zip. `position` counts unpacked bytes, as zipfile does not tell others, and so does `size`."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
        self._archive = archive
        self._info = info
        self.name = name
        self.size = info.file_size

    def open(self) -> io.BufferedReader:
        self.position = 0
        try:
            return io.BufferedReader(_Unpacking(self, self._archive.open(self._info), counts=True), BUFFER)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise Unreadable(self.name, f"is damaged: {error}") from error


def stored(path: Path | None, resources: ExitStack) -> Stored:
    """The file at this path, or standard input. What cannot be read twice (a pipe) is copied to an unnamed file."""
    if path is None:
        return spooled(sys.stdin.buffer, "standard input", resources)
    try:
        file = resources.enter_context(path.open("rb"))
    except OSError as error:
        raise Unreadable(str(path), f"cannot be opened: {error.strerror}") from error
    regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    return Stored(file, path.name) if regular else spooled(file, path.name, resources)


def spooled(stream: IO[bytes], name: str, resources: ExitStack) -> Stored:
    file = TemporaryFile()  # noqa: SIM115 closed with the rest
    resources.enter_context(file)
    shutil.copyfileobj(stream, file, MIB)
    file.flush()
    return Stored(file, name)


def refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    """Raises Unreadable for what unpacks to more than a file of rows would."""
    if unpacked > MOST_UNPACKED or (unpacked > FREE_UNPACKED and unpacked > MOST_RATIO * packed):
        raise Unreadable(name, f"unpacks to {unpacked // MIB} MiB or more, which is too much")


class _Place(io.RawIOBase):
    def __init__(self, source: Stored) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._source.size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._source.descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        self._source.position = self._at
        return len(data)


class _Unpacking(io.RawIOBase):
    """Counts what really comes out, whatever the archive declares."""

    def __init__(self, source: Source, unpacked: IO[bytes] | gzip.GzipFile, *, counts: bool = False) -> None:
        self._source = source
        self._unpacked = unpacked
        self._count = 0
        self._counts = counts

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._count += len(data)
        if self._counts:
            self._source.position = self._count
        else:
            refuse_bomb(self._source.name, self._count, self._source.position)
        return len(data)

    def _read(self, length: int) -> bytes:
        try:
            return self._unpacked.read(length)
        except EOFError as error:
            raise Unreadable(self._source.name, "is cut off: its compressed data end too early") from error
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
            raise Unreadable(self._source.name, f"is damaged: {error}") from error

    def close(self) -> None:
        self._unpacked.close()
        super().close()

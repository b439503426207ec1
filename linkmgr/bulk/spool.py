"""Rows on disk: what a load says of its rows may be as long as the file, and is read more than once."""

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Generic, TypeVar
from weakref import finalize

import msgspec

S = TypeVar("S")


class Spool(Generic[S]):
    """Values of one type in the order they came, in a file without a name that goes when nobody needs it."""

    def __init__(self, kind: type[S]) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 it lives as long as the spool
        finalize(self, self._file.close)
        self._decoder = msgspec.json.Decoder(kind)
        self._encoder = msgspec.json.Encoder(enc_hook=str)
        self._length = 0

    def append(self, value: S) -> None:
        self._file.write(self._encoder.encode(value) + b"\n")
        self._length += 1

    def extend(self, values: Iterable[S]) -> None:
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[S]:
        """Not to be interleaved with another reading of the same spool."""
        self._file.seek(0)
        for line in self._file:
            yield self._decoder.decode(line)

    def __bool__(self) -> bool:
        return self._length > 0

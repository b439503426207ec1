"""Which worker counts in which files."""

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import count
from pathlib import Path
from typing import IO

SORTS = ("counter", "histogram")
BYTES = 1024 * 1024
"""Of each file, room for some 5 000 lines. They are taken beforehand: who writes to a mapped page that a full disk has
no room for is killed."""


class Place:
    """A process's number among those that count in a directory: the lowest that none of the others has.

    A worker that is started for a killed one takes its place and counts on in its files. So no counter falls, and there
    are never more files than workers were at once. The kernel gives a place back, however its process ends.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pid = 0
        self._number = 0
        self._held: IO[bytes] | None = None

    def __call__(self) -> int:
        if self._pid != os.getpid():  # at first, and in a process that was forked later
            self._take()
        return self._number

    def _take(self) -> None:
        for number in count():
            file = (self._directory / f"{number}.lock").open("wb")
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            self._pid, self._number, self._held = os.getpid(), number, file
            return self._allocate()

    def _allocate(self) -> None:
        for sort in SORTS:
            with (self._directory / f"{sort}_{self._number}.db").open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, BYTES)

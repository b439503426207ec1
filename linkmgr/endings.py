"""SIGINT and SIGTERM for what must not be broken into: a delivery, or the start of a child.

Python forgets an exception that a signal raises while a child with a preexec_fn is forked.
"""

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from typing import Self

interrupted = Event()
"""Set by the first SIGINT or SIGTERM of a command: Python forgets an exception that comes while it collects garbage."""
ENDINGS = (signal.SIGINT, signal.SIGTERM)


class EndingSignals:
    """SIGINT and SIGTERM as something to ask for instead of something that breaks in."""

    def __init__(self) -> None:
        self.received: SimpleQueue[int] = SimpleQueue()  # the one that a signal handler may put into at any moment
        self.ending = False

    def __enter__(self) -> Self:
        self.before = {each: signal.signal(each, lambda number, _: self.received.put(number)) for each in ENDINGS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self.before.items():
            signal.signal(each, handler)

    def came(self, seconds: float) -> bool:
        """Has one come, or does one come within so many seconds?"""
        with suppress(Empty):
            self.ending = self.ending or bool(self.received.get(timeout=seconds))
        return self.ending

"""Where the milliseconds of a request go, for those who ask: the Server-Timing header (W3C), and Prometheus."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

from linkmgr import counting

MILLISECONDS = 1000
STEPS = {
    "decode": "the body becomes items",
    "check": "every item is checked",
    "turn": "other bulk writers of the kind go first",
    "stage": "rows are copied to the staging table",
    "merge": "the stage meets the stored rows, and triggers write the log",
    "history": "the change set is counted and kept",
    "commit": "PostgreSQL makes it durable",
    "answer": "results become bytes",
}
"""Each step, and what happens in it."""

_spent: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)


@contextmanager
def measured(wanted: bool) -> Iterator[None]:
    """What is `spent` within is noted, if that is wanted."""
    token = _spent.set({} if wanted else None)
    try:
        yield
    finally:
        _spent.reset(token)


@contextmanager
def spent(step: str) -> Iterator[None]:
    """One of STEPS; of a request that is tried again, all tries together."""
    noted = _spent.get()
    if noted is None and not counting.is_on():
        yield
        return
    start = perf_counter()
    try:
        yield
    finally:
        seconds = perf_counter() - start
        counting.step(step, seconds)
        if noted is not None:
            noted[step] = noted.get(step, 0.0) + seconds


def server_timing() -> str:
    """The header's value, with milliseconds; empty if nothing was measured."""
    noted = _spent.get() or {}
    return ", ".join(f"{step};dur={noted[step] * MILLISECONDS:.1f}" for step in STEPS if step in noted)

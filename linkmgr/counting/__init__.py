"""What this process did, counted for Prometheus: nothing, until a web server begins to (linkmgr.metrics).

So low in the house that whatever does something can count it. Labels have few values each: no link_id, no account, no
path as it was asked for. Without `begin` prometheus-client is not loaded, and nothing here costs more than a look.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from linkmgr.counting.instruments import Instruments

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REFUSED = "refused"

_instruments: "Instruments | None" = None


def begin(directory: str) -> "Instruments":
    """Count from now on, together with other processes that count in this directory; alone without one.

    Raises ImproperlyConfigured for a directory that cannot be written.
    """
    from linkmgr.counting.instruments import Instruments

    global _instruments
    if _instruments is None:
        try:
            _instruments = Instruments(directory)
        except OSError as error:
            raise ImproperlyConfigured(f"LINKMGR_METRICS_DIR cannot be written: {error}") from error
    return _instruments


def is_on() -> bool:
    return _instruments is not None


def request(route: str | None, method: str | None, status: int, seconds: float) -> None:
    """One that was answered; `route` is the address as urls.py has it."""
    if _instruments:
        asked = (route or "none", method if method in METHODS else "other")
        _instruments.requests.labels(*asked, str(status)).inc()
        _instruments.seconds.labels(*asked).observe(seconds)


def turned_away(why: str) -> None:
    """A request answered 429."""
    if _instruments:
        _instruments.turned_away.labels(why).inc()


def items(kind: str, outcomes: Mapping[Any, int]) -> None:
    """What became of the items of a bulk call: word → how many."""
    if _instruments:
        for outcome, number in outcomes.items():
            _instruments.items.labels(kind, outcome).inc(number)


@contextmanager
def refused_if_it_fails(kind: str, number: int) -> Iterator[None]:
    """So many items of a call that stores nothing if it raises anything."""
    try:
        yield
    except Exception:
        items(kind, {REFUSED: number})
        raise


def step(name: str, seconds: float) -> None:
    """One of timing.STEPS."""
    if _instruments:
        _instruments.steps[name].inc(seconds)

"""The counters of a process: in memory, or in files of a directory in which several workers count together."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, multiprocess, values

from linkmgr.counting.place import Place
from linkmgr.timing import STEPS

BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
"""Seconds. One item takes some 5 ms and 10 000 some 200; a writer waits for another one up to 20 s. Each bucket
is a line for each route and method, and lines are what a scrape costs."""


class Instruments:
    """`directory` may be empty: then each process tells of itself alone."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._own = CollectorRegistry()
        _count_in(directory)
        disable_created_metrics()  # type: ignore[no-untyped-call]
        asked = ("route", "method")
        self.requests = self._counter("requests", "Requests answered", *asked, "status")
        self.turned_away = self._counter("turned_away", "Requests answered 429: rate_limit or lockout", "why")
        self.items = self._counter("items", "Items of bulk calls, by what became of them", "kind", "outcome")
        self.seconds = Histogram(
            "linkmgr_request_seconds",
            "From the moment a request was there in whole until its answer began",
            asked,
            registry=self._own,
            buckets=BUCKETS,
        )
        steps = self._counter("step_seconds", "Time spent in the steps of writing items", "step")
        self.steps = {step: steps.labels(step) for step in STEPS}

    def registry(self) -> CollectorRegistry:
        """With all that was counted, by every worker; more may be registered for one answer."""
        if not self._directory:
            return _copy(self._own)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, self._directory)  # type: ignore[no-untyped-call]
        return registry

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"linkmgr_{name}", told, labels, registry=self._own)


def _count_in(directory: str) -> None:
    """Where counters keep their values. To be said before the first one is made."""
    if not directory:
        values.ValueClass = values.MutexValue
        return
    Path(directory).mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # the library looks nowhere else
    values.ValueClass = values.MultiProcessValue(Place(Path(directory)))  # type: ignore[no-untyped-call]


def _copy(registry: CollectorRegistry) -> CollectorRegistry:
    copy = CollectorRegistry()
    copy.register(registry)
    return copy

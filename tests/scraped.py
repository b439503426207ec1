"""What Prometheus reads from GET /metrics."""

from collections.abc import Iterable
from typing import Any

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-of-the-metrics-for-those-who-watch"
MIDDLEWARE = "linkmgr.metrics.middleware.Metrics"
Samples = dict[tuple[str, frozenset[Any]], float]


def samples(text: str) -> Samples:
    """(name, labels) → value."""
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    """The sum of all that have these labels, and may have others."""
    return sum(number for (its, told), number in found.items() if its == f"linkmgr_{name}" and labels.items() <= told)


def labels(found: Samples) -> Iterable[tuple[str, str]]:
    return {pair for _, told in found for pair in told}


def scrape() -> Samples:
    """By the application of this process."""
    response = Client(headers={"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7"}).get("/metrics")
    assert response.status_code == 200, response.content
    return samples(response.content.decode())


class Since:
    """How much a value has grown since this was made; another test of the process may have counted before."""

    def __init__(self) -> None:
        self._before = scrape()

    def __call__(self, name: str, **labels: str) -> float:
        return value(scrape(), name, **labels) - value(self._before, name, **labels)

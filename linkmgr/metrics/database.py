"""What PostgreSQL is asked for each time somebody looks."""

from collections.abc import Iterator

from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import linkmgr
from linkmgr.notifications.backlog import backlog

CONNECTIONS = """
    SELECT count(*), current_setting('max_connections')::integer
    FROM pg_stat_activity
    WHERE datname = current_database()
"""


class Database(Collector):
    """Without PostgreSQL the rest is told all the same."""

    def collect(self) -> Iterator[Metric]:
        version = GaugeMetricFamily("linkmgr_build_info", "The version that answers", labels=["version"])
        version.add_metric([linkmgr.__version__], 1)
        yield version
        try:
            told = [*_told()]
        except Error:
            told = []
        yield _gauge("postgresql_up", "1 if PostgreSQL answers", bool(told))
        yield from told


def _told() -> Iterator[Metric]:
    waiting = backlog()
    yield _gauge("notifications_pending", "Notifications not delivered yet, up to 10 000", waiting.pending)
    yield _gauge("notifications_failed", "Notifications given up, up to 10 000", waiting.failed)
    overdue = "For how long the one that waits the longest might have been tried"
    yield _gauge("notifications_overdue_seconds", overdue, waiting.overdue)
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        used, most = cursor.fetchone()
    yield _gauge("postgresql_connections", "Connections to the database, those of others too", used)
    yield _gauge("postgresql_connections_max", "As PostgreSQL allows them", most)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"linkmgr_{name}", told, value)

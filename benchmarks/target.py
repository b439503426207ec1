"""What takes part in a measure of whole requests: the floor, linkmgr, a peer. Each leaves its table as it found it."""

import gc
from typing import NamedTuple, Protocol

from benchmarks.client import Client, refuse_wrong, timed_post
from benchmarks.floor import Floor
from benchmarks.ground import Connection
from benchmarks.items import Batch
from benchmarks.stored import tidy

NOBODY: frozenset[str] = frozenset()


class Target(Protocol):
    def store(self, batch: Batch) -> float:
        """Seconds for storing it."""
        ...

    def again(self, batch: Batch) -> float:
        """Seconds for the same once more, which changes nothing."""
        ...


class FloorTarget(NamedTuple):
    floor: Floor
    connection: Connection

    def store(self, batch: Batch) -> float:
        self.floor.stage(batch.items)
        gc.collect()
        seconds = self.floor.upsert()
        tidy(self.connection, self.floor.table, batch.fresh)
        return seconds

    def again(self, batch: Batch) -> float:
        self.store(batch)
        return self.floor.upsert()


class HttpTarget(NamedTuple):
    """An address, and the table that it writes to."""

    client: Client
    path: str
    table: str
    connection: Connection

    def store(self, batch: Batch, bad: frozenset[str] = NOBODY) -> float:
        """Of these bad link_ids each is to fail alone. Raises BenchError for any other answer than the right one."""
        answer = timed_post(self.client, self.path, batch.body)
        refuse_wrong(answer, batch.items, batch.fresh, bad)
        tidy(self.connection, self.table, batch.fresh)
        return answer.seconds

    def again(self, batch: Batch) -> float:
        self.store(batch)
        return self.store(batch)

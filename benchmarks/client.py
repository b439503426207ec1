"""One HTTP connection that is kept, and how long an answer takes on it."""

import gc
from http.client import HTTPConnection
from select import select
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from benchmarks.ground import BenchError
from benchmarks.items import Item

PATIENCE = 600
HOST = "127.0.0.1"


class Answer(NamedTuple):
    """`seconds` from the first byte sent to the last one read."""

    status: int
    body: bytes
    seconds: float


class Client:
    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=PATIENCE)
        self._headers = {"Content-Type": "application/json", **headers}

    def post(self, path: str, body: bytes) -> Answer:
        return self._send("POST", path, body)

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        self._renew_if_closed()
        began = perf_counter()
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        read = response.read()
        return Answer(response.status, read, perf_counter() - began)

    def _renew_if_closed(self) -> None:
        """A server closes what was idle for some seconds; a new connection is made outside the clock."""
        kept = self._connection.sock
        if kept and select([kept], [], [], 0)[0]:
            self._connection.close()
        if not self._connection.sock:
            self._connection.connect()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def timed_post(client: Client, path: str, body: bytes) -> Answer:
    """Without what Python's garbage of earlier rounds would cost."""
    gc.collect()
    return client.post(path, body)


def results_of(answer: Answer) -> list[dict[str, Any]]:
    """Raises BenchError for any other answer than 200."""
    if answer.status != 200:
        raise BenchError(f"answered {answer.status}: {answer.body[:300]!r}")
    told: list[dict[str, Any]] = msgspec.json.decode(answer.body)["result"]
    return told


def refuse_wrong(answer: Answer, items: list[Item], fresh: frozenset[str], bad: frozenset[str] = frozenset()) -> None:
    """Raises BenchError unless each item, in order, is answered as what it is: who answers wrong is not fast."""
    for told, item in zip(results_of(answer), items, strict=True):
        link_id = item["link_id"]
        stored = "created" if link_id in fresh else "updated"
        right = {
            "link_id": link_id,
            "success": link_id not in bad,
            "extended_info": "invalid_entity_data" if link_id in bad else stored,
        }
        if told != right:
            raise BenchError(f"answered {told} instead of {right}")

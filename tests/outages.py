"""A `linkmgr up` on a PostgreSQL that is not its own, which a test may take away."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import psycopg

from linkmgr import postgres
from tests.processes import SECONDS, Running, linkmgr_with, migrated


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Served:
    """The server, a token of it, and its PostgreSQL's directory."""

    def __init__(self, cluster: Path) -> None:
        self.cluster = cluster
        self.postgres = postgres.serve(migrated(cluster))
        self.directory = Path(mkdtemp(prefix="linkmgr-served-"))
        environ = {"LINKMGR_DATABASE_URL": self.postgres.url, "LINKMGR_SECRET_KEY": "a key for the tests " * 3}
        self.up = Running(self.directory, **environ)
        made = linkmgr_with(environ, "token", "create", "--account", "served", "--data-dir", self.directory)
        self.token = made.stdout.strip()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", int(self.up.port), timeout=SECONDS)
        told = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"} | headers
        with closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), told)
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, received, answer.read().decode())

    def post(self, path: str, *items: Any) -> Answer:
        return self.ask("POST", path, {"list_items": items})

    def until_well(self, path: str, *items: Any) -> Answer:
        """Post again and again until it is answered 200."""
        end = time.monotonic() + SECONDS
        while (answer := self.post(path, *items)).status != 200:
            assert time.monotonic() < end, answer
            time.sleep(0.1)
        return answer

    @contextmanager
    def without_postgres(self) -> Iterator[None]:
        self.postgres.stop()
        yield
        self.postgres = postgres.serve(self.cluster)

    def restart_postgres_if_it_ended(self) -> None:
        assert self.postgres.process
        if self.postgres.process.poll() is not None:
            self.postgres.stop()
            self.postgres = postgres.serve(self.cluster)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.postgres.socket_dir), user="linkmgr", dbname="linkmgr", autocommit=True)

    def worker_pids(self) -> set[int]:
        """Of every process below `linkmgr up`."""
        found, below = set[int](), {self.up.process.pid}
        while below:
            found |= below
            below = {pid for pid in _processes() if _parent(pid) in below} - found
        return found

    def close(self) -> None:
        if self.up.process.poll() is None:
            self.up.end(signal.SIGINT)
        self.up.close()
        self.postgres.stop()
        shutil.rmtree(self.directory)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 names are enough


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0

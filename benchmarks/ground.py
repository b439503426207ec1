"""A durable PostgreSQL of the benchmark's own, in a directory that is thrown away, and linkmgr's commands on it."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from linkmgr.postgres.server import DATABASE, OWNER, Server, serve

ROOT = Path(__file__).parent.parent
ON_DISK = Path("/var/tmp")  # noqa: S108 a directory of ours is made in it; unlike /tmp it is never in memory
QUIET = {
    "max_wal_size": "16GB",
    "min_wal_size": "8GB",
    "checkpoint_timeout": "1d",
    "autovacuum": "off",  # tables are vacuumed between the samples, not during them
    "max_connections": "300",
}
"""Durable as PostgreSQL is by itself; only what comes by chance, and then to one of those compared, is kept away."""
FOREIGN = ("LINKMGR_", "DJANGO_", "PYTHON")
EMPTY, MANY = "empty", "many"
"""Databases: as `linkmgr migrate` makes it, and the one with a million rows."""
SUPERUSER, PASSWORD = "bench", secrets.token_urlsafe(16)
"""Who looks at the admin's lists."""
Connection = psycopg.Connection[tuple[Any, ...]]


class BenchError(Exception):
    """It cannot be measured; the text is for whoever started it."""


class Ground(NamedTuple):
    directory: Path
    server: Server

    def connect(self, database: str = DATABASE) -> Connection:
        return psycopg.connect(host=str(self.server.socket_dir), user=OWNER, dbname=database, autocommit=True)

    def environment(self, database: str = DATABASE) -> dict[str, str]:
        """Nothing of an installation that may be on this machine, or of how somebody likes to run Python."""
        rest = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        sqlalchemy = f"postgresql+psycopg://{OWNER}@/{database}?host={self.server.socket_dir}"
        return {
            **rest,
            "BENCH_SQLALCHEMY_URL": sqlalchemy,
            "PYTHONPATH": str(ROOT),
            "LINKMGR_DATABASE_URL": self.server.url.replace(f"/{DATABASE}?", f"/{database}?"),
            "LINKMGR_DATA_DIR": str(self.directory / "linkmgr"),
        }

    def linkmgr(self, *words: str | Path, **variables: str) -> str:
        """Run a command; what it prints. Raises BenchError."""
        environment = {**self.environment(), **variables}
        done = subprocess.run(linkmgr_command(*words), env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"linkmgr {words[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return done.stdout.strip()

    def write_wal(self, mebibytes: int) -> None:
        """As a server has that has been at work: files of the write-ahead log to be written again.

        While there are none, each 16 MiB a commit waits for a new one to be filled with zeros: whoever comes by chance.
        """
        with self.connect() as connection:
            for _ in range(mebibytes):
                connection.execute("SELECT pg_logical_emit_message(false, 'linkmgr bench', repeat('x', 1048576))")
            connection.execute("CHECKPOINT")

    def copy_database(self, template: str, name: str) -> None:
        """Make a database like another one, in place of one that may be there."""
        with self.connect("postgres") as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            names = sql.Identifier(name), sql.Identifier(template)
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def linkmgr_command(*words: str | Path) -> Sequence[str]:
    return [sys.executable, "-m", "linkmgr.cli", *map(str, words)]


@contextmanager
def ground(where: Path | None, settings: dict[str, str] = QUIET) -> Iterator[Ground]:
    """A new server in a new directory within `where`; both are gone afterwards. Raises postgres.PostgresError."""
    if where:
        where.mkdir(parents=True, exist_ok=True)
    directory = Path(mkdtemp(prefix="linkmgr-bench-", dir=where or _on_disk()))
    try:
        server = serve(directory, settings=settings)
        try:
            yield Ground(directory, server)
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _on_disk() -> str:
    return str(ON_DISK) if os.access(ON_DISK, os.W_OK) else gettempdir()

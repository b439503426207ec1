"""A whole database into a file and back, by PostgreSQL's own programs."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from linkmgr.postgres.binaries import SYSTEM_BINARIES, PostgresError, find_binaries, major, wheel_binaries

VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""What libpq reads from the environment, where no other user of the machine sees it."""


def dump(connected: Mapping[str, Any], server: int, target: Path) -> None:
    """As the database is in one moment, in PostgreSQL's custom format; `target` is there whole or not at all, readable
    by its owner only. `connected`: psycopg's parameters; `server`: its major version. Raises PostgresError."""
    half: str | None = None
    try:
        handle, half = mkstemp(dir=target.parent, prefix=f".{target.name}-")
        os.close(handle)
        _run(server, connected, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={half}")
        with Path(half).open("rb") as file:
            os.fsync(file.fileno())
        Path(half).rename(target)
    except OSError as error:
        raise PostgresError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        if half:
            Path(half).unlink(missing_ok=True)


def restore(connected: Mapping[str, Any], server: int, source: Path) -> None:
    """Into an empty database, in whole or not at all. Raises PostgresError."""
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _run(server, connected, "pg_restore", *options, f"--dbname={connected['dbname']}", str(source))


def _run(server: int, connected: Mapping[str, Any], program: str, *words: str) -> None:
    told = {VARIABLES[name]: str(value) for name, value in connected.items() if name in VARIABLES and value}
    command: list[str | Path] = [_programs(server) / program, *words]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | told, check=False)
    if done.returncode:
        raise PostgresError(f"{program} failed: {' '.join(done.stderr.split())}")


def _programs(server: int) -> Path:
    """Those of this major version or a newer one: an older pg_dump refuses."""
    for directory in _directories(server):
        if (directory / "pg_dump").exists() and major(directory.parent) >= server:
            return directory
    raise PostgresError(
        f"no pg_dump of PostgreSQL {server} or newer: install its client programs, or set LINKMGR_PG_BIN"
    )


def _directories(server: int) -> Iterator[Path]:
    with suppress(PostgresError):
        yield find_binaries()
    yield SYSTEM_BINARIES / str(server) / "bin"
    with suppress(PostgresError):
        yield wheel_binaries()

"""What is tortured: a PostgreSQL with durable commits, and `linkmgr up` on it, started again whenever it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

import psycopg

from linkmgr import postgres
from linkmgr.orphans import end_with_parent

LINKMGR = (sys.executable, "-m", "linkmgr.cli")
ACCOUNT = "torture"
AGAIN_SECONDS = 0.3
STOP_SECONDS = 90


class SceneError(Exception):
    """It cannot be set up; one line for who runs it."""


class Scene:
    """A context: everything runs within it, and nothing afterwards."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self.token = ""
        self.starts = 0
        self.up: subprocess.Popen[bytes] | None = None
        self._ended = Event()
        self._keeper = Thread(target=self._keep_up, name="keeper")

    def __enter__(self) -> Self:
        self.server = postgres.serve(self.directory)
        try:
            self.run("migrate", "--verbosity", "0")
            self.token = self.run("token", "create", "--account", ACCOUNT)
        except BaseException:
            self.server.stop()
            raise
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._keeper.join()
        self.server.stop()

    def run(self, *words: str) -> str:
        """What a command of linkmgr says. Raises SceneError."""
        done = subprocess.run([*LINKMGR, *words], capture_output=True, text=True, env=self._environment(), check=False)
        if done.returncode:
            raise SceneError(f"linkmgr {words[0]} failed: {' '.join(done.stderr.split())}")
        return done.stdout.strip()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command of linkmgr that goes on, and ends with the thread that started it."""
        with (self.directory / f"{words[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [*LINKMGR, *words],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )

    def connect(self) -> psycopg.Connection:
        """Raises psycopg.OperationalError while PostgreSQL is away."""
        where = str(self.server.socket_dir)
        return psycopg.connect(host=where, user="linkmgr", dbname="linkmgr", autocommit=True, connect_timeout=10)

    def restart_postgres(self) -> None:
        self.server.stop()
        self.server = postgres.serve(self.directory)

    def _keep_up(self) -> None:
        while not self._ended.wait(AGAIN_SECONDS):
            if self.up is None or self.up.poll() is not None:
                self.up = self.start("up", "--no-deliver", "--port", str(self.port))
                self.starts += 1
        if self.up:
            self.up.terminate()
            try:
                self.up.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.up.kill()

    def _environment(self) -> dict[str, str]:
        """Nothing of an installation this machine may have."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("LINKMGR_", "DJANGO_"))}
        key = "a key for nothing but this, and for no longer than it lasts: not worth being random"
        told = {"DATABASE_URL": self.server.url, "DATA_DIR": str(self.directory), "SECRET_KEY": key}
        return own | {f"LINKMGR_{name}": value for name, value in told.items()}


def children(pid: int, word: str) -> Sequence[int]:
    """Processes that this one started, with this word in their command lines."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and word.encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found

"""linkmgr as a newcomer runs it: real processes, with nothing of the tests' own cluster."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from urllib.request import Request, urlopen

SECONDS = 120
OF_THE_TESTS = ("LINKMGR_", "DJANGO_")
ONE = {"LINKMGR_WORKERS": "1"}
"""Where it does not matter how many answer: each takes a second of a core to start."""
LINKMGR = [sys.executable, "-m", "linkmgr.cli"]


def environment() -> dict[str, str]:
    """Nothing of the tests' own cluster."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_TESTS)}


def linkmgr(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return linkmgr_with({}, *args)


def linkmgr_with(environ: dict[str, str], *args: str | Path) -> subprocess.CompletedProcess[str]:
    command, around = [*LINKMGR, *map(str, args)], environment() | environ
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=around, check=False)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def get(port: str, path: str, token: str) -> Any:
    address = Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    with urlopen(address, timeout=SECONDS) as answer:
        return json.load(answer)


def post(port: str, path: str, token: str, items: list[Any]) -> Any:
    """The results of a bulk request."""
    body, headers = json.dumps({"list_items": items}).encode(), {"Authorization": f"Bearer {token}"}
    with urlopen(Request(f"http://127.0.0.1:{port}{path}", body, headers), timeout=SECONDS) as answer:
        return json.load(answer)["result"]


def answers(port: str) -> bool:
    """Does anything listen there?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def processes_on(data_dir: Path) -> list[str]:
    """Command lines of every process that has this directory in it."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # gone meanwhile
    return [line for line in lines if str(data_dir) in line]


def migrated(data_dir: Path) -> Path:
    """Puts an empty database there, as a first start leaves it; making one takes three times as long as a start."""
    data_dir.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", _migrated() / "postgres", data_dir], check=True)
    return data_dir


@cache
def _migrated() -> Path:
    directory = Path(mkdtemp(prefix="linkmgr-migrated-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    made = linkmgr("migrate", "--verbosity", "0", "--data-dir", directory)
    assert made.returncode == 0, made.stderr
    return directory


class Running:
    """A `linkmgr up` that stays up."""

    def __init__(self, data_dir: Path, before: Sequence[str] = (), port: str = "", **environ: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        command = [*before, *LINKMGR, "up", "--port", self.port, "--data-dir", str(data_dir)]
        self.log = data_dir / "up.log"
        data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment() | environ
            )
        assert self.process.stdout
        self.said = ""
        while not self.said.endswith("Ctrl-C stops it.\n"):
            line = self.process.stdout.readline()
            assert line, f"it did not start: {self.log.read_text()}"
            self.said += line

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(SECONDS)

    def close(self) -> None:
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def started(data_dir: Path, before: Sequence[str] = (), **environ: str) -> Iterator[Running]:
    """A `linkmgr up` that ends with the block, if it has not ended before."""
    up = Running(data_dir, before, **environ)
    try:
        yield up
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGINT)
        up.close()


@contextmanager
def newly_started(name: str) -> Iterator[Running]:
    """The same in a directory of its own, which PostgreSQL's user can enter, as it cannot those of pytest."""
    with TemporaryDirectory(prefix=f"linkmgr-{name}-") as directory, started(migrated(Path(directory)), **ONE) as up:
        yield up

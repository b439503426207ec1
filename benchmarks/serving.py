"""Servers under measurement, each a process of its own on a port of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from signal import SIGTERM
from subprocess import Popen

from benchmarks.client import HOST, Client
from benchmarks.ground import BenchError, Ground, linkmgr_command
from linkmgr.orphans import end_with_parent
from linkmgr.postgres.server import DATABASE
from linkmgr.web import BACKLOG

START_SECONDS, STOP_SECONDS = 60, 30
WORKERS, THREADS = 2, 16
"""The defaults of LINKMGR_WORKERS and LINKMGR_THREADS, for peers on the same web server."""


@contextmanager
def linkmgr(ground: Ground, database: str = DATABASE) -> Iterator[int]:
    """`linkmgr up` as anybody runs it; its port."""
    port = free_port()
    command = linkmgr_command("up", "--no-deliver", "--port", str(port))
    with _running(command, ground.environment(database), port, ground.directory / f"linkmgr-{database}.log"):
        yield port


@contextmanager
def peer(ground: Ground, name: str, command: Sequence[str], variables: dict[str, str]) -> Iterator[int]:
    """A peer's command, to which its port is added; its port."""
    port = free_port()
    told = [sys.executable, "-m", *command, "--host", HOST, "--port", str(port)]
    with _running(told, {**ground.environment(), **variables}, port, ground.directory / f"{name}.log"):
        yield port


def uvicorn(application: str) -> Sequence[str]:
    """As FastAPI's documentation serves it in production."""
    return ["uvicorn", application, "--workers", str(WORKERS), "--no-access-log"]


def granian(application: str) -> Sequence[str]:
    """As `linkmgr up` serves linkmgr."""
    workers = ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--backlog", str(BACKLOG)]
    return ["granian", "--interface", "wsgi", "--no-ws", *workers, application]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: Sequence[str], environment: dict[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,  # Ctrl-C goes to us alone
            preexec_fn=end_with_parent(SIGTERM),
        )
    try:
        _wait_until_it_answers(process, port, log)
        yield
    finally:
        _stop(process)


def _wait_until_it_answers(process: "Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"{log.stem} did not start: {log.read_text(errors='replace').strip()[-2000:]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        client = Client(port, {})
        answer = client.get("/api/info")
        client.close()
    except (OSError, HTTPException):
        return False
    return answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _stop(process: "Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

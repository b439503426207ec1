"""The web server that `linkmgr up` runs: granian, as a child process."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from django.conf import settings

from linkmgr.orphans import end_with_parent

START_SECONDS, STOP_SECONDS = 60, 30
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104 compared with, not bound to
BACKLOG = 1024
CONNECTIONS = 4096
"""Of each worker, the idle ones among them; others wait in the backlog."""


class WebError(Exception):
    """The web server cannot be started; the text is one line for the operator."""


def refuse_taken(host: str, port: int) -> None:
    """Raises WebError if this address cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise WebError(f"cannot listen on {host} port {port}: {reason}; choose another --port") from error


def allowed_hosts(host: str) -> list[str]:
    """The names under which clients reach a server on this address, as far as this machine knows."""
    names = {host.strip("[]"), "localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()} - ANYWHERE
    if host in ANYWHERE:
        with contextlib.suppress(OSError):
            names |= {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return sorted(f"[{name}]" if ":" in name else name for name in names)


def start(host: str, port: int, log: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """Start serving and wait for the first answer. `log` takes what the server says. Raises WebError."""
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", host, "--port", str(port)]
    command += ["--workers", str(settings.WORKERS), "--respawn-failed-workers", "--no-ws"]
    command += ["--backlog", str(BACKLOG), "--backpressure", str(CONNECTIONS)]
    command += ["--workers-kill-timeout", str(STOP_SECONDS), "linkmgr.worker:application"]
    hosts = os.environ.get("LINKMGR_ALLOWED_HOSTS") or ",".join(allowed_hosts(host))
    process = subprocess.Popen(
        command,
        env={**os.environ, "LINKMGR_ALLOWED_HOSTS": hosts, **_counted_in(host, port)},
        stdin=subprocess.DEVNULL,
        stdout=log or sys.stderr,
        stderr=log or sys.stderr,
        process_group=0,  # Ctrl-C goes to us alone, and we stop things in order
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    try:
        _wait_until_it_answers(process, host, port, log)
    except BaseException:  # Ctrl-C too
        stop(process)
        raise
    return process


def _counted_in(host: str, port: int) -> dict[str, str]:
    """The directory in which workers count together. It is empty at each start: what an older version has counted, and
    this one does not, would be told for ever."""
    if not settings.METRICS_TOKEN or settings.METRICS_DIR:
        return {}
    directory = Path(os.environ["LINKMGR_DATA_DIR"]) / "metrics" / f"{host}-{port}"
    shutil.rmtree(directory, ignore_errors=True)
    return {"LINKMGR_METRICS_DIR": str(directory)}


def _wait_until_it_answers(process: subprocess.Popen[bytes], host: str, port: int, log: IO[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(host, port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise WebError("the web server did not start; see its log" + (f": {Path(log.name)}" if log else " above"))
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Let requests in flight finish, then end it and its workers."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(2 * STOP_SECONDS)  # granian itself ends its workers after STOP_SECONDS
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def local_address(host: str) -> str:
    """Where this machine itself reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _answers(host: str, port: int) -> bool:
    with contextlib.closing(HTTPConnection(local_address(host), port, timeout=5)) as connection:
        try:
            connection.request("GET", "/api/info")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False

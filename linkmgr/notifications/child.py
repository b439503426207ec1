"""The deliverer that `linkmgr up` runs beside its web server: a process of its own, so that neither harms the other."""

import signal
import subprocess
import sys
from time import monotonic
from typing import IO, Self

import structlog

from linkmgr.orphans import end_with_parent

log = structlog.get_logger(__name__)

COMMAND = [sys.executable, "-m", "linkmgr.cli", "deliver_notifications"]
STOP_SECONDS = 5
RESTART_SECONDS = 5
"""At least so long from one start to the next: each costs a second of one core."""


class Deliverer:
    """`linkmgr deliver_notifications`, once it is kept running, until its context ends. `output` takes what it says."""

    def __init__(self, output: IO[bytes] | None) -> None:
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None
        self.next_start = monotonic()

    def keep_running(self) -> None:
        """Start it, also again if it has ended by itself. To be called again and again, by the same thread."""
        if (self.process and self.process.poll() is None) or monotonic() < self.next_start:
            return
        if self.process:
            log.error("the deliverer of notifications ended by itself", status=self.process.returncode)
        self.next_start = monotonic() + RESTART_SECONDS
        try:
            self.process = _start(self.output)
        except OSError as error:  # such as no memory for it; what is served may still be
            self.process = None
            log.error("the deliverer of notifications cannot be started", reason=str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let a delivery in progress finish, unless its receiver is slow: then the next start delivers it again."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _start(output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.DEVNULL,
        stdout=output or sys.stderr,
        stderr=output or sys.stderr,
        process_group=0,  # Ctrl-C goes to its parent alone, which stops things in order
        preexec_fn=end_with_parent(signal.SIGTERM),
    )

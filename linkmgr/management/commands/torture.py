"""`linkmgr torture`: does what was answered survive whatever happens to the processes?"""

import secrets
import shutil
import socket
from argparse import ArgumentParser
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from linkmgr.torture.faults import FAULTS
from linkmgr.torture.run import Report, torture
from linkmgr.torture.scene import Scene, SceneError


class Command(BaseCommand):
    help = (
        "Run a server and a PostgreSQL of their own in a directory of their own, write through API and imports, kill "
        "and stop everything again and again, and compare what was answered with what is stored. Touches no "
        "installation. Ends with 1 if anything disagrees."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rounds", type=int, default=1, help="each has every fault once (default: %(default)s)")
        parser.add_argument("--writers", type=int, default=6, help="clients that write (default: %(default)s)")
        parser.add_argument(
            "--only", choices=FAULTS, action="append", metavar="FAULT", help=f"may be repeated: {'; '.join(FAULTS)}"
        )
        parser.add_argument("--seed", type=int, help="of what happens (default: another one each time)")
        parser.add_argument("--keep", type=Path, metavar="DIR", help="where to work, and what to leave there")

    def handle(
        self,
        *args: Any,
        rounds: int,
        writers: int,
        only: list[str] | None,
        seed: int | None,
        keep: Path | None,
        **options: Any,
    ) -> None:
        seed = secrets.randbelow(2**32) if seed is None else seed
        directory = keep or Path(mkdtemp(prefix="linkmgr-torture-"))
        self._say(f"seed {seed}, in {directory}")
        try:
            with Scene(directory.absolute(), _free_port()) as scene:
                report = torture(scene, self._say, rounds=rounds, seed=seed, many=writers, only=set(only or FAULTS))
        except SceneError as error:
            raise CommandError(str(error)) from error
        self._tell(report)
        if report.wrong:
            raise CommandError(f"{len(report.wrong)} disagreements; seed {seed}, logs in {directory}")
        if not keep:
            shutil.rmtree(directory)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _tell(self, report: Report) -> None:
        for name, many in sorted(report.faults.items()):
            self._say(f"{many:6} {name}")
        self._say(f"{report.calls} calls and {report.imports} imports were answered, {report.items} rows of them")
        self._say(f"{report.repeats} were repeated until they were; linkmgr up was started {report.starts} times")
        for line in report.wrong:
            self._say(f"WRONG: {line}")
        self._say("Everything agrees." if not report.wrong else "")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

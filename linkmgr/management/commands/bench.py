"""`linkmgr bench`: what linkmgr takes, beside what PostgreSQL itself takes and beside other ways to write the same.

The benchmark lies in the checkout (`benchmarks/`), not in the wheel, and so do the packages of its peers, which `uv`
installs here when they are not there yet.
"""

import json
import os
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from linkmgr.postgres import default_data_dir

CHECKOUT = Path(__file__).parents[3]
MEASURES = ("contacts", "apartments", "time_profiles", "single", "clients", "import", "reads")
"""What `--only` may name, in the order in which it is taken."""
PEERS = ("fastapi", "uvicorn", "sqlalchemy", "ninja")
PEERS_IN = "contacts"


class Command(BaseCommand):
    help = (
        "Measure linkmgr on a durable PostgreSQL of its own that is thrown away, beside the bare SQL and beside other "
        "ways to write the same. Takes about a quarter of an hour, and a machine that does nothing else."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quick", action="store_true", help="few rows and rounds: whether it works, not how fast")
        parser.add_argument("--only", type=_measures, default=(), metavar="A,B", help=f"of {', '.join(MEASURES)}")
        parser.add_argument("--rounds", type=_positive, metavar="N", help="of each measure (default: 11)")
        parser.add_argument("--rows", type=_positive, metavar="N", help="stored beforehand (default: 100000)")
        parser.add_argument("--no-peers", action="store_true", help="linkmgr and the floor alone")
        parser.add_argument(
            "--write",
            nargs="?",
            type=Path,
            const=CHECKOUT / "docs",
            metavar="DIR",
            help="write performance.md, .svg and .json into docs, or DIR",
        )
        parser.add_argument("--data-dir", metavar="DIR", help="where PostgreSQL's files are for the time (a disk)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (CHECKOUT / "benchmarks").is_dir():
            raise CommandError("The benchmark is not installed with linkmgr: run it in a checkout of its sources.")
        whole = not (options["quick"] or options["only"] or options["no_peers"])
        if options["write"] == CHECKOUT / "docs" and not whole:
            raise CommandError("The documents tell of a whole run: --write DIR for a part of one.")
        os.chdir(CHECKOUT)
        told = _told(options)
        command = [*_python(peers=told["peers"]), "-m", "benchmarks", json.dumps(told)]
        os.execv(command[0], command)  # noqa: S606 signals reach it without us


def _told(options: dict[str, Any]) -> dict[str, Any]:
    """What the benchmark reads. An installation's own data directory is none of its business."""
    named = os.environ.get("LINKMGR_DATA_DIR")
    return {
        **{name: options[name] for name in ("quick", "only", "rounds", "rows")},
        "peers": not options["no_peers"] and (not options["only"] or PEERS_IN in options["only"]),
        "write": options["write"] and str(options["write"].absolute()),
        "data_dir": named if named != str(default_data_dir()) else None,
    }


def _python(*, peers: bool) -> list[str]:
    """A Python that has the packages of the peers. Raises CommandError."""
    if not peers or all(map(find_spec, PEERS)):
        return [sys.executable]
    uv = os.environ.get("UV") or shutil.which("uv", path=f"{CHECKOUT / '.uv/bin'}{os.pathsep}{os.environ['PATH']}")
    if not uv:
        raise CommandError("The peers need packages that uv installs, and there is no uv: install it, or --no-peers.")
    return [uv, "run", "--frozen", "--project", str(CHECKOUT), "--group", "bench", "python"]


def _measures(text: str) -> list[str]:
    named = [name.strip() for name in text.split(",") if name.strip()]
    if not named or set(named) - set(MEASURES):
        raise ArgumentTypeError(f"{text!r} is not of {', '.join(MEASURES)}")
    return [name for name in MEASURES if name in named]


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000_000:
        raise ArgumentTypeError("a number from 1")
    return int(text)

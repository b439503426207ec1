"""The options of `linkmgr bulk_import`, and which of them mean nothing together."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from linkmgr.accounts.models import DEFAULT_SITE
from linkmgr.files.formats import Format
from linkmgr.files.sync import Ceiling, read_ceiling
from linkmgr.kinds import LAYOUTS
from linkmgr.management.arguments import pair

WHOLE_FILE = ("dry_run", "all_or_nothing", "sync")


class Contradiction(Exception):
    """Options that exclude each other."""


def add_import_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="- is standard input")
    parser.add_argument("--site", default=DEFAULT_SITE, metavar="SLUG", help="(default: %(default)s)")
    parser.add_argument("--account", metavar="NAME", help="who signs it in the history (default: nobody)")
    parser.add_argument("--kind", choices=[layout.name for layout in LAYOUTS], help="(default: what the file tells)")
    _add_reading(parser.add_argument_group("reading"))
    _add_storing(parser.add_argument_group("storing"))
    answers = parser.add_argument_group("answers")
    answers.add_argument("--rejects", type=Path, metavar="FILE", help="refused rows, with an `error` column")
    answers.add_argument("--report", type=Path, metavar="FILE.json", help="counts and every fault as JSON")


def refuse_contradictions(options: dict[str, Any]) -> None:
    """Raises Contradiction."""
    batches = options["per_batch"] or options["resume"]
    named = [name for name in WHOLE_FILE if options[name]]
    if batches and named:
        option = named[0].replace("_", "-")
        raise Contradiction(f"--{option} is about the whole file, which --per-batch does not store as one")
    if batches and (options["file"] == "-" or _is_pipe(Path(options["file"]))):
        raise Contradiction("what can be read only once cannot be resumed: load a file")
    files = [Path(options[name]).resolve() for name in ("file", "rejects", "report") if options[name]]
    if len({*files}) < len(files):
        raise Contradiction("FILE, --rejects and --report have to be different files")
    if options["scope"] and not options["sync"]:
        raise Contradiction("--scope goes with --sync")


def _add_reading(group: Any) -> None:
    group.add_argument("--format", choices=[each.value for each in Format], help="(default: found out)")
    group.add_argument("--encoding", metavar="NAME", help="of a text, such as cp1251 (default: found out)")
    group.add_argument("--delimiter", type=_delimiter, metavar="CHARACTER", help="of CSV (default: found out)")
    group.add_argument("--sheet", metavar="NAME", help="of a workbook (default: the first)")
    group.add_argument("--map", **_PAIRS, metavar="OLD=NEW", help="take column OLD as NEW; repeatable")


def _add_storing(group: Any) -> None:
    group.add_argument("--dry-run", action="store_true", help="tell what would become of the rows, and store nothing")
    group.add_argument("--all-or-nothing", action="store_true", help="store nothing if any row is refused")
    group.add_argument("--per-batch", action="store_true", help="commit each 10 000 rows, so that --resume can go on")
    group.add_argument("--resume", action="store_true", help="go on behind the last committed batch")
    group.add_argument("--sync", action="store_true", help="also delete what the file does not have")
    scope = "with --sync, only rows that have this value; repeatable (default: the whole site)"
    group.add_argument("--scope", **_PAIRS, metavar="COLUMN=VALUE", help=scope)
    ceiling = "with --sync, change nothing if more would be deleted: rows, or %% of the scope (default: 5%%)"
    group.add_argument("--max-delete", type=_ceiling, default="5%", metavar="N", help=ceiling)


_PAIRS: dict[str, Any] = {"type": pair, "action": "append", "default": []}


def _delimiter(text: str) -> str:
    if text in {"tab", r"\t"}:
        return "\t"
    if len(text) != 1 or text in '"\r\n':
        raise ArgumentTypeError("must be one character, such as ; or tab")
    return text


def _is_pipe(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _ceiling(text: str) -> Ceiling:
    try:
        return read_ceiling(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error

"""`linkmgr bulk_import`: a file of apartments, time profiles or contacts, or a bundle of them, into a site."""

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from rich.console import Console

from linkmgr.accounts.caller import Caller
from linkmgr.bulk.check import TooDeep
from linkmgr.checks import SETTINGS
from linkmgr.files.batches import NothingToResume, load_in_batches
from linkmgr.files.choose import UnknownKind, parts_of
from linkmgr.files.formats import Unreadable, Unwritable, open_file
from linkmgr.files.load import Load, Part, Sync, load
from linkmgr.files.records import WrongHeader
from linkmgr.files.rejects import refuse_unfit, write_rejects
from linkmgr.files.report import refuse_unwritable, write_report
from linkmgr.files.sync import NothingToSync, TooManyDeletions, WrongScope, read_scope
from linkmgr.kinds import LAYOUTS
from linkmgr.management.arguments import COULD_NOT_RUN, site_named, user_named
from linkmgr.management.import_arguments import Contradiction, add_import_arguments, refuse_contradictions
from linkmgr.management.import_output import print_counts, print_faults, print_names, print_plan, watch

REFUSED = 1
INTERRUPTED = 130
WRONG = (
    Contradiction,
    NothingToResume,
    NothingToSync,
    OperationalError,  # such as a writer who holds the turn for longer than LOCK_TIMEOUT
    OSError,
    TooDeep,
    TooManyDeletions,
    UnknownKind,
    Unreadable,
    Unwritable,
    WrongHeader,
    WrongScope,
)


class Command(BaseCommand):
    help = (
        "Load apartments, time profiles and contacts from a file: CSV, XLSX, JSON or NDJSON (texts also as .gz), or a "
        "bundle of them (zip or JSON). Everything is stored in one transaction and recorded as one change set; refused "
        "rows are told and do not stop the others. Ends with 0 if all rows were stored, 1 if some were refused, 2 if "
        "it could not run and nothing was changed."
    )
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_import_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(soft_wrap=True)
        try:
            refused = self._import(console, options)
        except (KeyboardInterrupt, *WRONG) as error:
            if isinstance(error, TooManyDeletions):
                print_names(console, error.names, error.count)
            told = (
                "Interrupted"
                if isinstance(error, KeyboardInterrupt)
                else " ".join(str(error).split()).removesuffix(".")
            )
            status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else COULD_NOT_RUN
            raise CommandError(f"{told}. {_left(error, options)}", returncode=status) from error
        if refused:
            raise SystemExit(REFUSED)

    def _import(self, console: Console, options: dict[str, Any]) -> int:
        """How many rows were refused. Raises one of WRONG."""
        refuse_contradictions(options)
        by, path = _caller(options), None if options["file"] == "-" else Path(options["file"])
        reading = {name: options[name] for name in ("encoding", "delimiter", "sheet")}
        with open_file(path, name_of_format=options["format"], **reading) as file:
            parts = parts_of(file, LAYOUTS, options["kind"], dict(options["map"]))
            if options["rejects"]:
                refuse_unfit(options["rejects"], parts)
            if options["report"]:
                refuse_unwritable(options["report"])
            done = self._load(console, parts, by, options)
            self._answer(console, file.name, done, options)
        return done.refused + done.refused_before

    def _load(self, console: Console, parts: list[Part], by: Caller, options: dict[str, Any]) -> Load:
        with watch(console) as bar:
            if options["per_batch"] or options["resume"]:
                digest = _digest(Path(options["file"]))
                return load_in_batches(parts, by=by, watch=bar, digest=digest, resume=options["resume"])
            return load(
                parts,
                by=by,
                watch=bar,
                dry_run=options["dry_run"],
                all_or_nothing=options["all_or_nothing"],
                sync=_sync(parts, options) if options["sync"] else None,
                with_plan=options["dry_run"],
            )

    def _answer(self, console: Console, name: str, done: Load, options: dict[str, Any]) -> None:
        """What goes wrong now does not undo what is stored."""
        stored = "The rows are stored" if done.kept else "Nothing was stored"
        try:
            self._tell(console, name, done, options)
            self._write(console, name, done, options)
        except KeyboardInterrupt as error:
            raise CommandError(f"{stored}, but not all was told: interrupted.", returncode=INTERRUPTED) from error
        except (OSError, Unreadable, Unwritable) as error:
            raise CommandError(f"{stored}, but: {error}", returncode=REFUSED) from error

    def _tell(self, console: Console, name: str, done: Load, options: dict[str, Any]) -> None:
        print_faults(done, name)
        if options["dry_run"]:
            print_plan(console, done)
        print_counts(console, done)
        if any(part.sync_skipped for part in done.parts):
            console.print("Nothing was deleted, as rows were refused: correct them and load the file again.")
        if done.refused_before:
            console.print(f"Rows that were refused, and told, before it was interrupted: {done.refused_before:,}.")
        if not done.kept:
            why = "this was a dry run" if options["dry_run"] else "rows were refused"
            console.print(f"Nothing was stored: {why}.")

    def _write(self, console: Console, name: str, done: Load, options: dict[str, Any]) -> None:
        """The files that were asked for."""
        if options["rejects"] and done.refused:
            write_rejects(options["rejects"], done)
            console.print(f"Refused rows are in {options['rejects']}.", markup=False, highlight=False)
        if options["report"]:
            write_report(options["report"], done, file=name, site=options["site"], dry_run=options["dry_run"])


def _left(error: BaseException, options: dict[str, Any]) -> str:
    """What an import that did not come to its end has left."""
    batches = options["per_batch"] or options["resume"]
    if batches and not isinstance(error, Contradiction | NothingToResume):
        return "Batches that were committed stay, and --resume goes on."
    return "Nothing was changed."


def _caller(options: dict[str, Any]) -> Caller:
    """Raises CommandError."""
    name = options["account"]
    return Caller(user_named(name) if name else None, site_named(options["site"]), "command")


def _sync(parts: list[Part], options: dict[str, Any]) -> Sync:
    """Raises WrongScope."""
    given, ceiling = dict(options["scope"]), options["max_delete"]
    if given and len(parts) > 1:
        raise WrongScope("a bundle is synchronised as a whole: --scope goes with one kind")
    return Sync(read_scope(parts[0].layout, given), ceiling)


def _digest(path: Path) -> str:
    """Of its content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

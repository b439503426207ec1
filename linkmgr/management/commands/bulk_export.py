"""`linkmgr bulk_export`: a site's apartments, time profiles and contacts into a file, or the template of one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from rich.console import Console
from rich.progress import Progress, TextColumn

from linkmgr.accounts.models import DEFAULT_SITE
from linkmgr.checks import SETTINGS
from linkmgr.files.export import Selection, export, rows_of, write_template
from linkmgr.files.formats import Format, Unwritable
from linkmgr.files.layout import Layout
from linkmgr.files.sync import WrongScope, read_scope
from linkmgr.files.targets import TABLES, Target, target_of
from linkmgr.kinds import LAYOUTS
from linkmgr.management.arguments import COULD_NOT_RUN, pair, site_named


class Command(BaseCommand):
    help = (
        "Write apartments, time profiles or contacts of a site to a file that bulk_import takes back unchanged: CSV, "
        "XLSX, JSON or NDJSON by the ending of its name (texts also .gz), or all kinds as a bundle (.zip, .json)."
    )
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- is standard output")
        parser.add_argument("--site", default=DEFAULT_SITE, metavar="SLUG", help="(default: %(default)s)")
        names = [layout.name for layout in LAYOUTS]
        parser.add_argument("--kind", choices=names, help="default: all, which only a .zip or .json can have")
        parser.add_argument("--format", choices=[each.value for each in Format], help="default: as FILE ends")
        parser.add_argument("--template", action="store_true", help="the columns alone, to be filled in")
        parser.add_argument(
            "--scope", type=pair, action="append", default=[], metavar="COLUMN=VALUE", help="only these; repeatable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        layouts = [layout for layout in LAYOUTS if options["kind"] in (None, layout.name)]
        try:
            target = target_of(None if options["file"] == "-" else Path(options["file"]), options["format"])
            if options["template"]:
                self._template(layouts, target)
            else:
                self._export(layouts, target, options)
        except (OSError, OperationalError, Unwritable, WrongScope) as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error

    def _template(self, layouts: list[Layout], target: Target) -> None:
        if len(layouts) > 1:
            raise Unwritable("a template is of one kind: say --kind")
        if target.format not in TABLES:
            raise Unwritable("a template is a table: name it .csv or .xlsx")
        write_template(layouts[0], target)
        told = Console(stderr=True)
        for column in layouts[0].columns:
            told.print(f"[bold]{column.name}[/]  {column.about}", highlight=False, soft_wrap=True)

    def _export(self, layouts: list[Layout], target: Target, options: dict[str, Any]) -> None:
        site, scope = site_named(options["site"]), dict(options["scope"])
        if scope and len(layouts) > 1:
            raise WrongScope("a scope is of one kind: say --kind")
        selections = [Selection(each, rows_of(each, site, read_scope(each, scope))) for each in layouts]
        console = Console(stderr=True)
        with Progress(
            TextColumn("{task.description}"), console=console, transient=True, disable=not console.is_terminal
        ) as progress:
            task = progress.add_task("")

            def watch(layout: Layout, rows: int) -> None:
                progress.update(task, description=f"{layout.name}: {rows:,} rows")

            counts = export(selections, target, watch)
        for name, rows in counts.items():
            console.print(f"{name}: {rows:,} rows", highlight=False)

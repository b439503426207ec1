"""`linkmgr backup`: the whole database into one file, while it is in use."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from linkmgr import postgres
from linkmgr.checks import SETTINGS
from linkmgr.management.arguments import server_major


class Command(BaseCommand):
    help = (
        "Write the whole database, as it is in one moment, into a file for `linkmgr restore` (or pg_restore). Nobody "
        "has to wait for it. The secret key of the data directory is not in it."
    )
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="replaced if it is there, once the new one is whole"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        server = server_major()
        try:
            postgres.dump(connection.get_connection_params(), server, file.absolute())
        except postgres.PostgresError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: {file.stat().st_size} bytes")

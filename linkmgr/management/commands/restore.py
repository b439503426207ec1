"""`linkmgr restore`: a file of `linkmgr backup` into an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from linkmgr import postgres
from linkmgr.management.arguments import server_major


class Command(BaseCommand):
    help = (
        "Read a file of `linkmgr backup` into an empty database, in whole or not at all. Accounts, tokens and history "
        "are in it; the secret key is not. `linkmgr up` then brings it to the present version."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if tables := connection.introspection.table_names():
            raise CommandError(f"The database is not empty ({len(tables)} tables); choose another --data-dir.")
        server = server_major()
        try:
            postgres.restore(connection.get_connection_params(), server, file.absolute())
        except postgres.PostgresError as error:
            raise CommandError(str(error)) from error
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # a dump has no statistics, and without them whole tables are read for a few rows
        self.stdout.write(f"{file} is restored.")

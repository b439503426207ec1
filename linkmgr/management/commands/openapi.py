"""The OpenAPI document, for who reads it without a server, and for the copy that is kept in docs/openapi.json."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from linkmgr.api.openapi import document


class Command(BaseCommand):
    help = "Writes the OpenAPI document, as /api/schema tells it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="Where to; to the terminal without it.")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        if file:
            file.write_bytes(document())
        else:
            self.stdout.write(document().decode(), ending="")

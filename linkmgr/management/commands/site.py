"""`linkmgr site`: the sites of this installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from linkmgr.accounts.models import Site
from linkmgr.checks import SETTINGS


class Command(BaseCommand):
    help = "Create and list sites: estates with their own addresses, accounts and time zone."
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create a site")
        create.add_argument("slug", metavar="SLUG", help="its short name in commands, such as north-park")
        create.add_argument("--name", required=True, help="its name for people")
        create.add_argument("--time-zone", default="UTC", help="such as Europe/Prague (default: %(default)s)")
        actions.add_parser("list", help="list the sites")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "create":
            self._create(options["slug"], options["name"], options["time_zone"])
        else:
            for site in Site.objects.order_by("slug"):
                self.stdout.write(f"{site.slug}\t{site.name}\t{site.time_zone}")

    def _create(self, slug: str, name: str, time_zone: str) -> None:
        site = Site(slug=slug, name=name, time_zone=time_zone)
        try:
            site.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        site.save()
        self.stdout.write(f"Site {slug} created.")

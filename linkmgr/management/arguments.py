"""What several commands are told in the same words: sites, accounts, pairs."""

from argparse import ArgumentTypeError

from django.core.management.base import CommandError
from django.db import connection

from linkmgr.accounts.models import Site, User

COULD_NOT_RUN = 2
"""How commands about files end when nothing was done. 1 is for what was done in part."""


def site_named(slug: str) -> Site:
    """Raises CommandError."""
    site = Site.objects.filter(slug=slug).first()
    if site is None:
        raise CommandError(f"There is no site {slug}; `linkmgr site list` shows them.", returncode=COULD_NOT_RUN)
    return site


def user_named(name: str) -> User:
    """Raises CommandError."""
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account {name}; `linkmgr account list` shows them.", returncode=COULD_NOT_RUN)
    return user


def server_major() -> int:
    """18 of the PostgreSQL that is used."""
    with connection.cursor() as cursor:
        return int(cursor.connection.info.server_version) // 10_000


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE`, as a type of argparse."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value

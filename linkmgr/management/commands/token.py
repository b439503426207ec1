"""`linkmgr token`: bearer tokens for integrations."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from linkmgr.accounts.members import member
from linkmgr.accounts.models import BUILDINGS, DEFAULT_SITE, MOST_REQUESTS, Right, Role, Token
from linkmgr.accounts.tokens import RoleExceeded, find_tokens, make_token
from linkmgr.checks import SETTINGS
from linkmgr.management.arguments import site_named

LONGEST_NUMBER = 20


class Command(BaseCommand):
    help = "Create, list and revoke tokens. A token is bound to one account and one site, and is shown once."
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create a token and print it, alone, on standard output")
        create.add_argument("--account", required=True, metavar="NAME", help="made when there is none of that name")
        create.add_argument("--site", default=DEFAULT_SITE, metavar="SLUG", help="(default: %(default)s)")
        create.add_argument("--role", choices=Role.values, help="default: the account's own")
        create.add_argument("--label", default="", metavar="TEXT", help="what it is for")
        create.add_argument("--expires", type=_days, metavar="DAYS", help="(default: never)")
        self._add_limits(create)
        revoke = actions.add_parser("revoke", help="end a token at once")
        revoke.add_argument("token", metavar="TOKEN", help="the token, or its first 15 characters as `list` shows them")
        actions.add_parser("list", help="list the tokens, without what is secret of them")

    def _add_limits(self, create: ArgumentParser) -> None:
        create.add_argument(
            "--right",
            action="append",
            choices=Right.values,
            dest="rights",
            help="nothing but this, and what further --right name; default: all that the role has",
        )
        create.add_argument(
            "--building",
            action="append",
            type=_building,
            default=[],
            dest="buildings",
            metavar="NUMBER",
            help="sees and touches apartments of this building only, and of what further --building name",
        )
        create.add_argument(
            "--requests-per-minute",
            type=_requests,
            metavar="NUMBER",
            help="0 for any number; default: as LINKMGR_RATE_LIMIT says",
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> None:
        site = site_named(options["site"])
        try:
            account = member(options["account"], site, options["role"] or Role.ADMINISTRATOR)
        except ValidationError as error:
            raise CommandError(f"No account can have this name: {' '.join(error.messages)}") from error
        if not account.user.is_active:
            raise CommandError(f"{account.user} is disabled; see `linkmgr account enable`.")
        given = ("label", "role", "expires", "rights", "buildings", "requests_per_minute")
        try:
            _, text = make_token(account, **{name: options[name] for name in given})
        except RoleExceeded as error:
            raise CommandError(f"{error}; `linkmgr account grant` changes that.") from error
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{name}: {' '.join(why)}" for name, why in error.message_dict.items())
            ) from error
        self.stdout.write(text)

    def _revoke(self, options: dict[str, Any]) -> None:
        known = [token for token in find_tokens(options["token"]) if token.revoked_at is None]
        if not known:
            raise CommandError("There is no such token, or it is revoked already.")
        for token in known:
            token.revoke()
        self.stdout.write("Token revoked.")

    def _list(self, options: dict[str, Any]) -> None:
        for token in Token.objects.select_related("user", "membership__site").order_by("created"):
            until = f"{token.expiry:%Y-%m-%d}" if token.expiry else "never"
            told = (
                token.token_key,
                token.user,
                token.membership.site.slug,
                token.role,
                token.state,
                until,
                token.label,
                ",".join(sorted(token.held)),
                token.limits,
            )
            self.stdout.write("\t".join(map(str, told)))


def _days(text: str) -> timedelta:
    return timedelta(days=_number(text, "a number of days", 1, 36_500))


def _building(text: str) -> int:
    return _number(text, "a building", *BUILDINGS)


def _requests(text: str) -> int:
    return _number(text, "a number of requests", 0, MOST_REQUESTS)


def _number(text: str, what: str, low: int, high: int) -> int:
    if not (text.isdecimal() and len(text) < LONGEST_NUMBER and low <= int(text) <= high):
        raise ArgumentTypeError(f"{what}, {low} to {high}")
    return int(text)

"""`linkmgr token`: bearer tokens for integrations."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from linkmgr.accounts.models import DEFAULT_SITE, Membership, Role, Site, Token, User
from linkmgr.accounts.tokens import RoleExceeded, make_token


class Command(BaseCommand):
    help = "Create, list and revoke tokens. A token is bound to one account and one site, and is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create a token and print it, alone, on standard output")
        create.add_argument("--account", required=True, metavar="NAME", help="made when there is none of that name")
        create.add_argument("--site", default=DEFAULT_SITE, metavar="SLUG", help="(default: %(default)s)")
        create.add_argument("--role", choices=Role.values, help="default: the account's own")
        create.add_argument("--label", default="", metavar="TEXT", help="what it is for")
        create.add_argument("--expires", type=_days, metavar="DAYS", help="(default: never)")
        revoke = actions.add_parser("revoke", help="end a token at once")
        revoke.add_argument("token", metavar="TOKEN", help="the token, or its first 15 characters as `list` shows them")
        actions.add_parser("list", help="list the tokens, without what is secret of them")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    @transaction.atomic
    def _create(self, options: dict[str, Any]) -> None:
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            raise CommandError(f"There is no site {options['site']}; `linkmgr site list` shows them.")
        user, _ = User.objects.get_or_create(username=options["account"])
        role = options["role"] or Role.ADMINISTRATOR
        membership, _ = Membership.objects.get_or_create(user=user, site=site, defaults={"role": role})
        try:
            role = options["role"] or membership.role
            _, text = make_token(membership, label=options["label"], role=role, expires=options["expires"])
        except RoleExceeded as error:
            raise CommandError(f"{error}; `linkmgr account grant` changes that.") from error
        self.stdout.write(text)

    def _revoke(self, options: dict[str, Any]) -> None:
        known = Token.objects.filter(token_key=options["token"][:15], revoked_at=None)
        if len(options["token"]) < 15 or not known:
            raise CommandError("There is no such token, or it is revoked already.")
        for token in known:
            token.revoke()
        self.stdout.write("Token revoked.")

    def _list(self, options: dict[str, Any]) -> None:
        for token in Token.objects.select_related("user", "membership__site").order_by("created"):
            state = "revoked" if token.revoked_at else f"expires {token.expiry:%Y-%m-%d}" if token.expiry else "valid"
            site = token.membership.site.slug
            self.stdout.write(f"{token.token_key}\t{token.user}\t{site}\t{token.role}\t{state}\t{token.label}")


def _days(text: str) -> timedelta:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError("a number of days, 1 to 36500")
    return timedelta(days=int(text))

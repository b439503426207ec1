"""`linkmgr account`: accounts, what they may do, and their passwords."""

import secrets
from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from linkmgr.accounts.lockout import unlock
from linkmgr.accounts.models import DEFAULT_SITE, Membership, Role, User
from linkmgr.accounts.sign_in import set_device_password
from linkmgr.checks import SETTINGS
from linkmgr.management.arguments import site_named, user_named


class Command(BaseCommand):
    help = "Create accounts and say what they may do. Passwords are random and shown once."
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        about = {
            "create": "create an account that may sign in to the admin",
            "grant": "make an account a member of a site, or change what it may do there",
            "password": "give an account a new password for the admin",
            "device": "let an account sign in as devices do, with a new password of its own for that",
            "disable": "shut an account and its tokens out",
            "enable": "let a disabled account in again",
            "unlock": "forget wrong passwords that were tried for an account, so that it may sign in at once",
        }
        for action, text in about.items():
            added = actions.add_parser(action, help=text)
            added.add_argument("name", metavar="NAME")
            if action in {"create", "grant", "device"}:
                added.add_argument("--site", default=DEFAULT_SITE, metavar="SLUG", help="(default: %(default)s)")
            if action == "create":
                added.add_argument("--role", choices=Role.values, default=Role.VIEWER, help="(default: %(default)s)")
                added.add_argument("--superuser", action="store_true", help="may manage sites and accounts too")
            if action == "grant":
                self._add_rights(added)
            if action == "device":
                added.add_argument("--off", action="store_true", help="take the right away instead")
        actions.add_parser("list", help="list accounts, their sites and their guids")

    def _add_rights(self, grant: ArgumentParser) -> None:
        """What is not given stays as it is."""
        grant.add_argument("--role", choices=Role.values, help="(of a new member: viewer)")
        grant.add_argument(
            "--act-on-behalf",
            action=BooleanOptionalAction,
            help="may change the state of apartments in the name of another account of the site (user_id)",
        )

    @transaction.atomic
    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        if User.objects.filter(username=options["name"]).exists():
            raise CommandError(f"There is an account {options['name']} already.")
        user = User(username=options["name"], is_staff=True, is_superuser=options["superuser"])
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        site = site_named(options["site"])
        self._set_password(user)
        Membership.objects.create(user=user, site=site, role=options["role"])

    def _grant(self, options: dict[str, Any]) -> None:
        rights = {"role": options["role"], "may_act_on_behalf": options["act_on_behalf"]}
        given = {name: right for name, right in rights.items() if right is not None}
        user, site = user_named(options["name"]), site_named(options["site"])
        member, _ = Membership.objects.update_or_create(user=user, site=site, defaults=given)
        also = " and may act on behalf of others" if member.may_act_on_behalf else ""
        self.stdout.write(f"{user} is {member.role} of {site.slug}{also}.")

    def _password(self, options: dict[str, Any]) -> None:
        self._set_password(user_named(options["name"]))

    def _device(self, options: dict[str, Any]) -> None:
        membership = Membership.objects.filter(
            user=user_named(options["name"]), site=site_named(options["site"])
        ).first()
        if membership is None:
            raise CommandError(
                f"{options['name']} is no member of {options['site']}; `linkmgr account grant` makes it one."
            )
        password = "" if options["off"] else secrets.token_urlsafe(12)
        try:
            set_device_password(membership, password)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(password or f"{options['name']} may no longer sign in as a device.")

    def _disable(self, options: dict[str, Any]) -> None:
        self._set_active(user_named(options["name"]), active=False)

    def _enable(self, options: dict[str, Any]) -> None:
        self._set_active(user_named(options["name"]), active=True)

    def _unlock(self, options: dict[str, Any]) -> None:
        tries = unlock(user_named(options["name"]))
        self.stdout.write(f"{options['name']}: {tries} wrong tries forgotten.")

    def _list(self, options: dict[str, Any]) -> None:
        for user in User.objects.order_by("username").prefetch_related("memberships__site"):
            sites = ", ".join(f"{member.site.slug} ({_rights(member)})" for member in user.memberships.all())
            power, state = "superuser" * user.is_superuser, "" if user.is_active else "disabled"
            self.stdout.write(f"{user.username}\t{power}\t{sites}\t{state}\t{user.guid}")

    def _set_password(self, user: User) -> None:
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        self.stdout.write(password)

    def _set_active(self, user: User, *, active: bool) -> None:
        user.is_active = active
        user.save(update_fields=["is_active"])
        self.stdout.write(f"{user.username} {'enabled' if active else 'disabled'}.")


def _rights(member: Membership) -> str:
    return f"{member.role}, on behalf" if member.may_act_on_behalf else member.role

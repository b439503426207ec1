"""What a fresh install needs before anyone can use it: an operator and a token, made once, with random secrets."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction

from linkmgr.accounts.members import member
from linkmgr.accounts.models import DEFAULT_SITE, Membership, Role, Site, User
from linkmgr.accounts.tokens import make_token

OPERATOR = "operator"
INTEGRATION = "integration"


class Credentials(NamedTuple):
    account: str
    password: str
    token: str

    def __repr__(self) -> str:
        return f"Credentials(account={self.account!r})"


@transaction.atomic
def first_run() -> Credentials | None:
    """The first operator and the first token, or None if there is an account already."""
    Site.objects.select_for_update().order_by("pk").first()  # two first starts at once make one operator
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser(OPERATOR, password=password)
    _member(OPERATOR)
    _, token = make_token(_member(INTEGRATION), label="first start")
    return Credentials(OPERATOR, password, token)


@contextmanager
def temporary_token(label: str, life: timedelta) -> Iterator[str]:
    """A token of the default site that is gone afterwards."""
    token, text = make_token(_member(INTEGRATION), label=label, role=Role.ADMINISTRATOR, expires=life)
    try:
        yield text
    finally:
        token.delete()


def _member(name: str) -> Membership:
    return member(name, Site.objects.get(slug=DEFAULT_SITE), Role.ADMINISTRATOR)

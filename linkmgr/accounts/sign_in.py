"""Device-style sign-in (contract §6): name and MD5 of a password that only devices have.

An MD5 that travels is as good as the password, so it opens the API of one site for two hours and nothing else:
never the admin, and never an operator's own password.
"""

import re
from datetime import timedelta
from hashlib import md5
from typing import Any, NamedTuple

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from linkmgr.accounts.lockout import DEVICES, LONGEST_NAME, remember
from linkmgr.accounts.models import Membership, Token, User
from linkmgr.accounts.tokens import make_token

DEVICE_TOKEN_LIFE = timedelta(hours=2)
DEVICE_LABEL = "device sign-in"
KEPT_EXPIRED = timedelta(hours=1)
"""No request that began with such a token is still at work then."""
SWEPT_AT_ONCE = 1_000
"""Expired tokens that one sign-in sweeps away; each adds one, so they do not pile up."""
MD5 = re.compile(r"[0-9A-Fa-f]{32}")


class WrongLogin(Exception):
    """Name and password do not belong together, or the account has no such right."""


class LockedOut(Exception):
    """Too many wrong tries for this account; the lock ends within `seconds`."""

    seconds = int(settings.SIGN_IN_PAUSE.total_seconds())


class SignedIn(NamedTuple):
    token: str
    may_write: bool

    def __repr__(self) -> str:
        return f"SignedIn(may_write={self.may_write})"


def sign_in(request: Any, username: str, password_md5: str) -> SignedIn:
    """A token for two hours, noted in the HttpRequest.

    Raises WrongLogin or LockedOut, both without telling whether the account exists.
    """
    if "\0" in username or len(username) > LONGEST_NAME or not MD5.fullmatch(password_md5):
        raise WrongLogin  # nobody's name, nobody's MD5: not even looked up
    if not AxesProxyHandler.is_allowed(request, {"username": username, "device_password": ""}):
        raise LockedOut
    user = authenticate(request, username=username, device_password=password_md5)
    if not isinstance(user, User):
        raise WrongLogin
    membership = user.memberships.exclude(device_password="").select_related("site", "user").first()
    if membership is None:  # taken away this moment
        raise WrongLogin
    remember(request, DEVICES, user)
    token, text = make_token(membership, label=DEVICE_LABEL, expires=DEVICE_TOKEN_LIFE)
    request.token = token
    _sweep(membership)
    return SignedIn(text, token.may_write)


@transaction.atomic
def _sweep(membership: Membership) -> None:
    """Delete the account's expired sign-ins. One that another sign-in is deleting is left to it."""
    expired = membership.tokens.filter(label=DEVICE_LABEL, expiry__lt=timezone.now() - KEPT_EXPIRED)
    chosen = expired.select_for_update(skip_locked=True).values("pk")[:SWEPT_AT_ONCE]
    Token.objects.filter(pk__in=chosen).delete()


@transaction.atomic
def set_device_password(membership: Membership, password: str) -> None:
    """Give the right to sign in as a device, or with an empty password take it away; older sign-ins end.

    Raises ValidationError if it is the account's own password, or if the account has the right at another site.
    """
    if password and membership.user.check_password(password):
        raise ValidationError("A device's password must not be the account's own.")
    membership.device_password = make_password(_digest(password)) if password else ""
    membership.validate_constraints()
    membership.save(update_fields=["device_password"])
    membership.tokens.filter(label=DEVICE_LABEL, expiry__isnull=False).delete()


class NotTheDevicePassword:
    """Password validator: the account's own password must not be one that devices send about as MD5."""

    def validate(self, password: str, user: Any = None) -> None:
        hashes = Membership.objects.filter(user=user).exclude(device_password="") if user and user.pk else ()
        if any(check_password(_digest(password), membership.device_password) for membership in hashes):
            raise ValidationError("This is the password that devices of this account sign in with.")

    def get_help_text(self) -> str:
        return "Your password can’t be the one that devices sign in with."


class DevicePasswordBackend(BaseBackend):
    """Only ever asked with `device_password`; a form's `password` goes past it, as a device's past ModelBackend."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", device_password: str | None = None, **others: Any
    ) -> User | None:
        if device_password is None:
            return None
        held = Membership.objects.select_related("user").exclude(device_password="")
        membership = held.filter(user__username=username, user__is_active=True).first()
        if membership is None:
            make_password(device_password)  # as long as a wrong password takes
            return None
        right = check_password(device_password.lower(), membership.device_password)
        return membership.user if right else None


def _digest(password: str) -> str:
    return md5(password.encode(), usedforsecurity=False).hexdigest()

"""Bearer tokens, made and recognised. That knox is underneath is known only here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from linkmgr.accounts.caller import Caller
from linkmgr.accounts.look_up import look_up
from linkmgr.accounts.models import RIGHTS_OF, VALID, WRITING, Membership, Right, Role, Token, User
from linkmgr.accounts.rates import TooManyRequests, spend

USE_NOTED_EVERY = timedelta(minutes=5)
"""A write per request would cost more than it tells."""


class RoleExceeded(Exception):
    """The account itself may not do what the token should."""


def make_token(
    membership: Membership,
    *,
    label: str = "",
    role: str | None = None,
    expires: timedelta | None = None,
    rights: Collection[str] | None = None,
    buildings: Sequence[int] = (),
    requests_per_minute: int | None = None,
) -> tuple[Token, str]:
    """A new token and its text, which is told this once. Without `rights` it has all that its role has.

    Raises RoleExceeded, or ValidationError with the name of the field that cannot be kept.
    """
    role = role or membership.role
    if role == Role.ADMINISTRATOR and membership.role != Role.ADMINISTRATOR:
        raise RoleExceeded(f"{membership.user} is only a {membership.role} of {membership.site.slug}")
    given = {
        "label": label,
        "rights": sorted(RIGHTS_OF[Role(role)] if rights is None else set(rights)),
        "buildings": sorted(set(buildings)),
        "requests_per_minute": requests_per_minute,
    }
    _check(given, role)
    made: tuple[Token, str] = Token.objects.create(
        membership.user, expiry=expires, membership=membership, role=role, **given
    )
    return made


def _check(given: Mapping[str, object], role: str) -> None:
    for name, value in given.items():
        try:
            field: Any = Token._meta.get_field(name)
            field.clean(value, None)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from error
    rights = given["rights"]
    assert isinstance(rights, list)
    if fault := fault_of_rights(rights, role):
        raise ValidationError({"rights": fault})


def fault_of_rights(rights: Collection[str], role: str) -> str:
    """Why a token of this role cannot have exactly these; empty if it can."""
    most = RIGHTS_OF[Role(role)]
    if too_much := sorted(set(rights) - most - {Right.DRY_RUN_ONLY}):
        return f"A {role} has no right to {' and '.join(too_much)}."
    if Right.DRY_RUN_ONLY in rights and not WRITING & set(rights):
        return f"{Right.DRY_RUN_ONLY} narrows {' and '.join(sorted(WRITING))}: one of them has to be there too."
    return ""


def find_tokens(text: str) -> QuerySet[Token]:
    """Tokens by their whole text, or by the first characters that lists show of them."""
    shown = len(text) == CONSTANTS.TOKEN_KEY_LENGTH
    found: QuerySet[Token] = Token.objects.filter(**{"token_key": text} if shown else {"digest": hash_token(text)})
    return found


def token_of(request: Request) -> Token:
    """The token of a request that passed authentication."""
    assert isinstance(request.auth, Token)
    return request.auth


def caller_of(token: Token, request_id: str) -> Caller:
    """Who is behind a call with this token, as far as the token reaches."""
    return Caller(
        token.user,
        token.membership.site,
        "api",
        request_id,
        buildings=frozenset(token.buildings) or None,
        dry_run_only=token.may(Right.DRY_RUN_ONLY),
    )


class BearerToken(TokenAuthentication):
    """`Authorization: Bearer <token>`; request.auth is the Token with its account and site.

    A wrong token costs one look at an index and nothing else, so nothing more is counted for those.
    """

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """Raises TooManyRequests for a token that has spent its own. It and what is left are noted in the request."""
        known: tuple[User, Token] | None = super().authenticate(request)  # type: ignore[no-untyped-call]
        if known is None:
            return None
        noted: Any = request._request
        noted.token = known[1]
        if spent := spend(known[1]):
            noted.spent = spent
            if spent.refused:
                raise TooManyRequests(spent.reset)
        return known

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """Raises AuthenticationFailed for a token that is unknown, expired, revoked, or of a disabled account."""
        try:
            digest = hash_token(token.decode())
        except UnicodeDecodeError as error:
            raise AuthenticationFailed from error
        known = look_up(digest)
        if known is None or known.state != VALID:
            raise AuthenticationFailed
        if known.last_used is None or timezone.now() - known.last_used > USE_NOTED_EVERY:
            Token.objects.filter(digest=digest).update(last_used=timezone.now())
        return known.user, known

"""Bearer tokens, made and recognised. That knox is underneath is known only here."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from linkmgr.accounts.models import Membership, Role, Token, User

USE_NOTED_EVERY = timedelta(minutes=5)
"""A write per request would cost more than it tells."""


class RoleExceeded(Exception):
    """The account itself may not do what the token should."""


def make_token(
    membership: Membership, *, label: str = "", role: str | None = None, expires: timedelta | None = None
) -> tuple[Token, str]:
    """A new token and its text, which is told this once. Raises RoleExceeded, or ValidationError for its label."""
    Token._meta.get_field("label").clean(label, None)
    role = role or membership.role
    if role == Role.ADMINISTRATOR and membership.role != Role.ADMINISTRATOR:
        raise RoleExceeded(f"{membership.user} is only a {membership.role} of {membership.site.slug}")
    made: tuple[Token, str] = Token.objects.create(
        membership.user, expiry=expires, membership=membership, role=role, label=label
    )
    return made


def find_tokens(text: str) -> QuerySet[Token]:
    """Tokens by their whole text, or by the first characters that lists show of them."""
    shown = len(text) == CONSTANTS.TOKEN_KEY_LENGTH
    found: QuerySet[Token] = Token.objects.filter(**{"token_key": text} if shown else {"digest": hash_token(text)})
    return found


def token_of(request: Request) -> Token:
    """The token of a request that passed authentication."""
    assert isinstance(request.auth, Token)
    return request.auth


class BearerToken(TokenAuthentication):
    """`Authorization: Bearer <token>`; request.auth is the Token with its account and site."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, Token]:
        """Raises AuthenticationFailed for a token that is unknown, expired, revoked, or of a disabled account."""
        try:
            digest = hash_token(token.decode())
        except UnicodeDecodeError as error:
            raise AuthenticationFailed from error
        known = Token.objects.usable().select_related("user", "membership__site").filter(digest=digest).first()
        if known is None:
            raise AuthenticationFailed
        if known.last_used is None or timezone.now() - known.last_used > USE_NOTED_EVERY:
            Token.objects.filter(digest=digest).update(last_used=timezone.now())
        return known.user, known

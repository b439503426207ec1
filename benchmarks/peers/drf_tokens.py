"""Bearer tokens for Django REST framework, which has none ("Custom authentication")."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from benchmarks.peers.models import Token
from benchmarks.peers.rules import digest


class BearerToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[None, Token]:
        text = get_authorization_header(request).decode("latin-1").removeprefix("Bearer ")
        token = Token.objects.filter(digest=digest(text)).first()
        if token is None:
            raise AuthenticationFailed("Log In")
        return None, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

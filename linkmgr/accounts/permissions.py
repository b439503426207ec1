"""Who may do what through the API. A view says two things; without them it is closed to tokens with narrower rights.

`right`: what a token needs for its methods that are not mere reading (Right.WRITE, unless it says another).
`reach`: what of it is there for a token restricted to buildings (Reach.NOTHING, unless it says more).
"""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from linkmgr.accounts.caller import Reach
from linkmgr.accounts.models import WRITING, Right, Token
from linkmgr.flags import says_yes


class KnownToken(BasePermission):
    """Any token, whatever its rights."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Token)


class RightOfToken(BasePermission):
    """The token's rights cover what is asked. A method the address does not have is nobody's right to refuse."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, Token):
            return False
        if request.method not in view.allowed_methods:
            return True
        right = Right.READ if request.method in SAFE_METHODS else getattr(view, "right", Right.WRITE)
        return token.may(right) and _reaches(token, right, view) and not _must_be_dry(token, right, request)


def _reaches(token: Token, right: str, view: Any) -> bool:
    if not token.buildings:
        return True
    reach = getattr(view, "reach", Reach.NOTHING)
    return reach is Reach.OWN_BUILDINGS or (reach is Reach.READING and right not in WRITING)


def _must_be_dry(token: Token, right: str, request: Request) -> bool:
    dry = says_yes(request.query_params.get("dry_run"))
    return right in WRITING and token.may(Right.DRY_RUN_ONLY) and not dry

"""Who may do what through the API."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from linkmgr.accounts.models import Token


class ReadOrAdminister(BasePermission):
    """Any token reads, an administrator's writes. A method the address does not have is nobody's right to refuse."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Token):
            return False
        return request.method in SAFE_METHODS or request.method not in view.allowed_methods or request.auth.may_write

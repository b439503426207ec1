from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "linkmgr.accounts"
    label = "accounts"
    verbose_name = "Sites and accounts"

    def ready(self) -> None:
        user_logged_in.connect(_remember)


def _remember(request: Any, user: Any, **_: Any) -> None:
    """Somebody has signed in to the admin."""
    from linkmgr.accounts.lockout import OPERATORS, remember

    remember(request, OPERATORS, user)

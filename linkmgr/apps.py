from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

MIGRATION_LOCK_TIMEOUT = "5s"
"""A migration that waits for a table's lock holds up everybody who comes later; rather it is tried again."""


class LinkmgrConfig(AppConfig):
    name = "linkmgr"
    verbose_name = "linkmgr"

    def ready(self) -> None:
        from linkmgr import checks  # noqa: F401 registers the system checks

        pre_migrate.connect(_wait_shortly)
        post_migrate.connect(_wait_again)


def _wait_shortly(using: str, **_: Any) -> None:
    """Not through PgBouncer, whose next client would get the connection with this setting."""
    if not connections[using].settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [MIGRATION_LOCK_TIMEOUT])


def _wait_again(using: str, **_: Any) -> None:
    if not connections[using].settings_dict["DISABLE_SERVER_SIDE_CURSORS"]:
        with connections[using].cursor() as cursor:
            cursor.execute("RESET lock_timeout")

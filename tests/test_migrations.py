"""Migrations do not hold up requests: an upgrade runs while the version before still serves.

One that has to (a column that a later release drops) says why in `LOCKS_BECAUSE = "…"` of its module.
"""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import connection, connections, models
from django.db.migrations import AddConstraint, AddField, AddIndex, AlterField, CreateModel, Migration, RemoveField
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.signals import pre_migrate

from tests.locks import faults, statements

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_postgres]  # indexes are made outside of one
OURS = ("accounts", "apartments", "contacts", "files", "history", "notifications", "timeprofiles")
LANDED = {
    "accounts": 3, "apartments": 4, "contacts": 2, "files": 2, "history": 2, "notifications": 2, "timeprofiles": 2,
}  # fmt: skip
"""App → its last migration that nobody has judged, since nothing was in use when it was made."""


def later_migrations() -> list[tuple[str, str]]:
    found = sorted(MigrationLoader(None).disk_migrations)
    return [(app, name) for app, name in found if app in OURS and int(name.split("_")[0]) > LANDED[app]]


def test_migrations_hold_up_no_request() -> None:
    loader, found = MigrationLoader(connection), {}
    for key in later_migrations():
        migration = loader.disk_migrations[key]
        if not getattr(import_module(migration.__module__), "LOCKS_BECAUSE", ""):
            found[key] = [*faults(statements(migration, loader.project_state(key, at_end=False)))]
    assert {key: told for key, told in found.items() if told} == {}


def test_a_migration_does_not_wait_for_long_with_everybody_behind_it() -> None:
    """Whoever waits for a table's lock holds up all that come later."""
    told = []

    def tell(using: str, **_: object) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            told.append(cursor.fetchone()[0])

    pre_migrate.connect(tell, sender=apps.get_app_config("contacts"))
    call_command("migrate", verbosity=0)
    pre_migrate.disconnect(tell, sender=apps.get_app_config("contacts"))
    tell("default")
    assert told == ["5s", "0"]


def judged(operation: Operation, *, before: Operation | None = None) -> list[str]:
    """What is wrong with a migration of contacts that does this."""

    class Tried(Migration):
        operations = [*filter(None, [before]), operation]

    state = MigrationLoader(connection).project_state(("contacts", "0002_fillfactor"))
    return [*faults(statements(Tried("tried", "contacts"), state))]


NAME_INDEX = models.Index(fields=["name"], name="contact_name_index")
HOLDING_UP = {
    "index": AddIndex("contact", NAME_INDEX),
    "check": AddConstraint("contact", models.CheckConstraint(condition=~models.Q(name="x"), name="no_x")),
    "unique": AddConstraint("contact", models.UniqueConstraint(fields=["name"], name="one_name")),
    "foreign key": AddField("contact", "of", models.ForeignKey("contacts.contact", models.CASCADE, null=True)),
    "type": AlterField("contact", "name", models.TextField()),
    "default of Django": AddField("contact", "new", models.IntegerField(default=1)),
    "not null": AlterField("contact", "ringtone", models.IntegerField(null=False)),
    "drop": RemoveField("contact", "ringtone"),
}
HARMLESS = {
    "index": AddIndexConcurrently("contact", NAME_INDEX),
    "column": AddField("contact", "new", models.IntegerField(db_default=1)),
    "nullable column": AddField("contact", "new", models.IntegerField(null=True)),
    "table": CreateModel(
        "New", [("id", models.BigAutoField(primary_key=True)), ("name", models.SlugField(unique=True))]
    ),
}


@pytest.mark.parametrize("operation", HOLDING_UP.values(), ids=HOLDING_UP)
def test_one_that_holds_up_requests_is_found(operation: Operation) -> None:
    assert judged(operation) != []


@pytest.mark.parametrize("operation", HARMLESS.values(), ids=HARMLESS)
def test_one_that_does_not_is_not(operation: Operation) -> None:
    assert judged(operation) == []

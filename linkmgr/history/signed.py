"""The only way to open a writing transaction."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from linkmgr.accounts.caller import Caller, MayNot
from linkmgr.database.planned import planned_once
from linkmgr.history.log import NOTED, OPERATIONS, SIGNATURE, logs
from linkmgr.history.models import ChangeSet
from linkmgr.timing import spent


class Signature:
    """The change set in the making; `kept` is its id once it is known to have changed something."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.kept: UUID | None = None


class Reason(NamedTuple):
    """What a change was made for, as its caller names it in lists of its own."""

    id: str = ""
    name: str = ""


NO_REASON = Reason()


class Logged(NamedTuple):
    """How many entries a log has under a signature, by label, and between which ids."""

    rows: dict[str, int]
    first: int
    last: int


NOTHING = Logged({}, 0, 0)
"""Ids begin with 1."""


@contextmanager
def signed(by: Caller, *, dry_run: bool = False, note: str = "", reason: Reason = NO_REASON) -> Iterator[Signature]:
    """A transaction whose every logged row bears one change set; in a dry run all of it is undone at the end.

    What the change set counts is what the triggers wrote to the log, so the two cannot disagree. A change set that
    changed nothing, or in which a rollback was set, is not kept. Waiting for another writer ends after LOCK_TIMEOUT
    seconds (django.db.OperationalError). Raises MayNot for a caller that may only find out what would become of it.
    """
    if by.dry_run_only and not dry_run:
        raise MayNot("write")
    signature = Signature()
    nested = connection.in_atomic_block
    with ExitStack() as ending:
        ending.enter_context(transaction.atomic())
        with spent("history"):
            _sign(signature.id)
        yield signature
        if dry_run:
            transaction.set_rollback(True)
        if transaction.get_rollback():
            return
        with spent("history"):
            signature.kept = _keep(signature.id, by, note=note, reason=reason)
            if nested:  # what the outer transaction writes later is not of this change set
                _unsign()
        with spent("commit"):
            ending.pop_all().close()


def _sign(signature: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(%s, %s, true), set_config('lock_timeout', %s, true)",
            [SIGNATURE, str(signature), f"{settings.LOCK_TIMEOUT}s"],
        )


def limit_waiting() -> None:
    """For what waits before it signs: no longer than LOCK_TIMEOUT (django.db.OperationalError)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{settings.LOCK_TIMEOUT}s"])


def _unsign() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, '', true)", [SIGNATURE])


def logged(signature: Signature, model: type[Model]) -> Logged:
    """What the log of a model has under this signature so far."""
    with connection.cursor() as cursor:
        each = ", ".join("current_setting(%s, true)" for _ in OPERATIONS)
        cursor.execute(f"SELECT {each}", [_note(model, label) for label in OPERATIONS])
        told = zip(OPERATIONS, cursor.fetchone(), strict=True)
    mine = {label: note.split()[1:] for label, note in told if note and note.startswith(str(signature.id))}
    numbers = {label: [*map(int, texts)] for label, texts in mine.items()}
    if not numbers:
        return NOTHING
    rows, firsts, lasts = zip(*numbers.values(), strict=True)
    return Logged(dict(zip(numbers, rows, strict=True)), min(firsts), max(lasts))


def _note(model: type[Model], label: str) -> str:
    return NOTED.format(kind=model._meta.model_name, label=label)


COLUMNS = {
    "id": "uuid",
    "site_id": "bigint",
    "by_id": "bigint",
    "on_behalf_of_id": "bigint",
    **dict.fromkeys(("via", "request_id", "note", "reason_id", "reason_name"), "text"),
}
"""Of a change set, as its writer knows them."""


@cache
def _keep_statement() -> str:
    """Inserts a change set, unless nothing was noted under its id."""
    noted = (
        f"('{model._meta.model_name}', '{label}', '{_note(model, label)}')" for model in logs for label in OPERATIONS
    )
    return f"""
        WITH noted AS (
            SELECT kind, label, string_to_array(current_setting(note, true), ' ') AS told
            FROM (VALUES {", ".join(noted)}) AS noted (kind, label, note)
        ), logged AS (
            SELECT kind, jsonb_object_agg(label, told[2]::bigint) AS counts,
                jsonb_build_array(min(told[3]::bigint), max(told[4]::bigint)) AS span
            FROM noted
            WHERE told[1] = %(id)s::uuid::text
            GROUP BY kind
        )
        INSERT INTO {ChangeSet._meta.db_table} ({", ".join(COLUMNS)}, counts, spans)
        SELECT {", ".join(f"%({name})s::{of}" for name, of in COLUMNS.items())},
            jsonb_object_agg(kind, counts), jsonb_object_agg(kind, span)
        FROM logged
        HAVING count(*) > 0
    """  # noqa: S608 names of our own


def _keep(signature: UUID, by: Caller, *, note: str, reason: Reason) -> UUID | None:
    params: dict[str, Any] = {
        "id": signature,
        "site_id": by.site.pk,
        "by_id": by.user and by.user.pk,
        "on_behalf_of_id": by.on_behalf_of and by.on_behalf_of.pk,
        "via": by.via,
        "request_id": by.request_id,
        "note": note,
        "reason_id": reason.id,
        "reason_name": reason.name,
    }
    with planned_once() as cursor:
        cursor.execute(_keep_statement(), params)
        return signature if cursor.rowcount else None

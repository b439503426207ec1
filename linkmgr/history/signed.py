"""The only way to open a writing transaction."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from linkmgr.accounts.caller import Caller, MayNot
from linkmgr.history.log import SIGNATURE, logs
from linkmgr.history.models import ChangeSet
from linkmgr.timing import spent


class Signature:
    """The change set in the making; `kept` is its id once it is known to have changed something. Its entries in the
    log of a model come `after` this id."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.kept: UUID | None = None
        self.after: dict[type[Model], int] = {}


class Reason(NamedTuple):
    """What a change was made for, as its caller names it in lists of its own."""

    id: str = ""
    name: str = ""


NO_REASON = Reason()


class Logged(NamedTuple):
    """How many entries of one label a log has under a signature, and between which ids."""

    kind: str
    label: str
    rows: int
    first: int
    last: int


@contextmanager
def signed(by: Caller, *, dry_run: bool = False, note: str = "", reason: Reason = NO_REASON) -> Iterator[Signature]:
    """A transaction whose every logged row bears one change set; in a dry run all of it is undone at the end.

    What the change set counts is read from the log itself, so the two cannot disagree. A change set that changed
    nothing, or in which a rollback was set, is not kept. Waiting for another writer ends after LOCK_TIMEOUT seconds
    (django.db.OperationalError). Raises MayNot for a caller that may only find out what would become of it.
    """
    if by.dry_run_only and not dry_run:
        raise MayNot("write")
    signature = Signature()
    nested = connection.in_atomic_block
    with ExitStack() as ending:
        ending.enter_context(transaction.atomic())
        with spent("history"):
            signature.after = _sign(signature.id)
        yield signature
        if dry_run:
            transaction.set_rollback(True)
        if transaction.get_rollback():
            return
        with spent("history"):
            if logged := _logged(signature):
                signature.kept = _keep(signature.id, by, logged, note=note, reason=reason)
            if nested:  # what the outer transaction writes later is not of this change set
                _unsign()
        with spent("commit"):
            ending.pop_all().close()


def _sign(signature: UUID) -> dict[type[Model], int]:
    """Sign what follows; the last id that each log gave away before."""
    lasts = ", ".join("pg_sequence_last_value(pg_get_serial_sequence(%s, 'pgh_id'))" for _ in logs)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT set_config(%s, %s, true), set_config('lock_timeout', %s, true), {lasts}",
            [SIGNATURE, str(signature), f"{settings.LOCK_TIMEOUT}s", *(log._meta.db_table for log in logs.values())],
        )
        given = cursor.fetchone()[2:]
    return {model: last or 0 for model, last in zip(logs, given, strict=True)}


def limit_waiting() -> None:
    """For what waits before it signs: no longer than LOCK_TIMEOUT (django.db.OperationalError)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{settings.LOCK_TIMEOUT}s"])


def _unsign() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, '', true)", [SIGNATURE])


def _logged(signature: Signature) -> list[Logged]:
    """What the logs have under this signature."""
    union = " UNION ALL ".join(
        f"SELECT '{model._meta.model_name}', pgh_label, count(*), min(pgh_id), max(pgh_id) "  # noqa: S608
        f'FROM "{log._meta.db_table}" WHERE pgh_id > %s AND change_set_id = %s GROUP BY pgh_label'
        for model, log in logs.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(union, [param for model in logs for param in (signature.after[model], signature.id)])
        return [Logged(*row) for row in cursor.fetchall()]


def _keep(signature: UUID, by: Caller, logged: list[Logged], *, note: str, reason: Reason) -> UUID:
    counts: dict[str, dict[str, int]] = {}
    spans: dict[str, list[int]] = {}
    for entry in logged:
        counts.setdefault(entry.kind, {})[entry.label] = entry.rows
        first, last = spans.get(entry.kind, (entry.first, entry.last))
        spans[entry.kind] = [min(first, entry.first), max(last, entry.last)]
    ChangeSet.objects.create(
        id=signature,
        site=by.site,
        by=by.user,
        on_behalf_of=by.on_behalf_of,
        via=by.via,
        request_id=by.request_id,
        note=note,
        reason_id=reason.id,
        reason_name=reason.name,
        counts=counts,
        spans=spans,
    )
    return signature

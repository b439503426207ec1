"""The only way to open a writing transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from linkmgr.accounts.caller import Caller
from linkmgr.history.log import SIGNATURE, logs
from linkmgr.history.models import LONGEST_REQUEST_ID, ChangeSet


class Signature:
    """The change set in the making; `kept` is its id once it is known to have changed something."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.kept: UUID | None = None


@contextmanager
def signed(by: Caller, *, dry_run: bool = False, note: str = "") -> Iterator[Signature]:
    """A transaction whose every logged row bears one change set; in a dry run all of it is undone at the end.

    What the change set counts is read from the log itself, so the two cannot disagree. A change set that changed
    nothing is not kept. Waiting for another writer ends after LOCK_TIMEOUT seconds (django.db.OperationalError).
    """
    signature = Signature()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config(%s, %s, true), set_config('lock_timeout', %s, true)",
                [SIGNATURE, str(signature.id), f"{settings.LOCK_TIMEOUT}s"],
            )
        yield signature
        if dry_run:
            transaction.set_rollback(True)
        elif counts := _counts(signature.id):
            signature.kept = _keep(signature.id, by, counts, note)


def _keep(signature: UUID, by: Caller, counts: dict[str, dict[str, int]], note: str) -> UUID:
    request_id = by.request_id[:LONGEST_REQUEST_ID]
    ChangeSet.objects.create(
        id=signature, site=by.site, by=by.user, via=by.via, request_id=request_id, note=note, counts=counts
    )
    return signature


def _counts(signature: UUID) -> dict[str, dict[str, int]]:
    """{kind: {label: rows}} of what the log has under this signature."""
    union = " UNION ALL ".join(
        f"SELECT '{model._meta.model_name}', pgh_label, count(*) FROM \"{log._meta.db_table}\" "  # noqa: S608
        "WHERE change_set_id = %s GROUP BY pgh_label"
        for model, log in logs.items()
    )
    counts: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(union, [signature] * len(logs))
        for kind, label, rows in cursor.fetchall():
            counts.setdefault(kind, {})[label] = rows
    return counts

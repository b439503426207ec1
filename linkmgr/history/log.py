"""One log table per kind, written by statement triggers: API, admin, commands and psql are caught alike.

An entry is the row *as it stood afterwards* (a deleted one as it stood last); the state before is the entry before.
Beside them the triggers note which entries a transaction wrote, for the feed, which tells them in order of commit.
"""

from typing import Any

import pghistory
import pgtrigger
from django.db import models

from linkmgr.history.models import THIS_TRANSACTION, ChangeSet

OPERATIONS = {
    "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="touched")),  # type: ignore[no-untyped-call]
    "update": (pgtrigger.Update, pgtrigger.Referencing(new="touched")),  # type: ignore[no-untyped-call]
    "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="touched")),  # type: ignore[no-untyped-call]
}
SIGNATURE = "linkmgr.change_set"
"""The setting, local to a transaction, that holds the id of its change set. One that is not signed (psql) makes up an
id: no change set has it, but its entries are told from those of others by it."""

NOTED = "linkmgr.{kind}_{label}"
"""Settings, local to a transaction too, in which the triggers note what they wrote: the change set, how many entries of
the label, and between which ids. So nobody has to look for them in the log."""

REDUNDANT = {"id", "created_at", "updated_at"}
"""The log has them as pgh_obj and pgh_created_at."""

logs: dict[type[models.Model], type[models.Model]] = {}
"""Logged model → model of its log."""


def keep_log(model: type[models.Model]) -> type[models.Model]:
    """Make the log of a model that has a site, `<Model>Change`, and the triggers that write it."""
    log = pghistory.create_event_model(
        model,
        *map(pghistory.ManualEvent, OPERATIONS),
        obj_field=pghistory.ObjForeignKey(db_index=True),
        context_field=None,  # type: ignore[arg-type]
        exclude=sorted(REDUNDANT),
        attrs={
            "pgh_id": models.BigAutoField(primary_key=True),
            "change_set": models.ForeignKey(
                ChangeSet, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
            ),
        },
        meta={"ordering": ("-pgh_id",), "verbose_name": f"{model._meta.verbose_name} history"},
        model_name=f"{model.__name__}Change",
        abstract=False,
    )
    for label, (operation, referencing) in OPERATIONS.items():
        trigger = pgtrigger.Trigger(
            name=f"log_{label}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            declare=[("signature", "uuid"), ("given", "bigint"), ("written", "bigint"), ("noted", "text[]")],
            func=_statement(model, log, label),
        )
        pgtrigger.register(trigger)(model)
    logs[model] = log
    return log


def _statement(model: type[models.Model], log: type[models.Model], label: str) -> str:
    """Nothing is joined or compared: rows that would not change are not written, so they are not touched.

    The ids that the log `given` before are the lower bound of this transaction's; the upper one is taken at its commit.
    A note of the transaction that stands already is not written again, or many small statements would slow each other.
    """
    columns: list[Any] = [field.column for field in model._meta.local_fields if field.name not in REDUNDANT]
    note = NOTED.format(kind=model._meta.model_name, label=label)
    names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(f'touched."{name}"' for name in columns)
    table = log._meta.db_table
    return f"""
        IF NOT EXISTS (SELECT FROM touched) THEN
            RETURN NULL;
        END IF;
        signature := NULLIF(current_setting('{SIGNATURE}', true), '');
        IF signature IS NULL THEN
            signature := set_config('{SIGNATURE}', gen_random_uuid()::text, true);
        END IF;
        given := coalesce(pg_sequence_last_value(pg_get_serial_sequence('{table}', 'pgh_id')), 0);
        INSERT INTO "{table}" (pgh_created_at, pgh_label, pgh_obj_id, change_set_id, {names})
        SELECT now(), '{label}', touched.id, signature, {values} FROM touched;
        GET DIAGNOSTICS written = ROW_COUNT;
        noted := string_to_array(current_setting('{note}', true), ' ');
        IF noted[1] IS DISTINCT FROM signature::text THEN
            noted := ARRAY[signature::text, '0', (given + 1)::text];
        END IF;
        PERFORM set_config('{note}', concat_ws(' ', signature, noted[2]::bigint + written, noted[3],
            currval(pg_get_serial_sequence('{table}', 'pgh_id'))), true);
        INSERT INTO history_commit AS noted (transaction, site_id, log, change_sets, first)
        SELECT DISTINCT {THIS_TRANSACTION}, site_id, '{table}', ARRAY[signature], given + 1 FROM touched
        ON CONFLICT (transaction, site_id, log) WHERE transaction IS NOT NULL
        DO UPDATE SET change_sets = noted.change_sets || excluded.change_sets
        WHERE NOT noted.change_sets @> excluded.change_sets;
        RETURN NULL;
    """  # noqa: S608 names of our own

"""One log table per kind, written by statement triggers: API, admin, commands and psql are caught alike.

An entry is the row *as it stood afterwards* (a deleted one as it stood last); the state before is the entry before.
"""

from typing import Any

import pghistory
import pgtrigger
from django.db import models

from linkmgr.history.models import ChangeSet

OPERATIONS = {
    "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="touched")),  # type: ignore[no-untyped-call]
    "update": (pgtrigger.Update, pgtrigger.Referencing(new="touched")),  # type: ignore[no-untyped-call]
    "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="touched")),  # type: ignore[no-untyped-call]
}
SIGNATURE = "linkmgr.change_set"
"""The setting, local to a transaction, that holds the id of its change set."""

REDUNDANT = {"id", "created_at", "updated_at"}
"""The log has them as pgh_obj and pgh_created_at."""

logs: dict[type[models.Model], type[models.Model]] = {}
"""Logged model → model of its log."""


def keep_log(model: type[models.Model]) -> type[models.Model]:
    """Make the log of a model, `<Model>Change`, and the triggers that write it."""
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
            func=_statement(model, log, label),
        )
        pgtrigger.register(trigger)(model)
    logs[model] = log
    return log


def _statement(model: type[models.Model], log: type[models.Model], label: str) -> str:
    """Nothing is joined or compared: rows that would not change are not written, so they are not touched.

    The signature is read once, by a subselect, not for every row.
    """
    columns: list[Any] = [field.column for field in model._meta.local_fields if field.name not in REDUNDANT]
    names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(f'touched."{name}"' for name in columns)
    signature = f"(SELECT NULLIF(current_setting('{SIGNATURE}', true), '')::uuid)"
    return (
        f'INSERT INTO "{log._meta.db_table}" '  # noqa: S608
        f"(pgh_created_at, pgh_label, pgh_obj_id, change_set_id, {names}) "
        f"SELECT now(), '{label}', touched.id, {signature}, {values} FROM touched; RETURN NULL;"
    )

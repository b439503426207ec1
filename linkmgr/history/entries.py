"""Entries of the log for people: what happened, and what it changed from what to what."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, QuerySet

from linkmgr.history.earlier import entries_before
from linkmgr.history.log import logs
from linkmgr.history.models import ChangeSet

HAPPENED = {"insert": "created", "update": "changed", "delete": "deleted"}
NOT_TOLD = {"site", "change_set"}
NAMED_ONCE = "link_id"
"""Told as a change only where it is one: it heads the entry."""
NOTHING = "(empty)"


class Change(NamedTuple):
    """A column, and its value before and after as text; None where there was no row, or nothing is known of it."""

    name: str
    old: str | None
    new: str | None


class Entry(NamedTuple):
    object_id: int
    link_id: str
    when: datetime
    happened: str
    change_set: ChangeSet | None
    changes: list[Change]


def logged_models() -> dict[str, type[models.Model]]:
    """Logged models by the name that change sets count them under."""
    return {str(model._meta.model_name): model for model in logs}


def entries_of(model: type[models.Model], **which: Any) -> QuerySet[Any]:
    """Rows of a model's log, newest first."""
    log: Any = logs[model]
    rows: QuerySet[Any] = log.objects.filter(**which).select_related("change_set__by", *_named(log))
    return rows.order_by("-pgh_id")


def history_of(model: type[models.Model], object_id: int | None, **which: Any) -> QuerySet[Any]:
    """Entries of one row, newest first, found by their row and then sorted: the planner may take them for so many that
    it would rather look for them among the entries of all rows, which have the order already."""
    return entries_of(model, pgh_obj_id=object_id, **which).order_by((F("pgh_id") + 0).desc())


def read(rows: Sequence[Any]) -> list[Entry]:
    """The entries of one page of a log, in the order given; two more queries, however many they are."""
    log: Any = type(rows[0]) if rows else None
    before = entries_before(log, {row.pk: row.pgh_obj_id for row in rows})
    wanted = {*filter(None, before.values())}
    states = log.objects.select_related(*_named(log)).in_bulk(wanted) if wanted else {}
    return [_entry(row, states.get(before[row.pk])) for row in rows]


def _entry(row: Any, before: Any) -> Entry:
    old, new = {"insert": (None, row), "delete": (row, None)}.get(row.pgh_label, (before, row))
    changes = [*_changes(old, new)]
    return Entry(row.pgh_obj_id, str(row.link_id), row.pgh_created_at, HAPPENED[row.pgh_label], row.change_set, changes)


def _changes(old: Any, new: Any) -> Iterator[Change]:
    """Columns that differ between two states; all that say something where one of the two is missing."""
    for field in _told(type(new or old)):
        texts = [None if state is None else _shown(field, getattr(state, field.name)) for state in (old, new)]
        if texts[0] != texts[1] and (None not in texts or not (NOTHING in texts or field.name == NAMED_ONCE)):
            yield Change(str(field.verbose_name), *texts)


def _told(log: type[models.Model]) -> list[Any]:
    return [
        field for field in log._meta.local_fields if field.name not in NOT_TOLD and not field.name.startswith("pgh_")
    ]


def _named(log: Any) -> list[str]:
    """Columns told by the name of what they refer to."""
    return [field.name for field in _told(log) if field.is_relation]


def _shown(field: Any, value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
    return str(dict(field.flatchoices).get(value, value))

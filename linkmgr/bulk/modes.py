"""How items that are known by their link_id alone meet stored rows: the modes of the REST API."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stage import Stage

Unique = tuple[str, ...]
"""Columns, as of a kind."""


class Mode(StrEnum):
    MERGE = "merge"
    """Create what is not stored, update what is."""
    CREATE_ONLY = "create_only"
    """What is stored already is refused."""
    UPDATE_ONLY = "update_only"
    """What is not stored is refused."""


def in_mode(kind: Kind, mode: Mode) -> Kind:
    """The kind with a merge in which link_ids stay: an address that another row has is refused, never taken over."""
    return kind._replace(merge=partial(_once_each, then=MERGES[mode], unique=kind.unique))


def _once_each(stage: Stage, *, then: Callable[[Stage, Unique], None], unique: Unique) -> None:
    """None of several items with one link_id is taken for the right one."""
    stage.refuse_repeats("link_id", outcome=Outcome.REPEATED)
    then(stage, unique)


def _merge(stage: Stage, unique: Unique) -> None:
    if not unique:
        stage.upsert()
    elif stage.has_repeats(*unique) or not stage.try_upsert():  # mostly nothing stands in the way
        stage.match("link_id")
        _write(stage, unique)


def _create_only(stage: Stage, unique: Unique) -> None:
    stage.match("link_id")
    stage.refuse_matched(Outcome.EXISTS)
    _write(stage, unique)


def _update_only(stage: Stage, unique: Unique) -> None:
    stage.match("link_id")
    stage.refuse_unmatched(Outcome.ENTITY_NOT_FOUND)
    _write(stage, unique)


MERGES = {Mode.MERGE: _merge, Mode.CREATE_ONLY: _create_only, Mode.UPDATE_ONLY: _update_only}


def _write(stage: Stage, unique: Unique) -> None:
    if unique:
        stage.refuse_repeats(*unique, outcome=Outcome.HAS_DUPLICATES)
        stage.refuse_taken(*unique, outcome=Outcome.HAS_DUPLICATES)
    stage.update()
    stage.insert()

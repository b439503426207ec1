"""How items that are known by their link_id alone meet stored rows: the modes of the REST API."""

from collections.abc import Callable
from enum import StrEnum

from linkmgr.bulk.kind import Kind
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stage import Stage


class Mode(StrEnum):
    MERGE = "merge"
    """Create what is not stored, update what is."""
    CREATE_ONLY = "create_only"
    """What is stored already is refused."""
    UPDATE_ONLY = "update_only"
    """What is not stored is refused."""


def in_mode(kind: Kind, mode: Mode) -> Kind:
    """The kind with a merge in which link_ids stay: an address that another row has is refused, never taken over."""
    return kind._replace(merge=MERGES[mode](kind.unique))


def _merge(unique: tuple[str, ...]) -> Callable[[Stage], None]:
    def merge(stage: Stage) -> None:
        stage.refuse_repeats("link_id", outcome=Outcome.REPEATED)
        if not unique:
            stage.upsert()
        elif stage.has_repeats(*unique) or not stage.try_upsert():  # mostly nothing stands in the way
            stage.match("link_id")
            _write(stage, unique)

    return merge


def _create_only(unique: tuple[str, ...]) -> Callable[[Stage], None]:
    def merge(stage: Stage) -> None:
        _match(stage)
        stage.refuse_matched(Outcome.EXISTS)
        _write(stage, unique)

    return merge


def _update_only(unique: tuple[str, ...]) -> Callable[[Stage], None]:
    def merge(stage: Stage) -> None:
        _match(stage)
        stage.refuse_unmatched(Outcome.ENTITY_NOT_FOUND)
        _write(stage, unique)

    return merge


MERGES = {Mode.MERGE: _merge, Mode.CREATE_ONLY: _create_only, Mode.UPDATE_ONLY: _update_only}


def _match(stage: Stage) -> None:
    stage.refuse_repeats("link_id", outcome=Outcome.REPEATED)
    stage.match("link_id")


def _write(stage: Stage, unique: tuple[str, ...]) -> None:
    if unique:
        stage.refuse_repeats(*unique, outcome=Outcome.HAS_DUPLICATES)
        stage.refuse_taken(*unique, outcome=Outcome.HAS_DUPLICATES)
    stage.update()
    stage.insert()

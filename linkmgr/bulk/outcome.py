"""What became of one item of a bulk request."""

from enum import StrEnum

import msgspec

from linkmgr.bulk.faults import Fault


class Outcome(StrEnum):
    """The words of `extended_info` (contract §1), the vendor's spelling included; then those of the REST API alone."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    ENTITY_NOT_FOUND = "entity_not_found"
    HAS_DUPLICATES = "has_dublicates"
    INVALID = "invalid_entity_data"
    UNCHANGED = "unchanged"
    EXISTS = "exists"
    REPEATED = "repeated"


REST_ALONE = frozenset({Outcome.UNCHANGED, Outcome.EXISTS, Outcome.REPEATED})
SUCCESSES = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED})


class Result(msgspec.Struct, gc=False):
    """One answer to one item; `link_id` is None when the item's own could not be read."""

    link_id: str | None
    outcome: Outcome
    faults: tuple[Fault, ...] = ()

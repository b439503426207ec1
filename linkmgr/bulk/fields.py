"""The constrained types that items are made of, and the item itself. JSON types are strict: "5" is no integer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar

import msgspec
from msgspec import Meta

from linkmgr.bulk.faults import Fault

TEXT = {"pattern": r"^[^\u0000]*$"}
"""What JSON Schema says of any text besides: PostgreSQL stores no NUL. Whether there is one, `check` looks."""

LinkId = Annotated[
    str, Meta(min_length=36, max_length=36, extra={"word": "uuid"}, extra_json_schema={"format": "uuid"})
]
"""A UUID of 36 characters in any letter case; that they are hexadecimal is checked over all items at once."""

Guid = Annotated[
    str,
    Meta(max_length=36, pattern="^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", extra={"word": "uuid"}),
]
"""The same, checked at once, where there are few."""

Moment = Annotated[datetime, Meta(tz=True)]
"""Of a clock that says its offset."""

Columns = dict[str, list[Any]]
"""Column name → one value an item, None where the item does not say."""


T = TypeVar("T")


def given(values: Iterable[T | msgspec.UnsetType]) -> list[T | None]:
    """A column of the values, with None for a member that an item does not have."""
    return [None if value is msgspec.UNSET else value for value in values]


class Item(msgspec.Struct, gc=False):
    """One item of a bulk request, as it stands on the wire. An app's item adds its members and the three methods."""

    link_id: LinkId

    optional: ClassVar[tuple[str, ...]] = ()
    """Columns that an item need not give: kept on an update, the database's default on a creation."""

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        """The items as columns of the table, without link_id."""
        raise NotImplementedError

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        """(index, fault) of items whose members are each well-formed but not allowed, or not allowed together."""
        yield from ()

    @classmethod
    def of(cls, stored: Any) -> Self:
        """The item that would write this stored row."""
        raise NotImplementedError


class FlatItem(Item, forbid_unknown_fields=True):
    """An item whose members are the columns of its table; one it does not know is a fault."""

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        names = [name for name in cls.__struct_fields__ if name != "link_id"]
        return {name: given([getattr(item, name) for item in items]) for name in names}

    @classmethod
    def of(cls, stored: Any) -> Self:
        members = {name: getattr(stored, name) for name in cls.__struct_fields__}
        return cls(**{**members, "link_id": str(stored.link_id)})

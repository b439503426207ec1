"""What the resource API must be told of a collection, and nothing else."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, get_type_hints
from uuid import UUID

import msgspec
from django.db.models import Model
from django_filters import FilterSet

from linkmgr.bulk.fields import Item, Moment
from linkmgr.bulk.kind import Kind

Row = Any


class Resource(Protocol):
    """`name` is its word in addresses, `key` the column that its members are known by, `shown` the shape of a member.

    `ordering` are members that lists are sorted by unless they are told otherwise, with a minus for descending, and
    `sorting` those they can be sorted by, with their columns. `search` are lookups (`name__icontains`): one of them has
    to find what `search=` asks for.
    """

    name: str
    model: type[Model]
    key: str
    shown: type[msgspec.Struct]
    filters: type[FilterSet]
    search: tuple[str, ...]
    ordering: tuple[str, ...]
    sorting: dict[str, str]

    def show(self, row: Row) -> msgspec.Struct: ...


class Records:
    """A collection that is only read."""

    def __init__(
        self,
        name: str,
        model: type[Model],
        shown: type[msgspec.Struct],
        show: Callable[[Row], msgspec.Struct],
        *,
        filters: type[FilterSet],
        search: tuple[str, ...] = (),
        ordering: tuple[str, ...] = ("id",),
        renamed: dict[str, str] | None = None,
    ) -> None:
        """`renamed` are members of other names than their columns."""
        self.name, self.model, self.shown, self.show = name, model, shown, show
        self.filters, self.search, self.ordering = filters, search, ordering
        self.key = "id"
        self.sorting = {**_sorting(model, shown), **(renamed or {})}


class ReadOnly(msgspec.Struct):
    """What the members of every kind tell besides what is written."""

    created_at: Moment
    updated_at: Moment


class Linked:
    """A collection of one kind, read and written by link_id. `read_only` is told besides the item's members."""

    key = "link_id"
    ordering: tuple[str, ...] = ("link_id",)

    def __init__(
        self,
        name: str,
        kind: Kind,
        *,
        filters: type[FilterSet],
        search: tuple[str, ...],
        read_only: type[ReadOnly] = ReadOnly,
    ) -> None:
        self.name, self.kind, self.filters, self.search = name, kind, filters, search
        self.model: type[Model] = kind.model
        self.read_only = read_only.__struct_fields__
        self.shown = _shown(kind.item, read_only)
        self.logged = _logged(self.shown)
        self.sorting = _sorting(kind.model, self.shown)

    def show(self, row: Row) -> msgspec.Struct:
        return self.shown(*(getattr(row, name) for name in self.shown.__struct_fields__))

    def show_logged(self, entry: Row) -> msgspec.Struct:
        """Of an entry of the log, which does not say when its row was made."""
        return self.logged(*(getattr(entry, name) for name in self.logged.__struct_fields__))

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Optional members, as they are when nobody says them."""
        return {name: self.model._meta.get_field(name).db_default for name in self.kind.item.optional}  # type: ignore[union-attr]


def _sorting(model: type[Model], shown: type[msgspec.Struct]) -> dict[str, str]:
    """Members that are columns with an order."""
    columns = {field.attname for field in model._meta.local_fields if field.get_internal_type() != "JSONField"}
    return {name: name for name in shown.__struct_fields__ if name in columns}


def _shown(item: type[Item], read_only: type[ReadOnly]) -> type[msgspec.Struct]:
    """The item as it is read: every member is there, in the item's order. Named as the item is, without `Item`."""
    hints = get_type_hints(item, include_extras=True)
    members = [(name, hints[name]) for name in item.__struct_fields__ if name != "link_id"]
    told = [(name, hint) for name, hint in get_type_hints(read_only, include_extras=True).items()]
    fields = [("link_id", UUID), *((name, _always(hint)) for name, hint in members), *told]
    return msgspec.defstruct(item.__name__.removesuffix("Item"), fields, namespace={"__doc__": item.__doc__})


def _logged(shown: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """What a log has of it."""
    hints = get_type_hints(shown, include_extras=True)
    fields = [(name, hints[name]) for name in shown.__struct_fields__ if name not in ReadOnly.__struct_fields__]
    return msgspec.defstruct(f"{shown.__name__}Row", fields)


def _always(hint: Any) -> Any:
    """`Path | UnsetType` → `Path`"""
    options = [option for option in getattr(hint, "__args__", ()) if option is not msgspec.UnsetType]
    return options[0] if msgspec.UnsetType in getattr(hint, "__args__", ()) else hint

"""A contact on the wire in its two dialects: v0 (seed 002) and v1 (seed 004), over one table (contract §4)."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from contacts.models import LONGEST_NAME, LONGEST_RINGTONE, Contact
from contacts.numbers import LONGEST_NUMBER, SHAPES, SIP, TYPED_NUMBER
from linkmgr.bulk.check import unlike
from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.fields import TEXT, Columns, Item, given
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.stage import Stage

LONGEST_NAME_V1 = 30
Number = Annotated[str, Meta(max_length=LONGEST_NUMBER)]
Ringtone = Annotated[str, Meta(max_length=LONGEST_RINGTONE, extra_json_schema=TEXT)]
Flag = bool | UnsetType


def in_json_schema(*types: str) -> dict[str, Any]:
    """What numbers of each type look like, and that both flags are not true together."""
    shapes = {kind: f"^({SHAPES[kind]}|{SIP})$" if kind in SHAPES else f"^({SIP})$" for kind in types}
    numbers = [
        {"properties": {"type": {"const": kind}, "number": {"pattern": pattern}}} for kind, pattern in shapes.items()
    ]
    flags = ("auto_answer", "in_black_list")
    both = {"properties": {name: {"const": True} for name in flags}, "required": [*flags]}
    return {"allOf": [{"anyOf": numbers}], "not": both}


class ContactItem(Item):
    """What both dialects have."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra_json_schema=TEXT)]
    type: str
    number: Number
    is_favorite: Flag = UNSET
    auto_answer: Flag = UNSET
    in_black_list: Flag = UNSET

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        answered, black = [item.auto_answer for item in items], [item.in_black_list for item in items]
        return {
            "name": [item.name for item in items],
            "type": [item.type for item in items],
            "number": [item.number for item in items],
            "is_favorite": given([item.is_favorite for item in items]),
            "auto_answer": _unless(black, answered),
            "in_black_list": _unless(answered, black),
        }

    @classmethod
    def faults(cls, items: Sequence[Self]) -> Iterator[tuple[int, Fault]]:
        for at in unlike([f"{item.type} {item.number}" for item in items], TYPED_NUMBER):
            if not isinstance(items[at].type, UnsetType) and not isinstance(items[at].number, UnsetType):
                yield at, Fault(("number",), Problem.VALUE, Need("string"), f"number_{items[at].type}")
        for at, item in enumerate(items):
            if item.auto_answer is True and item.in_black_list is True:
                yield at, Fault(("auto_answer",), Problem.VALUE, Need("boolean"), "both_flags")

    @classmethod
    def of(cls, stored: Contact) -> Self:
        members: dict[str, Any] = {name: getattr(stored, name) for name in cls.__struct_fields__}
        return cls(**{**members, "link_id": str(stored.link_id)})


class ContactV0(ContactItem):
    together: ClassVar = in_json_schema("regular", "individual", "multi", "global")

    type: Literal["regular", "individual", "multi", "global"]
    is_default: Flag = UNSET

    optional = ("is_favorite", "is_default", "auto_answer", "in_black_list")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), **_columns_of(items, "is_default")}


class ContactV1(ContactItem):
    together: ClassVar = in_json_schema("regular", "individual", "multi", "p2p")

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME_V1, extra_json_schema=TEXT)]
    type: Literal["regular", "individual", "multi", "p2p"]
    ringtone: Ringtone | UnsetType = UNSET
    is_p2p: Flag = UNSET

    optional = ("is_favorite", "auto_answer", "in_black_list", "ringtone", "is_p2p")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), **_columns_of(items, "ringtone", "is_p2p")}


class AnyContact(ContactItem):
    """What a contact of either dialect may have: as a plain resource and in files."""

    together: ClassVar = in_json_schema("regular", "individual", "multi", "global", "p2p")

    type: Literal["regular", "individual", "multi", "global", "p2p"]
    is_default: Flag = UNSET
    ringtone: Ringtone | UnsetType = UNSET
    is_p2p: Flag = UNSET

    optional = ("is_favorite", "auto_answer", "in_black_list", "is_default", "ringtone", "is_p2p")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), **_columns_of(items, "is_default", "ringtone", "is_p2p")}


def _columns_of(items: Sequence[ContactItem], *names: str) -> Columns:
    return {name: given([getattr(item, name) for item in items]) for name in names}


def _unless(others: Sequence[Flag], flags: Sequence[Flag]) -> list[bool | None]:
    """Flags, each of which the other one being given as true sets to false when it is not given itself."""
    return [
        (False if other is True else None) if flag is UNSET else flag for other, flag in zip(others, flags, strict=True)
    ]


def merge(stage: Stage) -> None:
    """A contact is known by its link_id alone."""
    stage.supersede_repeats()
    stage.upsert()


CONTACT_V0 = Kind("contact", Contact, ContactV0, merge, min_items=1)
CONTACT_V1 = Kind("contact", Contact, ContactV1, merge)

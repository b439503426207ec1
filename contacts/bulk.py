"""A contact on the wire in its two dialects: v0 (seed 002) and v1 (seed 004), over one table (contract §4)."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from contacts.models import LONGEST_NAME, LONGEST_RINGTONE, Contact
from contacts.numbers import LONGEST_NUMBER, TYPED_NUMBER
from linkmgr.bulk.check import unlike
from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.fields import Columns, Item, given
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.stage import Stage

LONGEST_NAME_V1 = 30
Number = Annotated[str, Meta(max_length=LONGEST_NUMBER)]
Flag = bool | UnsetType


class ContactItem(Item):
    """What both dialects have."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
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
    type: Literal["regular", "individual", "multi", "global"]
    is_default: Flag = UNSET

    optional = ("is_favorite", "is_default", "auto_answer", "in_black_list")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), "is_default": given([item.is_default for item in items])}


class ContactV1(ContactItem):
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME_V1)]
    type: Literal["regular", "individual", "multi", "p2p"]
    ringtone: Annotated[str, Meta(max_length=LONGEST_RINGTONE)] | UnsetType = UNSET
    is_p2p: Flag = UNSET

    optional = ("is_favorite", "auto_answer", "in_black_list", "ringtone", "is_p2p")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {
            **super().columns(items),
            "ringtone": given([item.ringtone for item in items]),
            "is_p2p": given([item.is_p2p for item in items]),
        }


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

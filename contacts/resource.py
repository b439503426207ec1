"""Contacts as a plain resource: everything that either dialect of the devices has."""

from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from msgspec import UNSET, UnsetType

from contacts import bulk
from contacts.filters import ContactFilters
from linkmgr.api.rest.resource import Linked
from linkmgr.bulk.fields import Columns


class ContactItem(bulk.ContactItem, forbid_unknown_fields=True):
    together: ClassVar = bulk.in_json_schema("regular", "individual", "multi", "global", "p2p")

    type: Literal["regular", "individual", "multi", "global", "p2p"]
    is_default: bulk.Flag = UNSET
    ringtone: bulk.Ringtone | UnsetType = UNSET
    is_p2p: bulk.Flag = UNSET

    optional = ("is_favorite", "auto_answer", "in_black_list", "is_default", "ringtone", "is_p2p")

    @classmethod
    def columns(cls, items: Sequence[Self]) -> Columns:
        return {**super().columns(items), **bulk.columns_of(items, "is_default", "ringtone", "is_p2p")}


CONTACTS = Linked(
    "contacts",
    bulk.CONTACT_V1._replace(item=ContactItem),
    filters=ContactFilters,
    search=("name__icontains", "number__contains"),
)

"""Addresses of contacts: kind and voice, nothing else."""

from contacts.bulk import CONTACT_V0, CONTACT_V1
from linkmgr.api.views import LinkItems
from linkmgr.bulk.check import OnFault


class ContactItemsV0(LinkItems):
    kind = CONTACT_V0
    on_fault = OnFault.SPARE_VALUES
    sorting = {"name": ("name",), "number": ("number",), "type": ("type",)}


class ContactItemsV1(LinkItems):
    kind = CONTACT_V1
    sorting = ContactItemsV0.sorting

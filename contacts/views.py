"""Addresses of contacts: kind and voice, nothing else."""

from contacts.bulk import CONTACT_V0, CONTACT_V1
from contacts.resource import CONTACTS
from linkmgr.api.rest.bulk import Bulk
from linkmgr.api.rest.members import Members
from linkmgr.api.views import LinkItems
from linkmgr.bulk.check import OnFault


class ContactItemsV0(LinkItems):
    kind = CONTACT_V0
    on_fault = OnFault.SPARE_VALUES
    sorting = {"name": ("name",), "number": ("number",), "type": ("type",)}


class ContactItemsV1(LinkItems):
    kind = CONTACT_V1
    sorting = ContactItemsV0.sorting


class ContactMembers(Members):
    resource = CONTACTS


class ContactBulk(Bulk):
    resource = CONTACTS

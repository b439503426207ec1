"""Contacts as a plain resource: everything that either dialect of the devices has."""

from contacts import bulk
from contacts.filters import ContactFilters
from linkmgr.api.rest.resource import Linked


class ContactItem(bulk.AnyContact, forbid_unknown_fields=True):
    pass


CONTACTS = Linked(
    "contacts",
    bulk.CONTACT_V1._replace(item=ContactItem),
    filters=ContactFilters,
    search=("name__icontains", "number__contains"),
)

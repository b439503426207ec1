"""The table of kinds. The only list of kinds in the house."""

import apartments.files
import apartments.resource
import contacts.files
import contacts.resource
import timeprofiles.files
import timeprofiles.resource
from apartments.bulk import APARTMENT
from contacts.bulk import CONTACT_V0, CONTACT_V1
from linkmgr.api.rest.resource import Linked
from linkmgr.bulk.kind import Kind
from linkmgr.files.layout import Layout
from timeprofiles.bulk import TIME_PROFILE

KINDS: tuple[Kind, ...] = (APARTMENT, TIME_PROFILE, CONTACT_V0, CONTACT_V1)
"""Contacts are there twice, once for each dialect of their items."""

RESOURCES: tuple[Linked, ...] = (
    apartments.resource.APARTMENTS,
    timeprofiles.resource.TIME_PROFILES,
    contacts.resource.CONTACTS,
)
"""How each stands in the resource API."""

LAYOUTS: tuple[Layout, ...] = (timeprofiles.files.TIME_PROFILES, apartments.files.APARTMENTS, contacts.files.CONTACTS)
"""How each lies in files, in the order in which they are loaded."""

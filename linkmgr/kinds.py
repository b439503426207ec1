"""The table of kinds. The only list of kinds in the house."""

from apartments.bulk import APARTMENT
from apartments.files import APARTMENTS
from contacts.bulk import CONTACT_V0, CONTACT_V1
from contacts.files import CONTACTS
from linkmgr.bulk.kind import Kind
from linkmgr.files.layout import Layout
from timeprofiles.bulk import TIME_PROFILE
from timeprofiles.files import TIME_PROFILES

KINDS: tuple[Kind, ...] = (APARTMENT, TIME_PROFILE, CONTACT_V0, CONTACT_V1)
"""Contacts are there twice, once for each dialect of their items."""

LAYOUTS: tuple[Layout, ...] = (TIME_PROFILES, APARTMENTS, CONTACTS)
"""How each lies in files, in the order in which they are loaded."""

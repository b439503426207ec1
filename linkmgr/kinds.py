"""The table of kinds. The only list of kinds in the house."""

from apartments.bulk import APARTMENT
from contacts.bulk import CONTACT_V0, CONTACT_V1
from linkmgr.bulk.kind import Kind
from timeprofiles.bulk import TIME_PROFILE

KINDS: tuple[Kind, ...] = (APARTMENT, TIME_PROFILE, CONTACT_V0, CONTACT_V1)
"""Contacts are there twice, once for each dialect of their items."""

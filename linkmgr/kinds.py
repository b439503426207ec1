"""The table of kinds. The only list of kinds in the house."""

from apartments.bulk import APARTMENT
from contacts.bulk import CONTACT_V0
from linkmgr.bulk.kind import Kind
from timeprofiles.bulk import TIME_PROFILE

KINDS: dict[str, Kind] = {kind.name: kind for kind in (APARTMENT, TIME_PROFILE, CONTACT_V0)}

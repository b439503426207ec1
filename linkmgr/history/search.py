"""UUIDs by their beginnings, as a range that an index answers."""

import re
from uuid import UUID

SHORTEST = 4
"""Of shorter words too many are names: Ada, Bea, Ed."""
LOWEST = "00000000-0000-0000-0000-000000000000"
HEXADECIMAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WITHOUT_HYPHENS = 32


def beginning_of_uuid(term: str) -> tuple[UUID, UUID] | None:
    """The first and the last UUID that begin like this, or None if none does."""
    start = term.lower()
    if len(start) == WITHOUT_HYPHENS and "-" not in start:
        start = f"{start[:8]}-{start[8:12]}-{start[12:16]}-{start[16:20]}-{start[20:]}"
    lowest = start + LOWEST[len(start) :]
    if len(start) < SHORTEST or not HEXADECIMAL.fullmatch(lowest):
        return None
    return UUID(lowest), UUID(start + LOWEST.replace("0", "f")[len(start) :])

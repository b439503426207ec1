"""Contacts in files: the members of both dialects, and the zeros that spreadsheets take from numbers."""

import re
from datetime import tzinfo

from contacts.bulk import AnyContact, merge
from contacts.models import LONGEST_NAME, Contact
from linkmgr.bulk.kind import Kind
from linkmgr.files.formats.rows import Cell
from linkmgr.files.layout import Cells, Column, Layout, as_text

WIDTHS = {"regular": (4, 2, 2, 2), "individual": (3, 2, 2, 2, 1), "multi": (4, 2, 2), "global": (4,)}
PARTS = re.compile(r"[0-9]{1,4}(?:-[0-9]{1,3})*")


def number(cell: Cell, cells: Cells, zone: tzinfo) -> str:
    """`1-1-1-1` of a regular contact is 0001-01-01-01: zeros in front are what spreadsheets eat."""
    text = as_text(cell).strip()
    widths = WIDTHS.get(str(cells.get("type")), ())
    parts = text.split("-") if PARTS.fullmatch(text) else []
    return "-".join(map(str.zfill, parts, widths)) if parts and len(parts) == len(widths) else as_text(cell)


CONTACTS = Layout(
    "contacts",
    Kind("contact", Contact, AnyContact, merge),
    Column("link_id", ("link_id",), "UUID by which monitors and integrations know the contact"),
    Column("name", ("name",), f"At most {LONGEST_NAME} characters"),
    Column("type", ("type",), "regular, individual, multi, global or p2p"),
    Column("number", ("number",), "By type 0001-01-01-01, 001-01-01-01-1, 0001-01-01, 0001; or sip:user@host", number),
    Column("is_favorite", ("is_favorite",), "true or false"),
    Column("is_default", ("is_default",), "true or false; monitors of API v0"),
    Column("auto_answer", ("auto_answer",), "true or false; not together with in_black_list"),
    Column("in_black_list", ("in_black_list",), "true or false"),
    Column("ringtone", ("ringtone",), "Name of a sound; monitors of API v1", means_something=True),
    Column("is_p2p", ("is_p2p",), "true or false; monitors of API v1"),
)

"""Files ↔ rows, whatever the format, in bounded memory. Knows nothing of kinds, columns or the database."""

from linkmgr.files.formats.opening import open_file
from linkmgr.files.formats.rows import Bundle, Cell, Item, Items, Table, TableRow
from linkmgr.files.formats.sniff import Format
from linkmgr.files.formats.unreadable import Unreadable, Unwritable
from linkmgr.files.formats.writers import ItemWriter, TableWriter
from linkmgr.files.formats.writing import BundleWriter, open_bundle_writer, open_writer

__all__ = [
    "Bundle",
    "BundleWriter",
    "Cell",
    "Format",
    "Item",
    "ItemWriter",
    "Items",
    "Table",
    "TableRow",
    "TableWriter",
    "Unreadable",
    "Unwritable",
    "open_bundle_writer",
    "open_file",
    "open_writer",
]

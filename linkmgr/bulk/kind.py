"""What the engine must be told of a kind of thing, and nothing else."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from linkmgr.bulk.fields import Item
from linkmgr.bulk.models import Linked

if TYPE_CHECKING:
    from linkmgr.bulk.stage import Stage

MOST_ITEMS = 10_000


class Kind(NamedTuple):
    """`name` is its word in files and logs, `item` its form on the wire, `merge` how staged items meet stored rows."""

    name: str
    model: type[Linked]
    item: type[Item]
    merge: "Callable[[Stage], None]"
    min_items: int = 0
    max_items: int = MOST_ITEMS
    unique: tuple[str, ...] = ()
    """Columns that are unique within a site besides link_id."""

"""What the engine must be told of a kind of thing, and nothing else."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from linkmgr.accounts.caller import Reach
from linkmgr.bulk.fields import Item
from linkmgr.bulk.models import Linked

if TYPE_CHECKING:
    from linkmgr.bulk.stage import Stage

MOST_ITEMS = 10_000


class Kind(NamedTuple):
    """`name` is its word in files and logs, `item` its form on the wire, `merge` how staged items meet stored rows.

    For callers restricted to buildings: `building` is the column that says where a row is. Without one they write none,
    and read them only if they are `for_all`.
    """

    name: str
    model: type[Linked]
    item: type[Item]
    merge: "Callable[[Stage], None]"
    min_items: int = 0
    max_items: int = MOST_ITEMS
    unique: tuple[str, ...] = ()
    """Columns that are unique within a site besides link_id."""
    building: str | None = None
    for_all: bool = False

    @property
    def reach(self) -> Reach:
        if self.building:
            return Reach.OWN_BUILDINGS
        return Reach.READING if self.for_all else Reach.NOTHING

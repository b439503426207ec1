"""What was answered, compared with what is stored: by reading it over HTTP, and by counting what each call left."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

import psycopg
from psycopg.sql import SQL, Identifier

from apartments.models import Apartment
from linkmgr.history.log import logs
from linkmgr.torture.books import CHANGE_SETS, MOST_TOLD
from linkmgr.torture.items import SORTS, Item, Sort
from linkmgr.torture.line import Line
from linkmgr.torture.writer import Call

PAGE = 50
LOGS = {model._meta.db_table: log._meta.db_table for model, log in logs.items()}


class Keeper(Protocol):
    """A writer or an importer: what it was promised."""

    name: str
    stored: dict[str, Item]
    calls: list[Call]


def broken(keepers: Sequence[Keeper], sort_of: Any, line: Line, connection: psycopg.Connection) -> Iterator[str]:
    """One line for each promise that was not kept. `sort_of` says what a keeper writes."""
    for sort in SORTS:
        mine = [keeper for keeper in keepers if sort_of(keeper) == sort]
        promised = {link_id: item for keeper in mine for link_id, item in keeper.stored.items()}
        yield from _told(f"{sort.table}: not stored as it was answered", _differing(promised, _listed(line, sort)))
    for keeper in keepers:
        for call in keeper.calls:
            found = _change_sets_of(connection, call)
            if found != [len(call.link_ids)]:
                yield f"{call.stamp} ({call.did} {len(call.link_ids)} rows) left change sets of {found} rows"


def states(connection: psycopg.Connection, promised: dict[str, int]) -> Iterator[str]:
    """Apartments in another state than was answered."""
    rows = connection.execute(
        SQL("SELECT link_id::text, state_id FROM {}").format(Identifier(Apartment._meta.db_table))
    )
    found: dict[str, int] = dict(rows.fetchall())
    wrong = [link_id for link_id, state in promised.items() if found.get(link_id) != state]
    yield from _told("apartments are not in the state that was answered", wrong)


def _differing(promised: dict[str, Item], listed: Sequence[Item]) -> list[str]:
    """link_ids stored otherwise than promised, not at all, twice, or by nobody."""
    found: dict[str, Item] = {}
    wrong = [item["link_id"] for item in listed if found.setdefault(item["link_id"], item) is not item]
    wrong += [link_id for link_id, item in promised.items() if not _says(found.get(link_id, {}), item)]
    return wrong + [link_id for link_id in found if link_id not in promised]


def _says(listed: Item, sent: Item) -> bool:
    return all(listed.get(name) == value for name, value in sent.items())


def _listed(line: Line, sort: Sort) -> list[Item]:
    """Every item, as the server tells them now."""
    items: list[Item] = []
    page, pages = 1, 1
    while page <= pages:
        answer: Any = line.ask("GET", f"{sort.path}?{urlencode({'limit': PAGE, 'page_number': page})}")
        items += answer["list_items"]
        page, pages = page + 1, answer["list_option"]["pagination"]["total_pages"]
    return items


def _change_sets_of(connection: psycopg.Connection, call: Call) -> list[int]:
    """How many entries each change set has that this call left: one with all of them, or it was done by halves."""
    log = SQL("{}").format(Identifier(LOGS[call.table]))
    names = {"log": log, "kept": Identifier(CHANGE_SETS), "stamped": Identifier(_stamped(call.table))}
    rows = connection.execute(SQL(OF_CALL[call.did]).format(**names), {"stamp": call.stamp, "ids": [*call.link_ids]})
    return [many for (many,) in rows]


def _stamped(table: str) -> str:
    return next(sort.stamped for sort in SORTS if sort.table == table)


def _told(what: str, wrong: Iterable[str]) -> Iterator[str]:
    if some := [*wrong][:MOST_TOLD]:
        yield f"{what}: {', '.join(some)}"


OF_CALL = {
    "written": """
        SELECT count(*)
        FROM {log} AS entry
        JOIN {kept} AS kept ON kept.id = entry.change_set_id
        WHERE entry.{stamped} = %(stamp)s AND entry.pgh_label <> 'delete' AND kept.note = ''
        GROUP BY kept.id
    """,
    "deleted": """
        SELECT count(*)
        FROM {log} AS entry
        WHERE entry.link_id = ANY (%(ids)s::uuid[]) AND entry.pgh_label = 'delete'
        GROUP BY entry.change_set_id
    """,
    "state": """
        SELECT count(*)
        FROM {kept} AS kept
        JOIN {log} AS entry ON entry.change_set_id = kept.id
        WHERE kept.note = %(stamp)s
        GROUP BY kept.id
    """,
}
"""What a call did → the sizes of its change sets."""

"""The rows that are there beforehand: of linkmgr by its own import, of the others by SQL, the same for all."""

from random import Random
from typing import NamedTuple

import msgspec
from psycopg import sql

from benchmarks.floor import Floor
from benchmarks.ground import Connection, Ground
from benchmarks.items import Kind, Pool
from benchmarks.peers import Peer

LIKE = "INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES INCLUDING STORAGE"
"""The same columns and keys; not linkmgr's triggers, which keep history, nor its check constraints."""


class Stored(NamedTuple):
    """A kind with its rows stored, in linkmgr's table and in the floor's."""

    kind: Kind
    pool: Pool
    floor: Floor


def store(kind: Kind, rows: int, ground: Ground, connection: Connection, rnd: Random) -> Stored:
    pool, floor = Pool(kind, rows, rnd), Floor(connection, kind)
    items = [pool.item(link_id) for link_id in pool.link_ids]
    path = ground.directory / f"{kind.name}.ndjson"
    path.write_bytes(msgspec.json.Encoder().encode_lines(items))
    ground.linkmgr("bulk_import", path, "--kind", kind.name)
    path.unlink()
    floor.stage(items)
    floor.upsert()
    connection.execute("VACUUM ANALYZE")
    return Stored(kind, pool, floor)


def store_for(peer: Peer, connection: Connection) -> None:
    """A table of the peer's own with linkmgr's contacts in it."""
    table = sql.Identifier(peer.table)
    connection.execute(
        sql.SQL(f"CREATE TABLE {{}} (LIKE contacts_contact {LIKE}) WITH (fillfactor = 90)").format(table)
    )
    connection.execute(sql.SQL("INSERT INTO {} OVERRIDING USER VALUE SELECT * FROM contacts_contact").format(table))
    connection.execute(sql.SQL("VACUUM ANALYZE {}").format(table))


def tidy(connection: Connection, table: str, fresh: frozenset[str]) -> None:
    """As before the sample: without what it created, by no trigger, and vacuumed."""
    if fresh:
        connection.execute("SET session_replication_role = replica")
        statement = sql.SQL("DELETE FROM {} WHERE link_id = ANY (%s::uuid[])").format(sql.Identifier(table))
        connection.execute(statement, [list(fresh)])
        connection.execute("RESET session_replication_role")
    connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier(table)))

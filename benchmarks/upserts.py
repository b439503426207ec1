"""Ten thousand items in one request: half new and half changed, one of them bad, all unchanged. And the peers."""

from collections.abc import Iterator

from psycopg import sql

from benchmarks import serving
from benchmarks.course import FLOOR, LINKMGR, Course
from benchmarks.items import CONTACTS, KINDS, Batch, Kind
from benchmarks.peers import PEERS
from benchmarks.rounds import Contender
from benchmarks.stored import Stored, store, store_for
from benchmarks.target import NOBODY, FloorTarget, HttpTarget

ONE_BAD = "linkmgr, one bad item"
UNCHANGED = "unchanged"
WRITTEN = {kind.name: f"{kind.name} {UNCHANGED}: versions of rows and entries of history" for kind in KINDS}


def beforehand(kind: Kind, course: Course) -> Stored:
    """Stored once for all measures."""
    if kind.name not in course.stored:
        course.say(f"{kind.name}: storing {course.plan.rows:,} rows beforehand")
        stored = store(kind, course.plan.rows, course.ground, course.connection, course.random)
        course.stored[kind.name] = stored
    return course.stored[kind.name]


def measure_kind(kind: Kind, course: Course) -> None:
    stored = beforehand(kind, course)
    floor = FloorTarget(stored.floor, course.connection)
    linkmgr = HttpTarget(course.client(), kind.path, kind.table, course.connection)
    peers = _peers(stored, course) if course.plan.peers and kind is CONTACTS else ()
    course.alternate(kind.name, *_changing(stored, floor, linkmgr, course), *peers)
    _measure_unchanged(stored, floor, linkmgr, course)


def _changing(stored: Stored, floor: FloorTarget, linkmgr: HttpTarget, course: Course) -> Iterator[Contender]:
    kind, size = stored.kind, course.plan.items
    sparing = linkmgr._replace(path=kind.path + kind.partial)

    def one_bad() -> float:
        good = stored.pool.batch(size)
        items = [kind.spoil(good.items[0]), *good.items[1:]]
        course.random.shuffle(items)
        return sparing.store(Batch(items, good.fresh), frozenset({good.items[0]["link_id"]}))

    yield Contender(FLOOR, lambda: floor.store(stored.pool.batch(size)))
    yield Contender(LINKMGR, lambda: linkmgr.store(stored.pool.batch(size)))
    yield Contender(ONE_BAD, one_bad)


def _peers(stored: Stored, course: Course) -> Iterator[Contender]:
    for peer in PEERS:
        store_for(peer, course.connection)
        port = course.stack.enter_context(serving.peer(course.ground, peer.name, peer.command, peer.variables))
        target = HttpTarget(course.client(port), peer.path, peer.table, course.connection)
        yield Contender(peer.name, lambda on=target: on.store(stored.pool.batch(course.plan.items)), peer.every)  # type: ignore[misc]


def _measure_unchanged(stored: Stored, floor: FloorTarget, linkmgr: HttpTarget, course: Course) -> None:
    """All items say what is stored, since they were sent a moment ago."""

    def batch() -> Batch:
        chosen = course.random.sample(stored.pool.link_ids, course.plan.items)
        return Batch([stored.pool.item(link_id) for link_id in chosen], NOBODY)

    contenders = Contender(FLOOR, lambda: floor.again(batch())), Contender(LINKMGR, lambda: linkmgr.again(batch()))
    course.alternate(f"{stored.kind.name} {UNCHANGED}", *contenders)
    last = batch()
    linkmgr.store(last)
    before = _versions(stored.kind, course)
    linkmgr.store(last)
    after = _versions(stored.kind, course)
    course.results.facts[WRITTEN[stored.kind.name]] = len(after - before)


def _versions(kind: Kind, course: Course) -> set[tuple[object, ...]]:
    """Every version of a row there is, and how long the log is."""
    table, log = sql.Identifier(kind.table), sql.Identifier(f"{kind.table}change")
    versions = course.connection.execute(sql.SQL("SELECT ctid::text, xmin::text FROM {}").format(table)).fetchall()
    entries = course.connection.execute(sql.SQL("SELECT count(*) FROM {}").format(log)).fetchall()
    return {*versions, *entries}

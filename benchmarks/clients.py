"""Several integrators at once: each with contacts of its own, and all with the same ones in other orders."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

from benchmarks.client import Answer, Client, results_of
from benchmarks.course import LINKMGR, Course
from benchmarks.ground import BenchError
from benchmarks.items import CONTACTS, Batch, Pool, body_of
from benchmarks.rounds import Contender
from benchmarks.stored import Stored, tidy
from benchmarks.upserts import beforehand

DISJOINT, CLASHING = "several clients, disjoint items", "several clients, the same items"
DEADLOCKS, ERRORS = f"{CLASHING}: deadlocks", f"{CLASHING}: errors"
REQUESTS = 2
"""Of each client in each round, one after the other."""


def measure_clients(course: Course) -> None:
    stored = beforehand(CONTACTS, course)
    clients = [course.client() for _ in range(course.plan.clients)]
    course.results.facts.update({DEADLOCKS: 0, ERRORS: 0})

    def disjoint() -> float:
        batches = [_batches(stored.pool, at, course) for at in range(len(clients))]
        seconds, answers = _at_once(clients, [[batch.body for batch in of_one] for of_one in batches])
        for answer in answers:
            results_of(answer)
        _tidy(stored, [batch for of_one in batches for batch in of_one], course)
        return seconds

    def clashing() -> float:
        batch = stored.pool.batch(course.plan.items)
        seconds, answers = _at_once(clients, [_other_orders(batch, stored.pool, course) for _ in clients])
        course.results.facts[ERRORS] += sum(answer.status != 200 for answer in answers)
        _refuse_unless_made_once(answers, batch)
        _tidy(stored, [batch], course)
        return seconds

    before = _deadlocks(course)
    course.alternate(DISJOINT, Contender(LINKMGR, disjoint))
    course.alternate(CLASHING, Contender(LINKMGR, clashing))
    course.results.facts[DEADLOCKS] = _deadlocks(course) - before


def _batches(pool: Pool, client: int, course: Course) -> list[Batch]:
    """Each client changes rows of a share of its own."""
    share = len(pool.link_ids) // course.plan.clients
    own = pool.link_ids[client * share : (client + 1) * share]
    size = min(course.plan.items, 2 * share)
    return [pool.batch(size, own) for _ in range(REQUESTS)]


def _other_orders(batch: Batch, pool: Pool, course: Course) -> list[bytes]:
    """The same link_ids, with other values in another order."""
    link_ids = [item["link_id"] for item in batch.items]
    bodies = []
    for _ in range(REQUESTS):
        course.random.shuffle(link_ids)
        bodies.append(body_of([CONTACTS.make(course.random, link_id, 0) for link_id in link_ids]))
    return bodies


def _at_once(clients: Sequence[Client], bodies: Sequence[Sequence[bytes]]) -> tuple[float, list[Answer]]:
    """All clients send theirs; seconds from the first byte of all to the last."""
    ready = Barrier(len(clients) + 1)

    def send(client: Client, own: Sequence[bytes]) -> list[Answer]:
        ready.wait()
        return [client.post(CONTACTS.path, body) for body in own]

    with ThreadPoolExecutor(len(clients)) as pool:
        sent = [pool.submit(send, client, own) for client, own in zip(clients, bodies, strict=True)]
        ready.wait()
        began = perf_counter()
        answers = [answer for each in sent for answer in each.result()]
    return perf_counter() - began, answers


def _refuse_unless_made_once(answers: Sequence[Answer], batch: Batch) -> None:
    """Raises BenchError if of all clients not exactly one was told of each new row that it made it."""
    told = [result for answer in answers if answer.status == 200 for result in results_of(answer)]
    created = [result["link_id"] for result in told if result["extended_info"] == "created"]
    if sorted(created) != sorted(batch.fresh):
        raise BenchError(f"{len(created)} items were answered as created, of {len(batch.fresh)} new ones")


def _tidy(stored: Stored, batches: Sequence[Batch], course: Course) -> None:
    fresh = frozenset(link_id for batch in batches for link_id in batch.fresh)
    tidy(course.connection, stored.kind.table, fresh)


def _deadlocks(course: Course) -> int:
    row = course.connection.execute("SELECT sum(deadlocks) FROM pg_stat_database").fetchone()
    assert row
    return int(row[0])

"""One item a request, one request after the other: what a device waits for that tells of one contact."""

from collections.abc import Callable
from statistics import median

from benchmarks.client import refuse_wrong
from benchmarks.course import FLOOR, LINKMGR, Course
from benchmarks.items import CONTACTS, Item, body_of
from benchmarks.results import share
from benchmarks.rounds import Contender
from benchmarks.upserts import beforehand

SINGLE = "one item"
P99 = f"{SINGLE}: p99"


def measure_single(course: Course) -> None:
    """Alternately a new contact and a changed one; each round tells the median of its requests."""
    stored, client = beforehand(CONTACTS, course), course.client()
    taken: list[float] = []

    def post(item: Item, *, new: bool) -> float:
        answer = client.post(CONTACTS.path, body_of([item]))
        refuse_wrong(answer, [item], frozenset({item["link_id"]} if new else ()))
        taken.append(answer.seconds)
        return answer.seconds

    def upsert(item: Item, *, new: bool) -> float:
        stored.floor.stage_one(item)
        return stored.floor.upsert()

    def each(one: Callable[..., float]) -> float:
        return median(one(stored.pool.one(new=new), new=new) for new in [True, False] * course.plan.singles)

    stored.floor.stage([])
    course.alternate(SINGLE, Contender(FLOOR, lambda: each(upsert)), Contender(LINKMGR, lambda: each(post)))
    course.results.facts[P99] = share(taken, 0.99)

"""Rounds of every fault in another order, with writers at work; then everybody is asked what he was promised."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from random import Random
from threading import Event
from typing import NamedTuple

import psycopg

from linkmgr.torture.books import disagreements
from linkmgr.torture.faults import FAULTS
from linkmgr.torture.importer import Importer
from linkmgr.torture.items import SORTS, Sort
from linkmgr.torture.line import Line
from linkmgr.torture.promises import broken, states
from linkmgr.torture.scene import Scene
from linkmgr.torture.writer import Writer

CONTACTS = SORTS[1]
RECOVERY_SECONDS, PAUSE_SECONDS = 120, 0.5


class Report(NamedTuple):
    """`faults`: name → processes it met; `wrong`: what disagrees, and it has to be empty."""

    faults: Counter[str]
    calls: int
    items: int
    imports: int
    repeats: int
    starts: int
    wrong: list[str]


def torture(
    scene: Scene, tell: Callable[[str], None], *, rounds: int, seed: int, many: int, only: Collection[str] = FAULTS
) -> Report:
    """Within the scene's context, with so many writers. In each round every fault, or `only` some of them."""
    random, ended = Random(seed), Event()
    writers = [Writer(number, seed, scene.port, scene.token, ended) for number in range(many)]
    importer = Importer(0, seed, scene, ended)
    workers: list[Writer | Importer] = [*writers, importer]
    faults, wrong = Counter[str](), list[str]()
    for worker in workers:
        worker.start()
    try:
        wrong += _recovered(writers, "the start")
        for number in range(rounds if not wrong else 0):
            tell(f"round {number + 1} of {rounds}")
            for name in random.sample(sorted(only), len(only)):
                began = time.monotonic()
                faults[name] += _happen(name, scene, random)
                time.sleep(random.uniform(0, PAUSE_SECONDS))
                wrong += _recovered(writers, name)
                tell(f"{time.monotonic() - began:6.1f} s until everybody was answered again after {name}")
    finally:
        ended.set()
    tell("the writers finish")
    for worker in workers:
        worker.join()
    wrong += [worker.failure for worker in workers if worker.failure]
    wrong += [strange for writer in writers for strange in writer.line.strange]
    tell("the books are compared")
    wrong += compare(scene, writers, importer)
    return Report(
        faults,
        calls=sum(len(writer.calls) for writer in writers),
        items=sum(len(call.link_ids) for worker in workers for call in worker.calls),
        imports=len(importer.calls),
        repeats=sum(writer.line.repeats for writer in writers) + importer.repeats,
        starts=scene.starts,
        wrong=wrong,
    )


def compare(scene: Scene, writers: list[Writer], importer: Importer) -> list[str]:
    """What disagrees, after all of them have ended."""

    def sort_of(keeper: object) -> Sort:
        return keeper.sort if isinstance(keeper, Writer) else CONTACTS

    with scene.connect() as connection:
        promised = {link_id: state for writer in writers for link_id, state in writer.states.items()}
        line = Line(scene.port, scene.token)
        return [
            *disagreements(connection),
            *broken([*writers, importer], sort_of, line, connection),
            *states(connection, promised),
        ]


def _happen(name: str, scene: Scene, random: Random) -> int:
    """A fault that another one has forestalled, such as a backend of a server that is recovering, meets nobody."""
    with suppress(psycopg.OperationalError):
        return FAULTS[name](scene, random)
    return 0


def _recovered(writers: list[Writer], after: str) -> Iterator[str]:
    """Waits until every writer has been answered since; says who was not."""
    before = [len(writer.calls) for writer in writers]
    deadline = time.monotonic() + RECOVERY_SECONDS
    for writer, calls in zip(writers, before, strict=True):
        while writer.is_alive() and len(writer.calls) == calls:
            if time.monotonic() > deadline:
                yield f"{writer.name} was not answered for {RECOVERY_SECONDS} seconds after {after}"
                break
            time.sleep(0.05)

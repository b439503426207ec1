"""A file of a million contacts, imported by `linkmgr bulk_import` into an empty site; and reading them."""

import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from subprocess import Popen
from time import perf_counter

import msgspec

from benchmarks.course import FLOOR, LINKMGR, Course
from benchmarks.floor import Floor
from benchmarks.ground import EMPTY, MANY, BenchError, linkmgr_command
from benchmarks.items import CONTACTS, Item, new_link_id
from benchmarks.rounds import Contender, alternate

IMPORT = "import"
PEAK = f"{IMPORT}: peak of memory"
"""In MiB, of the most hungry of its rounds."""
LOOK_SECONDS = 0.02


def measure_import(course: Course) -> None:
    plan = course.plan
    course.say(f"{IMPORT}: {plan.imports} rounds of {plan.many:,} rows")
    path = _file(course)
    floor = Floor(course.connection, CONTACTS, IMPORT)
    floor.stage(_read(path))
    peaks = []

    def load() -> float:
        course.ground.copy_database(EMPTY, MANY)
        seconds, peak = _import(path, course)
        peaks.append(peak)
        return seconds

    def upsert() -> float:
        floor.empty()
        return floor.upsert()

    contenders = Contender(FLOOR, upsert), Contender(LINKMGR, load)
    course.results.series[IMPORT] = alternate(contenders, rounds=plan.imports, warmups=0, rnd=course.random)
    if any(peaks):
        course.results.facts[PEAK] = max(peaks)
    floor.drop()


def prepare_many(course: Course) -> None:
    """The database with the million rows, imported now if it was not measured; vacuumed as it would be by itself."""
    if IMPORT not in course.results.series:
        course.ground.copy_database(EMPTY, MANY)
        _import(_file(course), course)
    with course.ground.connect(MANY) as connection:
        connection.execute("VACUUM ANALYZE")


def _file(course: Course) -> Path:
    path = course.ground.directory / "many.ndjson"
    if not path.exists():
        with path.open("wb") as file:
            file.writelines(_lines(course.random, course.plan.many))
    return path


def _lines(rnd: Random, rows: int) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode
    for place in range(rows):
        yield encode(CONTACTS.make(rnd, new_link_id(rnd), place)) + b"\n"


def _read(path: Path) -> Iterable[Item]:
    with path.open("rb") as file:
        yield from map(msgspec.json.decode, file)


def _import(path: Path, course: Course) -> tuple[float, float]:
    """Seconds and the peak of memory in MiB of the command, from its start to its end. Raises BenchError."""
    command = linkmgr_command("bulk_import", path, "--kind", CONTACTS.name)
    began = perf_counter()
    process = Popen(command, env=course.ground.environment(MANY), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        peak = peak_of(process)
    finally:
        process.kill()  # if we were interrupted; the one that has ended does not notice
        process.wait()
    if process.returncode:
        raise BenchError(f"bulk_import ended with {process.returncode}")
    return perf_counter() - began, peak


def peak_of(process: "Popen[bytes]") -> float:
    """Of the memory of a process that ends by itself, in MiB; 0 where the system does not tell.

    Not by wait4(): its ru_maxrss counts what the child shared with us before it became another program.
    """
    peak = 0.0
    while process.poll() is None:
        with suppress(OSError):
            told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
            peak = max(peak, int(told[1]) / 1024 if told else 0)
        time.sleep(LOOK_SECONDS)
    return peak

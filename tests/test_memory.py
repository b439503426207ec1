"""What requests of ten thousand items cost a worker of the real web server in memory: at its peak, and for good."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import pytest
from pytest_django import Settings

from linkmgr import web
from tests.make import CONTACTS_V0, MAKERS, Estate, contact, estate
from tests.processes import SECONDS, free_port
from tests.test_request_time import environment

pytestmark = pytest.mark.any_postgres
ITEMS, MIB = 10_000, 1024 * 1024
MOST_MIB = 128
"""Over what an idle worker has. Some 50 were measured: garbage waits for its collection, and threads keep their own."""
WARM, ALL = 2, 4
"""Rounds: after so many all that is made once has been made, and after so many nothing may have been added to it."""


class Served(NamedTuple):
    """A web server with one worker, on the database of the tests."""

    home: Estate
    port: int
    worker: int

    def send(self, path: str, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {self.home.token}", "Content-Type": "application/json"}
        with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", body, headers), timeout=SECONDS) as answer:
            assert len(answer.read()) > 50 * ITEMS

    def mib(self, name: str) -> int:
        """`VmRSS`, what it has, or `VmHWM`, the most it has had."""
        lines = Path(f"/proc/{self.worker}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024 // MIB


@pytest.fixture
def served(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> Iterator[Served]:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    settings.WORKERS = 1
    port = int(free_port())
    with (tmp_path / "web.log").open("wb") as log:
        process = web.start("127.0.0.1", port, log)
        try:
            (worker,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            yield Served(estate(), port, int(worker))
        finally:
            web.stop(process)


def bodies() -> dict[str, bytes]:
    """Address → as many items as one request may have; of one of them all are faulty, and told why."""
    items = {path: [make() for _ in range(ITEMS)] for path, make in MAKERS.items()}
    explained = {f"{path}?explain=true": each for path, each in items.items()}
    faulty = {f"{CONTACTS_V0}?explain=true&partial=true": [contact(number="1") for _ in range(ITEMS)]}
    return {path: json.dumps({"list_items": each}).encode() for path, each in (items | explained | faulty).items()}


def test_ten_thousand_items_of_any_kind_take_little_and_give_it_back(served: Served) -> None:
    sent, idle, peaks = bodies(), served.mib("VmRSS"), []
    for _ in range(ALL):
        for path, body in sent.items():
            served.send(path, body)
            assert served.mib("VmHWM") - idle < MOST_MIB, path
        peaks.append(served.mib("VmHWM"))
    between = sum(map(len, sent.values())) * (ALL - WARM) // MIB
    assert peaks[ALL - 1] - peaks[WARM - 1] < between // 2, f"as if of {between} MiB that came a half were kept"

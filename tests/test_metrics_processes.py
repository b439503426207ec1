"""GET /metrics of a whole server: its workers count together, also when one is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from linkmgr.torture.faults import MASTER
from linkmgr.torture.scene import children
from tests.processes import SECONDS, Running, environment, free_port, linkmgr_with, migrated
from tests.scraped import TOKEN, Samples, samples, value

pytestmark = pytest.mark.any_postgres

WITHOUT_EXTRA = "import sys; sys.modules['prometheus_client'] = None; "
LOADED = "import sys, linkmgr.wsgi; print('prometheus_client' in sys.modules)"


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-metrics-"))
    yield migrated(directory)
    shutil.rmtree(directory)


@contextmanager
def serving(data_dir: Path, port: str = "") -> Iterator[Running]:
    up = Running(data_dir, port=port, LINKMGR_METRICS_TOKEN=TOKEN)
    yield up
    up.end(signal.SIGINT)
    up.close()


@pytest.fixture(scope="module")
def running(data_dir: Path) -> Iterator[Running]:
    with serving(data_dir) as up:
        yield up


def scrape(up: Running) -> Samples:
    address = Request(f"http://127.0.0.1:{up.port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(address, timeout=SECONDS) as answer:
        return samples(answer.read().decode())


def ask(up: Running, number: int) -> None:
    """Of whichever worker takes it."""

    def once(_: int) -> None:
        urlopen(f"http://127.0.0.1:{up.port}/api/info", timeout=SECONDS).close()

    with ThreadPoolExecutor(4) as pool:
        [*pool.map(once, range(number))]


def asked(found: Samples) -> float:
    return value(found, "requests_total", route="api/info")


def workers(up: Running) -> list[int]:
    (server,) = children(up.process.pid, MASTER)
    return [*children(server, MASTER)]


def counted_in(up: Running) -> list[str]:
    return sorted(path.name for path in directory(up, up.port).iterdir())


def directory(up: Running, port: str) -> Path:
    return up.data_dir / f"metrics/127.0.0.1-{port}"


def test_workers_count_together(running: Running) -> None:
    before = asked(scrape(running))
    ask(running, 60)
    assert {asked(scrape(running)) for _ in range(8)} == {before + 60}
    assert value(scrape(running), "request_seconds_count", route="api/info") == before + 60


def test_a_worker_that_is_killed_takes_nothing_with_it_and_leaves_nothing_behind(running: Running) -> None:
    ask(running, 40)
    before, files = asked(scrape(running)), counted_in(running)
    for worker in workers(running):
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while (worker in workers(running) or len(workers(running)) < 2) and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(6)  # a web server that loses another one within 5.5 s takes it for a fault that stays, and ends
    ask(running, 40)
    assert asked(scrape(running)) == before + 40
    assert (counted_in(running), len(files)) == (files, 6)


def test_a_full_disk_takes_no_worker_with_it(running: Running) -> None:
    """The room for what is counted is theirs before it is needed."""
    files = [path.stat() for path in directory(running, running.port).glob("*.db")]
    assert len(files) == 4
    assert all(file.st_size >= 2**20 and file.st_blocks * 512 >= file.st_size for file in files)


def test_who_does_not_know_the_token_is_not_told(running: Running) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://127.0.0.1:{running.port}/metrics", timeout=SECONDS)
    assert refused.value.code == 401
    refused.value.close()


def test_a_start_counts_anew(running: Running) -> None:
    ask(running, 40)
    port = free_port()
    shutil.copytree(directory(running, running.port), directory(running, port))  # as if it was killed there
    with serving(running.data_dir, port) as again:
        assert asked(scrape(again)) < 40 <= asked(scrape(running))
        assert value(scrape(again), "postgresql_up") == 1


def load(first: str, **around: str) -> subprocess.CompletedProcess[str]:
    """As a web server does."""
    secure = {"LINKMGR_SECRET_KEY": "x" * 60, "LINKMGR_ALLOWED_HOSTS": "localhost"}
    command = [sys.executable, "-c", f"{first}{LOADED}"]
    return subprocess.run(command, capture_output=True, text=True, env=environment() | secure | around, check=False)


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    assert load("").stdout == "False\n"
    assert load("", LINKMGR_METRICS_TOKEN=TOKEN).stdout == "True\n"


def test_without_the_extra_everything_else_works() -> None:
    assert load(WITHOUT_EXTRA).returncode == 0


def test_the_setting_without_the_extra_is_refused_in_words() -> None:
    refused = load(WITHOUT_EXTRA, LINKMGR_METRICS_TOKEN=TOKEN)
    assert (refused.returncode, "linkmgr.E008: Metrics need prometheus-client." in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


def test_a_directory_that_cannot_be_written_is_one_line() -> None:
    refused = load("", LINKMGR_METRICS_TOKEN=TOKEN, LINKMGR_METRICS_DIR="/dev/null/below")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert refused.stderr.startswith("linkmgr: LINKMGR_METRICS_DIR cannot be written: ")


def test_a_token_that_is_guessed_is_refused() -> None:
    refused = linkmgr_with({"LINKMGR_METRICS_TOKEN": "guess"}, "check")
    assert (refused.returncode, "linkmgr.E008" in refused.stderr) == (1, True)

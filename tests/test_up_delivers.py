"""`linkmgr up` delivers what a change tells, and what becomes of its deliverer."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from urllib.request import Request, urlopen

import psycopg
import pytest

from tests.make import APARTMENTS, apartment
from tests.processes import LINKMGR, Running, answers, environment, migrated, post, processes_on, started
from tests.receivers import Receiver, eventually, receiver

pytestmark = pytest.mark.any_postgres

CHANGE_STATE = "/api/v1/apartments/bulk/change_state"
PRIVATE = ("env", "LINKMGR_PRIVATE_WEBHOOKS=true", "LINKMGR_WORKERS=1")
NO_DELIVER = ("sh", "-c", 'exec "$@" --no-deliver', "sh")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-up-delivers-"))
    yield migrated(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def token(data_dir: Path) -> str:
    with started(data_dir, PRIVATE) as up:
        told = re.search(r"API token ([0-9a-f]{64})", up.said)
    assert told
    return told[1]


@pytest.fixture
def web() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


Start = Callable[..., Running]


@pytest.fixture
def start(token: str, data_dir: Path) -> Iterator[Start]:
    """Starts a `linkmgr up`, which ends with the test."""
    with ExitStack() as stack:
        yield lambda *before: stack.enter_context(started(data_dir, [*PRIVATE, *before]))


def tell(up: Running, token: str, web: Receiver) -> None:
    """An apartment with a webhook changes its state."""
    item = apartment()
    assert post(up.port, APARTMENTS, token, [item])[0]["extended_info"] == "created"
    with psycopg.connect(host=str(up.data_dir / "postgres"), user="linkmgr", dbname="linkmgr") as database:
        database.execute(
            "INSERT INTO apartments_recipient (apartment_id, channel, address)"
            " SELECT id, 'webhook', %s FROM apartments_apartment WHERE link_id = %s",
            [web.address(host="localhost"), item["link_id"]],
        )
    order = {"ids": [item["link_id"]], "state_id": 4, "send_notifications": True}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(f"http://127.0.0.1:{up.port}{CHANGE_STATE}", json.dumps(order).encode(), headers)
    with urlopen(request) as answer:
        assert json.load(answer)["data"]["notified"] == 1


def left(data_dir: Path) -> str:
    """What a deliverer of its own says of what is left to it."""
    command = [*PRIVATE, *LINKMGR, "deliver_notifications", "--once", "--data-dir", str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), check=True).stdout


def deliverers(data_dir: Path) -> list[int]:
    """Process ids of those that work for this directory, whoever is their parent."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, settings = ((process / name).read_bytes().split(b"\0") for name in ("cmdline", "environ"))
        except OSError:
            continue  # gone meanwhile
        if b"deliver_notifications" in words and f"LINKMGR_DATA_DIR={data_dir}".encode() in settings:
            found.append(int(process.name))
    return found


def test_what_a_change_tells_is_delivered(start: Start, token: str, web: Receiver) -> None:
    tell(start(), token, web)
    assert eventually(lambda: bool(web.received))
    assert json.loads(web.received[0].body)["event"] == "apartment.state_changed"


def test_a_deliverer_that_is_killed_is_followed_by_another(
    start: Start, token: str, data_dir: Path, web: Receiver
) -> None:
    up = start()
    assert eventually(lambda: bool(deliverers(data_dir)))
    (first,) = deliverers(data_dir)
    os.kill(first, signal.SIGKILL)
    tell(up, token, web)  # it serves on
    assert eventually(lambda: bool(web.received))
    assert first not in deliverers(data_dir)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_deliverer_ends_with_it(start: Start, data_dir: Path, how: signal.Signals) -> None:
    up = start()
    assert eventually(lambda: bool(deliverers(data_dir)))
    assert up.end(how) == (-how if how == signal.SIGKILL else 0)
    assert eventually(lambda: deliverers(data_dir) == [])
    assert eventually(lambda: processes_on(data_dir) == [] and not answers(up.port))


def test_a_slow_receiver_does_not_hold_up_its_end(start: Start, token: str, data_dir: Path, web: Receiver) -> None:
    up = start()
    web.release.clear()
    tell(up, token, web)
    assert eventually(lambda: bool(web.received))
    assert (up.end(signal.SIGTERM), deliverers(data_dir)) == (0, [])
    web.release.set()
    assert left(data_dir) == "1 sent, 0 postponed, 0 failed\n"


def test_delivery_may_be_left_to_a_service_of_its_own(start: Start, token: str, data_dir: Path, web: Receiver) -> None:
    up = start(*NO_DELIVER)
    assert "Notifications are left to `linkmgr deliver_notifications`." in up.said
    tell(up, token, web)
    assert left(data_dir) == "1 sent, 0 postponed, 0 failed\n"
    assert deliverers(data_dir) == []

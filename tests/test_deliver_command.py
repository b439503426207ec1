"""`linkmgr deliver_notifications` as a service runs it: real processes that are stopped, killed, cut off."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as linkmgr_settings
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from linkmgr.notifications.deliver import deliver_due
from linkmgr.notifications.models import Notification, State
from tests.make import Estate
from tests.processes import LINKMGR, SECONDS, environment
from tests.receivers import Receiver, email, eventually, mailbox, notification

COMMAND = [*LINKMGR, "deliver_notifications"]
committed = pytest.mark.django_db(transaction=True)


Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts deliverers, which end with the test; their log is `log` in this directory."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_deliverer(tmp_path / "log"))


@contextmanager
def _deliverer(log: Path) -> Iterator["subprocess.Popen[str]"]:
    with log.open("a") as file:
        process = subprocess.Popen(COMMAND, stderr=file, env=_environment(), text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """Of a process that works on the database of these tests."""
    url = urlsplit(os.environ["LINKMGR_DATABASE_URL"])
    name = str(linkmgr_settings.DATABASES["default"]["NAME"])
    return environment() | {
        "LINKMGR_DATABASE_URL": f"{url.scheme}://{url.netloc}/{name}?{url.query}",
        "LINKMGR_SECRET_KEY": os.environ["LINKMGR_SECRET_KEY"],
        "LINKMGR_PRIVATE_WEBHOOKS": "true",
    }


def state(row: Notification) -> str:
    row.refresh_from_db()
    return row.state


def test_once_says_how_many(home: Estate, web: Receiver, settings: Settings) -> None:
    with mailbox(settings) as box:
        box.replies["bert@example.com"] = "550 unknown"
        for address in ("anna@example.com", "bert@example.com", "cyril@example.com"):
            email(home.site, address)
        web.status = 500
        notification(home.site, web.address())
        said = StringIO()
        call_command("deliver_notifications", "--once", stdout=said)
    assert said.getvalue() == "2 sent, 1 postponed, 1 failed\n"


def test_the_command_gives_signals_back(home: Estate) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    call_command("deliver_notifications", "--once", stdout=StringIO())
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@committed
def test_a_service_finds_what_comes_later(home: Estate, web: Receiver, start: Start) -> None:
    first = notification(home.site, web.address())
    process = start()
    assert eventually(lambda: state(first) == State.SENT)
    second = notification(home.site, web.address())
    assert eventually(lambda: state(second) == State.SENT)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0


@committed
def test_sigterm_lets_the_delivery_in_progress_finish(home: Estate, web: Receiver, start: Start) -> None:
    web.release.clear()
    row, other = notification(home.site, web.address()), notification(home.site, web.address())
    process = start()
    assert eventually(lambda: bool(web.received))
    process.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    web.release.set()
    assert process.wait(SECONDS) == 0
    assert (state(row), state(other)) == (State.SENT, State.PENDING)


@committed
def test_what_a_killed_deliverer_had_in_hand_is_delivered_by_the_next(
    home: Estate, web: Receiver, start: Start
) -> None:
    web.release.clear()
    row = notification(home.site, web.address())
    process = start()
    assert eventually(lambda: bool(web.received))
    assert deliver_due() == (0, 0, 0)  # it is in the other's hands
    process.kill()
    process.wait(SECONDS)
    assert (state(row), row.attempts) == (State.PENDING, 0)
    web.release.set()
    assert eventually(lambda: deliver_due().sent == 1)
    assert [each.headers["X-Linkmgr-Delivery"] for each in web.received] == [str(row.pk)] * 2
    assert (state(row), row.attempts) == (State.SENT, 1)


@committed
def test_a_service_survives_the_loss_of_its_connection(
    home: Estate, web: Receiver, start: Start, tmp_path: Path
) -> None:
    web.release.clear()
    first = notification(home.site, web.address())
    process = start()
    assert eventually(lambda: bool(web.received))
    _end_other_connections()
    web.release.set()
    assert eventually(lambda: state(first) == State.SENT)
    assert process.poll() is None
    assert "no delivery without PostgreSQL" in [line["event"] for line in _logged(tmp_path)]


@committed
def test_each_delivery_is_a_line_of_the_log_without_what_is_secret(
    home: Estate, web: Receiver, start: Start, tmp_path: Path
) -> None:
    row = notification(home.site, web.address("/hook?token=hunter2"))
    start()
    assert eventually(lambda: state(row) == State.SENT and bool(_logged(tmp_path)))
    (line,) = _logged(tmp_path)
    assert "hunter2" not in json.dumps(line)
    assert (line["event"], line["notification"], line["to"]) == ("notification sent", row.pk, "http://127.0.0.1")
    assert (line["site"], line["channel"], line["tries"]) == (home.site.slug, "webhook", 1)


def _logged(directory: Path) -> list[dict[str, object]]:
    lines = (directory / "log").read_text().splitlines()
    return [line for line in map(json.loads, lines) if str(line["logger"]).startswith("linkmgr.notifications")]


def _end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

"""`linkmgr up` in the middle of work: stopped, it answers what it has begun; backed up, it goes on as it was."""

import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from linkmgr.torture.books import disagreements
from tests.make import APARTMENTS, CONTACTS_V0, apartment, contact
from tests.processes import ONE, SECONDS, Running, answers, get, linkmgr, migrated, post

IN_FLIGHT_SECONDS = 2


@pytest.fixture
def data_dir() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-stops-"))
    directory.chmod(0o711)  # PostgreSQL's own user has to get to what is below
    yield directory
    shutil.rmtree(directory)


def connected(data_dir: Path, **how: bool) -> psycopg.Connection:
    return psycopg.connect(host=str(data_dir / "postgres"), user="linkmgr", dbname="linkmgr", **how)


def until(true: object, *args: object) -> None:
    end = time.monotonic() + SECONDS
    while not true(*args):  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def waits(other: psycopg.Connection) -> bool:
    return bool(other.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchall())


@pytest.mark.any_postgres
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_call_in_flight_is_answered_and_a_new_one_refused(data_dir: Path, how: signal.Signals) -> None:
    running = Running(migrated(data_dir), **ONE)
    token = linkmgr("token", "create", "--account", "flight", "--data-dir", data_dir).stdout.strip()
    idle = socket.create_connection(("127.0.0.1", int(running.port)))
    with (
        idle,
        connected(data_dir) as other,
        connected(data_dir, autocommit=True) as watch,
        ThreadPoolExecutor() as pool,
    ):
        other.execute("LOCK contacts_contact")
        in_flight = pool.submit(post, running.port, CONTACTS_V0, token, [contact()])
        until(waits, watch)
        running.process.send_signal(how)
        until(lambda: not answers(running.port))
        time.sleep(IN_FLIGHT_SECONDS)
        assert (in_flight.done(), running.process.poll()) == (False, None)
        other.rollback()
        assert in_flight.result()[0]["extended_info"] == "created"
    assert running.process.wait(SECONDS) == 0
    running.close()


def test_a_backup_of_a_running_server_is_restored_with_its_history_and_tokens(data_dir: Path) -> None:
    before, after, file = data_dir / "before", data_dir / "after", data_dir / "linkmgr.backup"
    running = Running(migrated(before), **ONE)
    token = linkmgr("token", "create", "--account", "keeper", "--data-dir", before).stdout.strip()
    items = [apartment() for _ in range(50)]
    post(running.port, APARTMENTS, token, items)
    post(running.port, APARTMENTS, token, [item | {"apartment_name": "Later"} for item in items])
    stored = get(running.port, f"{APARTMENTS}?limit=50", token)
    assert linkmgr("backup", file, "--data-dir", before).stdout.startswith(f"{file}: ")
    refused = linkmgr("restore", file, "--data-dir", before)
    running.end(signal.SIGKILL)
    running.close()
    restored = linkmgr("restore", file, "--data-dir", after)
    again = Running(after, **ONE)
    with connected(after) as connection:
        logged = connection.execute("SELECT count(*), count(DISTINCT change_set_id) FROM apartments_apartmentchange")
        assert logged.fetchone() == (100, 2)
        assert [*disagreements(connection)] == []
        assert connection.execute("SELECT FROM pg_stats WHERE tablename = 'apartments_apartment'").fetchall()
    assert get(again.port, f"{APARTMENTS}?limit=50", token) == stored
    assert post(again.port, APARTMENTS, token, [apartment()])[0]["extended_info"] == "created"
    again.end(signal.SIGTERM)
    again.close()
    assert (refused.returncode, "The database is not empty" in refused.stderr) == (1, True)
    assert (restored.returncode, file.stat().st_mode & 0o777) == (0, 0o600)


def test_half_a_backup_restores_nothing(data_dir: Path) -> None:
    whole, half = data_dir / "whole", data_dir / "half"
    assert linkmgr("backup", whole, "--data-dir", migrated(data_dir / "one")).returncode == 0
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused = linkmgr("restore", half, "--data-dir", data_dir / "two")
    assert (refused.returncode, "pg_restore failed" in refused.stderr) == (1, True)
    assert linkmgr("restore", whole, "--data-dir", data_dir / "two").returncode == 0

"""`linkmgr up` as a newcomer runs it: real processes, a data directory of its own, HTTP."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from tests.make import CONTACTS_V0, contact
from tests.processes import (
    LINKMGR,
    SECONDS,
    Running,
    answers,
    environment,
    free_port,
    get,
    linkmgr,
    post,
    processes_on,
    started,
)

pytestmark = pytest.mark.any_postgres

LIST = "/api/v1/apartment/items/link?limit=10"


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-up-"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def first(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return linkmgr("up", "--demo", "--exit", "--port", free_port(), "--data-dir", data_dir)


@pytest.fixture
def running(first: object, data_dir: Path) -> Iterator[Running]:
    with started(data_dir) as up:
        yield up


def test_the_first_start_loads_an_estate_and_shows_its_secrets_once(first: subprocess.CompletedProcess[str]) -> None:
    assert first.returncode == 0, first.stderr
    rows = re.findall(r"│ (\S.*?)\s*│\s*(\d+) │\s*(\d+) │\s*(\d+) │\s*(\d+) │\s*(\d+) │", first.stdout)
    assert rows == [
        ("Apartments", "482", "480", "0", "2", "0"),
        ("Time profiles", "12", "12", "0", "0", "0"),
        ("Contacts (v0)", "400", "397", "0", "0", "3"),
        ("Contacts (v1)", "200", "198", "0", "0", "2"),
    ]
    assert re.search(r"Password  \S{16}\n", first.stdout)
    assert re.search(r'curl -H "Authorization: Bearer [0-9a-f]{64}"', first.stdout)


def test_the_second_start_says_updated_and_changes_nothing(first: object, data_dir: Path) -> None:
    again = linkmgr("up", "--demo", "--exit", "--port", free_port(), "--data-dir", data_dir)
    assert again.returncode == 0, again.stderr
    assert re.search(r"Apartments\s+│\s+482 │\s+0 │\s+480 │\s+2 │", again.stdout)
    assert "updated, and nothing changed" in again.stdout
    assert "Password" not in again.stdout


def test_the_curl_line_works_as_it_is_printed(running: Running, first: subprocess.CompletedProcess[str]) -> None:
    token = re.search(r"Bearer ([0-9a-f]{64})", first.stdout)
    assert token
    assert get(running.port, LIST, token[1])["list_option"]["pagination"]["total_items"] == 480


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_all_it_started(running: Running, data_dir: Path, how: signal.Signals) -> None:
    assert any("postgres" in line for line in processes_on(data_dir))
    assert running.end(how) == 0
    assert processes_on(data_dir) == []
    assert not answers(running.port)


def test_everything_goes_down_with_a_killed_owner_and_comes_up_again(running: Running, data_dir: Path) -> None:
    running.end(signal.SIGKILL)
    listed = linkmgr("site", "list", "--data-dir", data_dir)
    assert (listed.returncode, listed.stdout) == (0, "default\tDefault site\tUTC\n"), listed.stderr
    deadline = time.monotonic() + SECONDS
    while (processes_on(data_dir) or answers(running.port)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_on(data_dir) == []
    assert not answers(running.port)


def test_a_script_can_stop_what_it_runs_in_the_background(first: object, data_dir: Path) -> None:
    """A shell begins background jobs with SIGINT ignored."""
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    up = Running(data_dir, ignoring)
    assert up.end(signal.SIGINT) == 0
    up.close()


def test_commands_use_the_server_that_runs(running: Running, data_dir: Path) -> None:
    made = linkmgr("token", "create", "--account", "beside", "--role", "viewer", "--data-dir", data_dir)
    assert re.fullmatch(r"[0-9a-f]{64}\n", made.stdout), made.stderr
    assert get(running.port, LIST, made.stdout.strip())["list_items"]


def test_commands_at_once_share_one_server(first: object, data_dir: Path) -> None:
    command = [*LINKMGR, "site", "list", f"--data-dir={data_dir}"]
    at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) for _ in range(4)]
    said = [process.communicate(timeout=SECONDS)[0] for process in at_once]
    assert said == ["default\tDefault site\tUTC\n"] * 4


def test_a_taken_port_is_one_clear_line(first: object, data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = linkmgr("up", "--port", port, "--data-dir", data_dir)
    assert refused.returncode != 0
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_data_directory_that_cannot_be_written_is_one_clear_line(data_dir: Path) -> None:
    (data_dir / "a file").touch()
    refused = linkmgr("up", "--data-dir", data_dir / "a file" / "below")
    assert refused.returncode != 0
    assert re.fullmatch(r"linkmgr: the data directory .* cannot be written: Not a directory\n", refused.stderr)


def test_exit_goes_with_demo_only(first: object, data_dir: Path) -> None:
    refused = linkmgr("up", "--exit", "--data-dir", data_dir)
    assert (refused.returncode, refused.stderr) == (1, "CommandError: --exit goes with --demo\n")


def test_a_production_with_careless_settings_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import linkmgr.wsgi"], capture_output=True, text=True, env=environment(), check=False
    )
    assert [f"linkmgr.E00{number}" in done.stderr for number in (1, 3)] == [True, True]


def test_a_command_on_an_empty_database_says_what_to_do() -> None:
    directory = Path(mkdtemp(prefix="linkmgr a+b#c-"))
    refused = linkmgr("token", "list", "--data-dir", directory)
    shutil.rmtree(directory)
    assert (refused.returncode, "run `linkmgr up`" in refused.stderr) == (1, True), refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_two_first_starts_agree_on_one_secret() -> None:
    directory = Path(mkdtemp(prefix="linkmgr-secret-"))
    (directory / "secret_key").touch()  # a machine that went down while it was written
    show = "from django.conf import settings; print(settings.SECRET_KEY)"
    command = [*LINKMGR, "shell", "--no-imports", "-c", show, f"--data-dir={directory}"]
    at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) for _ in range(3)]
    secrets = {process.communicate(timeout=SECONDS)[0] for process in at_once}
    shutil.rmtree(directory)
    assert [len(secret) > 50 for secret in secrets] == [True]


def test_writers_that_wait_do_not_keep_others_from_being_answered(running: Running, data_dir: Path) -> None:
    token = linkmgr("token", "create", "--account", "waiting", "--data-dir", data_dir).stdout.strip()
    with psycopg.connect(host=str(data_dir / "postgres"), user="linkmgr", dbname="linkmgr") as other:
        other.execute("LOCK contacts_contact")
        with ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(post, running.port, CONTACTS_V0, token, [contact()]) for _ in range(8)]
            began = time.monotonic()
            assert get(running.port, "/api/info", token)["device_type"] == "server"
            waited = time.monotonic() - began
            assert not any(each.done() for each in waiting)
            other.rollback()
        assert waited < SECONDS / 10
        assert [each.result()[0]["extended_info"] for each in waiting] == ["created"] * 8


def test_it_ends_with_an_error_when_its_postgresql_does(running: Running, data_dir: Path) -> None:
    postmaster = int((data_dir / "postgres/postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    assert running.process.wait(SECONDS) == 1
    assert not answers(running.port)

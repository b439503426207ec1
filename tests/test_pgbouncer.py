"""What matters most, through PgBouncer in transaction mode: several web machines share few connections."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from linkmgr import postgres
from linkmgr.torture.books import disagreements
from tests.files import csv_of
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, apartment, contact, time_profile
from tests.processes import SECONDS, Running, free_port, get, linkmgr_with, migrated, post

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
pytestmark = [pytest.mark.skipif(not PROGRAM, reason="no PgBouncer here"), pytest.mark.any_postgres]
CONNECTIONS = 3
"""To PostgreSQL, for two web machines of 32 threads each."""


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    made = Path(mkdtemp(prefix="linkmgr-pgbouncer-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def cluster(directory: Path) -> Iterator[postgres.Server]:
    server = postgres.serve(migrated(directory / "cluster"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bouncer(directory: Path, cluster: postgres.Server) -> Iterator[str]:
    """The address of the database through it."""
    port, configured = free_port(), directory / "pgbouncer.ini"
    (directory / "users.txt").write_text('"linkmgr" ""\n')
    configured.write_text(f"""[databases]
linkmgr = host={cluster.socket_dir} dbname=linkmgr user=linkmgr
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users.txt
pool_mode = transaction
default_pool_size = {CONNECTIONS}
max_client_conn = 500
""")
    assert PROGRAM
    owner = (directory / "cluster/postgres").stat().st_uid  # it refuses root, and only that user reaches the socket
    process = subprocess.Popen([PROGRAM, configured], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=owner)
    yield f"postgres://linkmgr@127.0.0.1:{port}/linkmgr"
    process.send_signal(signal.SIGINT)
    process.wait(SECONDS)


@pytest.fixture(scope="module")
def environ(bouncer: str) -> dict[str, str]:
    return {
        "LINKMGR_DATABASE_URL": bouncer,
        "LINKMGR_PGBOUNCER": "true",
        "LINKMGR_SECRET_KEY": "the same key on every machine " * 2,
    }


@pytest.fixture(scope="module")
def machines(directory: Path, environ: dict[str, str]) -> Iterator[list[Running]]:
    """Two web machines, one after the other, as an upgrade starts them."""
    running = [Running(directory / name, **environ) for name in ("one", "two")]
    yield running
    for each in running:
        each.end(signal.SIGINT)
        each.close()


@pytest.fixture(scope="module")
def token(machines: list[Running], directory: Path, environ: dict[str, str]) -> str:
    made = linkmgr_with(environ, "token", "create", "--account", "pooled", "--data-dir", directory / "one")
    return made.stdout.strip()


def logged(cluster: postgres.Server) -> list[str]:
    """What disagrees, seen without PgBouncer."""
    with psycopg.connect(host=str(cluster.socket_dir), user="linkmgr", dbname="linkmgr") as connection:
        return [*disagreements(connection)]


def total(machine: Running, token: str) -> int:
    return int(get(machine.port, f"{CONTACTS_V0}?limit=10", token)["list_option"]["pagination"]["total_items"])


def test_two_machines_write_at_once_through_few_connections(
    machines: list[Running], token: str, cluster: postgres.Server
) -> None:
    contacts = [contact() for _ in range(500)]
    calls = [
        (machine.port, path, [make() for _ in range(200)])
        for path, make in ((APARTMENTS, apartment), (TIME_PROFILES, time_profile), (CONTACTS_V0, contact))
        for machine in machines * 4
    ] + [(machine.port, CONTACTS_V0, contacts) for machine in machines * 4]
    before = total(machines[0], token)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda call: post(call[0], call[1], token, call[2]), calls))
    assert {result["extended_info"] for answer in answers for result in answer} == {"created", "updated"}
    assert [total(machine, token) - before for machine in machines] == [200 * 8 + 500] * 2
    assert logged(cluster) == []


def test_a_file_goes_through_too(
    directory: Path, environ: dict[str, str], cluster: postgres.Server, token: str
) -> None:
    path = directory / "contacts.csv"
    path.write_text(csv_of([contact() for _ in range(12_000)]))
    done = linkmgr_with(environ, "bulk_import", path, "--data-dir", directory / "one")
    assert done.returncode == 0, done.stderr
    written = linkmgr_with(environ, "bulk_export", directory / "out.csv", "--kind", "contacts", "--data-dir", directory)
    assert written.returncode == 0, written.stderr
    assert (directory / "out.csv").read_text().count("\n") >= 12_001
    assert logged(cluster) == []

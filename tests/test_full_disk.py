"""A disk that is full, a small one of memory: told as such, nothing half-done, and over when there is room again."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from linkmgr.torture.books import disagreements
from tests.make import CONTACTS_V0, contact
from tests.outages import Served

pytestmark = pytest.mark.any_postgres
MIB = 1024 * 1024
DISK, LEFT = 200, 2


@pytest.fixture
def small_disk() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=711", "tmpfs", str(directory)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        directory.rmdir()
        pytest.skip("this machine lets nobody mount a small disk")
    yield directory
    subprocess.run(["umount", "-l", str(directory)], check=True)
    directory.rmdir()


@pytest.fixture
def served(small_disk: Path) -> Iterator[Served]:
    server = Served(small_disk)
    yield server
    server.close()


def fill(disk: Path) -> Path:
    """All but a little."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        for _ in range(shutil.disk_usage(disk).free // MIB - LEFT):
            file.write(bytes(MIB))
    return ballast


def test_a_full_disk_is_a_503_with_nothing_half_done_and_over_when_there_is_room(
    served: Served, small_disk: Path
) -> None:
    batches = [[contact() for _ in range(5_000)] for _ in range(12)]
    ballast = fill(small_disk)
    answers = [served.post(CONTACTS_V0, *batch) for batch in batches]
    assert {answer.status for answer in answers} <= {200, 503}
    assert answers[-1].status == 503
    assert answers[-1].json == {"error": "Service unavailable"}
    ballast.unlink()
    served.restart_postgres_if_it_ended()
    served.until_well(CONTACTS_V0, contact())
    good = sum(answer.status == 200 for answer in answers)
    with served.connect() as connection:
        assert connection.execute("SELECT count(*) FROM contacts_contact").fetchone() == (5_000 * good + 1,)
        assert [*disagreements(connection)] == []
    assert "Traceback" not in served.up.log.read_text()

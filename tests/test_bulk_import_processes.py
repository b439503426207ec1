"""`linkmgr bulk_import` as a process: exit status, standard input, Ctrl-C, kill -9, memory."""

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from apartments.models import Apartment
from contacts.files import CONTACTS
from contacts.models import Contact, ContactChange
from linkmgr.bulk.turn import take_turn
from linkmgr.files.models import Progress
from linkmgr.history.models import ChangeSet
from tests.files import Ran, csv_of, ended, ndjson_of, ran, saved, started
from tests.length import at_length
from tests.make import Estate, apartment, contact, estate
from tests.processes import SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_postgres]

MANY = 200_000
MOST_MIB = 200
PEAK = """
import atexit
@atexit.register
def peak():
    status = open("/proc/self/status").read()
    print("peak", int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""
TALKATIVE = "from linkmgr.management import import_output\nimport_output.LINE_SECONDS = 0"
SMALL_BATCHES = f"{TALKATIVE}\nfrom linkmgr.files import batches\nbatches.ROWS_A_PIECE = 1_000"


@pytest.fixture
def home() -> Estate:
    return estate()


def imported(home: Estate, path: object, *words: object, **options: Any) -> Ran:
    return ran("bulk_import", path, "--site", home.site.slug, *words, **options)


def wait_for(process: Popen[bytes], line: str) -> None:
    """Until the command has said this."""
    assert process.stdout
    for said in process.stdout:
        if line in said.decode():
            return
    raise AssertionError(f"it ended and never said {line}")


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + SECONDS
    while not true():
        assert monotonic() < end
        sleep(0.01)


def many_contacts(path: Path, many: int) -> Path:
    """Good ones, quickly made."""
    header = "link_id,name,type,number\n"
    with path.open("w") as file:
        file.write(header if path.suffix == ".csv" else "")
        for n in range(many):
            link_id, name = UUID(int=n), f"Contact {n}"
            if path.suffix == ".csv":
                file.write(f"{link_id},{name},global,0001\n")
            else:
                file.write(f'{{"link_id":"{link_id}","name":"{name}","type":"global","number":"0001"}}\n')
    return path


# ── status and streams ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_exit_status_tells_how_it_ended(home: Estate, tmp_path: Path) -> None:
    good, bad = contact(), contact(type="x")
    path = tmp_path / "contacts.csv"
    assert [imported(home, saved(path, items)).status for items in ([good], [good, bad])] == [0, 1]
    assert imported(home, tmp_path / "none.csv").status == 2
    assert imported(home, path, "--no-such-option").status == 2
    assert Contact.objects.count() == 1


def test_faults_are_on_standard_error_and_the_table_on_standard_output(home: Estate, tmp_path: Path) -> None:
    told = imported(home, saved(tmp_path / "contacts.csv", [contact(type="x")]))
    assert told.faults == 'contacts.csv:2: type "x": must be one of global, individual, multi, p2p, regular\n'
    assert (told.said.startswith("┏"), "Traceback" in told.faults) == (True, False)


@pytest.mark.parametrize(
    "data", [csv_of([apartment()]), ndjson_of([apartment()]), json.dumps([apartment()])], ids=["csv", "ndjson", "json"]
)
def test_standard_input_is_a_file_too(home: Estate, data: str) -> None:
    told = imported(home, "-", "--kind", "apartments", given=data.encode())
    assert (told.status, told.faults, Apartment.objects.count()) == (0, "", 1)


def test_faults_of_standard_input_say_so(home: Estate) -> None:
    told = imported(home, "-", given=csv_of([contact(number="5")]).encode())
    assert (told.status, told.faults[:32]) == (1, 'standard input:2: number "5": mu')


def test_an_export_goes_to_an_import_through_a_pipe(home: Estate, tmp_path: Path) -> None:
    imported(home, saved(tmp_path / "contacts.csv", [contact(name="Ünï\r\n'=1")]))
    with started("bulk_export", "-", "--site", home.site.slug, "--kind", "contacts", "--format", "csv") as writing:
        written = writing.communicate(timeout=SECONDS)[0]
    told = imported(home, "-", "--report", tmp_path / "r.json", given=written)
    assert (told.status, json.loads((tmp_path / "r.json").read_text())["parts"][0]["unchanged"]) == (0, 1)


def test_a_pipe_with_a_name_is_loaded_and_not_resumed(home: Estate, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "contacts.csv")
    assert imported(home, pipe, "--per-batch").status == 2
    with started("bulk_import", pipe, "--site", home.site.slug) as process:
        pipe.write_text(csv_of([contact()]))
        assert (ended(process).status, Contact.objects.count()) == (0, 1)


# ── interrupted ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("line", ["40,000 rows read", "storing"])
@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_an_interrupted_import_leaves_nothing(
    home: Estate, tmp_path: Path, line: str, how: signal.Signals, status: int
) -> None:
    path = many_contacts(tmp_path / "contacts.ndjson", MANY // 2)
    with started("bulk_import", path, "--site", home.site.slug, code=TALKATIVE) as process:
        wait_for(process, line)
        sleep(0.1)  # while rows are on their way
        process.send_signal(how)
        told = ended(process)
    until(lambda: connections() == 0)
    assert (told.status, told.faults) == (status, INTERRUPTED if status == 130 else "")
    logged: Any = ContactChange
    assert [each.objects.count() for each in (Contact, ChangeSet, logged)] == [0, 0, 0]


INTERRUPTED = "CommandError: Interrupted. Nothing was changed.\n"


def test_an_import_that_waits_for_its_input_is_interrupted(home: Estate, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "contacts.csv")
    with started("bulk_import", pipe, "--site", home.site.slug) as process, pipe.open("wb") as file:
        file.write(b"link_id,name\n")
        file.flush()
        sleep(0.5)  # until it reads
        process.send_signal(signal.SIGINT)
        assert ended(process) == Ran(130, "", INTERRUPTED)


@pytest.mark.parametrize("ending", ["csv", pytest.param("ndjson", marks=at_length)])
def test_after_kill_9_nothing_is_double_and_nothing_is_lost(home: Estate, tmp_path: Path, ending: str) -> None:
    path = many_contacts(tmp_path / f"contacts.{ending}", 20_000)
    with started("bulk_import", path, "--site", home.site.slug, "--per-batch", code=SMALL_BATCHES) as process:
        wait_for(process, "3,000 rows read")
        process.send_signal(signal.SIGKILL)
        assert ended(process).status == -9
    until(lambda: connections() == 0)
    before = Contact.objects.count()
    assert (before % 1_000, 3_000 <= before < 20_000, Progress.objects.count()) == (0, True, 1)
    resumed = imported(home, path, "--resume", "--report", tmp_path / "r.json")
    (part,) = json.loads((tmp_path / "r.json").read_text())["parts"]
    assert (resumed.status, part["rows"], part["created"]) == (0, 20_000 - before, 20_000 - before)
    logged: Any = ContactChange
    assert (Contact.objects.count(), logged.objects.count()) == (20_000, 20_000)


def connections() -> int:
    """Of others to the tests' database."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def test_a_writer_who_holds_the_turn_for_too_long_means_2(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", [contact()])
    with transaction.atomic():
        take_turn(CONTACTS.kind, home.site.pk)
        told = imported(home, path, LINKMGR_LOCK_TIMEOUT_SECONDS="1")
    assert (told.status, Contact.objects.count()) == (2, 0)
    assert told.faults == "CommandError: canceling statement due to lock timeout. Nothing was changed.\n"


def test_what_is_stored_stays_when_the_answer_is_interrupted(home: Estate, tmp_path: Path) -> None:
    """The report goes to a pipe that nobody reads."""
    os.mkfifo(pipe := tmp_path / "report.json")
    path = saved(tmp_path / "contacts.csv", [contact()])
    with started("bulk_import", path, "--site", home.site.slug, "--report", pipe) as process:
        wait_for(process, "└")
        process.send_signal(signal.SIGINT)
        told = ended(process)
    assert (told.status, Contact.objects.count()) == (130, 1)
    assert told.faults == "CommandError: The rows are stored, but not all was told: interrupted.\n"


def test_two_imports_at_once_do_not_stand_in_each_others_way(home: Estate, tmp_path: Path) -> None:
    items = [apartment(f"{1 + n}-1-1-1") for n in range(2_000)]
    words = ("bulk_import", "--site", home.site.slug)
    with (
        started(*words, saved(tmp_path / "apartments.csv", items)) as first,
        started(*words, saved(tmp_path / "apartments.ndjson", items[::-1])) as second,
    ):
        assert [ended(first).status, ended(second).status] == [0, 0]
    assert (Apartment.objects.count(), ChangeSet.objects.get().counts) == (2_000, {"apartment": {"insert": 2_000}})


def test_a_terminal_gets_a_bar_and_the_first_faults(home: Estate, tmp_path: Path) -> None:
    path = saved(tmp_path / "contacts.csv", [contact(type="x") for _ in range(250)])
    screen, theirs = os.openpty()
    os.set_blocking(screen, False)
    with started("bulk_import", path, "--site", home.site.slug, screen=theirs) as process:
        shown = b""
        while process.poll() is None:
            shown += read(screen)
        shown += read(screen)
    os.close(screen)
    os.close(theirs)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert (process.returncode, text.count("must be one of")) == (1, 200)
    assert "… and 50 more faults; --rejects FILE or --report FILE has them all" in text


def read(screen: int) -> bytes:
    try:
        return os.read(screen, 1 << 20)
    except BlockingIOError:
        sleep(0.01)
        return b""


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────

needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory")


@needs_proc
@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_memory_does_not_grow_with_the_rows(home: Estate, tmp_path: Path, ending: str) -> None:
    path = many_contacts(tmp_path / f"contacts.{ending}", MANY)
    loaded = imported(home, path, code=PEAK)
    assert (loaded.status, Contact.objects.count()) == (0, MANY)
    words = (tmp_path / f"out.{ending}", "--site", home.site.slug, "--kind", "contacts")
    written = ran("bulk_export", *words, code=PEAK)
    assert [int(each.said.split()[-1]) < MOST_MIB for each in (loaded, written)] == [True, True]


@needs_proc
def test_memory_does_not_grow_with_what_there_is_to_tell(home: Estate, tmp_path: Path) -> None:
    """Many rows are refused, and a dry run tells of each of the others."""
    path = many_contacts(tmp_path / "contacts.csv", MANY // 4)
    path.write_text(path.read_text().replace("5,global,0001", "5,global,9999"))
    words = ("--dry-run", "--report", tmp_path / "r.json", "--rejects", tmp_path / "r.csv")
    told = imported(home, path, *words, code=PEAK)
    assert (told.status, int(told.said.split()[-1]) < MOST_MIB) == (1, True)
    assert len((tmp_path / "r.csv").read_text().splitlines()) == MANY // 40 + 1

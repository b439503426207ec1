"""A real `linkmgr up` at LINKMGR_LOG_LEVEL=DEBUG: what was planted is in no output, no log and no list of processes."""

import shutil
import signal
from collections.abc import Iterator
from hashlib import md5
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.make import contact
from tests.processes import ONE, SECONDS, Running, linkmgr_with, migrated, post
from tests.rest import CONTACTS

pytestmark = pytest.mark.any_postgres

PLANTED = "planted-0123456789"
ENVIRON = {
    "LINKMGR_SECRET_KEY": f"{PLANTED}-of-the-machine-as-long-as-the-checks-of-a-production-ask",
    "LINKMGR_EMAIL_URL": f"smtp://linkmgr:{PLANTED}-of-mail@127.0.0.1:9",
    "LINKMGR_LOG_LEVEL": "DEBUG",
    **ONE,
}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    directory = Path(mkdtemp(prefix="linkmgr-secrets-"))
    up = Running(migrated(directory), **ENVIRON)
    yield up
    if up.process.poll() is None:
        up.end(signal.SIGINT)
    up.close()
    shutil.rmtree(directory)


def command(running: Running, *words: str) -> str:
    done = linkmgr_with(ENVIRON, *words, "--data-dir", str(running.data_dir))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask(running: Running, method: str, path: str, body: str = "", **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", int(running.port), timeout=SECONDS)
    connection.request(method, path, body.encode(), {name.replace("_", "-"): text for name, text in headers.items()})
    status = connection.getresponse().status
    connection.close()
    return status


def arguments() -> str:
    """Of every process of this machine, as anybody reads them."""
    return "\n".join(path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())


def test_nothing_that_was_planted_comes_out(running: Running) -> None:
    token = command(running, "token", "create", "--account", "sync")
    password = command(running, "account", "device", "sync")
    digest, wrong = (md5(each.encode(), usedforsecurity=False).hexdigest() for each in (password, PLANTED))
    bearer = {"authorization": f"Bearer {token}"}
    asked = [
        ask(running, "GET", f"/api/v1/login?username=sync&password={digest}"),
        ask(running, "GET", f"/api/v1/login?username=sync&password={wrong}"),
        ask(running, "GET", f"/api/v0/contact/items/link?token={PLANTED}", authorization=f"Bearer {PLANTED}"),
        ask(running, "GET", "/admin/", cookie=f"sessionid={PLANTED}"),
        ask(running, "POST", f"{CONTACTS}bulk", f'{{"items": "{PLANTED}"}}', idempotency_key="a", **bearer),
        ask(running, "POST", f"{CONTACTS}?x={PLANTED}", PLANTED, content_type="application/json", **bearer),
    ]
    assert (
        asked[:4],
        post(running.port, "/api/v0/contact/items/link", token, [contact(name=PLANTED)])[0]["success"],
    ) == (
        [200, 400, 401, 302],
        True,
    )
    during = arguments()
    logs = "\n".join((running.data_dir / name).read_text() for name in ("up.log", "postgres.log"))
    out = "\n".join([running.said, logs, during])
    assert ("request_finished" in logs, "granian" in during) == (True, True)
    assert [secret for secret in (PLANTED, token, password, digest, wrong) if secret in out] == []


URLS = [
    ("LINKMGR_DATABASE_URL", f"postgres://linkmgr:{PLANTED}/1@127.0.0.1:5432/linkmgr"),
    ("LINKMGR_DATABASE_URL", f"mysqlx://linkmgr:{PLANTED}@127.0.0.1/linkmgr"),
    ("LINKMGR_EMAIL_URL", f"smtp://linkmgr:{PLANTED}[@127.0.0.1"),
    ("LINKMGR_EMAIL_URL", f"pigeon://linkmgr:{PLANTED}@127.0.0.1"),
]


@pytest.mark.parametrize(("name", "url"), URLS)
def test_a_url_that_cannot_be_read_is_told_by_its_setting_alone(name: str, url: str) -> None:
    done = linkmgr_with({"LINKMGR_SECRET_KEY": "any", "LINKMGR_DATABASE_URL": "postgres:///none", name: url}, "migrate")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"linkmgr: {name} cannot be read: ")
    assert done.stderr.count("\n") == 1
    assert PLANTED not in done.stderr

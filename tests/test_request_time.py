"""No statement of a web worker runs longer than LINKMGR_REQUEST_SECONDS: in a process that has loaded linkmgr.wsgi."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.make import APARTMENTS, CONTACTS_V1, Estate, estate

ASK = """
import json, sys
from django.test import Client
client = Client(headers={"authorization": f"Bearer {sys.argv[1]}"})
for line in sys.stdin:
    method, path, body = json.loads(line)
    response = client.generic(method, path, body, content_type="application/json")
    told = [response.status_code, response.headers.get("Retry-After"), response.content.decode()]
    print(json.dumps(told), flush=True)
"""
SHOW = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
"""
WORKER, COMMAND = "import linkmgr.wsgi\n", "import django\ndjango.setup()\n"
BUSY = '{"error":"Service unavailable"}'
BUSY_OBJECT = '{"error":{"code":"system_error","message":"Service unavailable"}}'


def environment(**settings: str) -> dict[str, str]:
    """For a process beside this one, on the same database."""
    url = urlsplit(os.environ["LINKMGR_DATABASE_URL"])
    named = url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "linkmgr.settings", "LINKMGR_DATABASE_URL": named, **settings}


@pytest.fixture
def home(transactional_db: None) -> Estate:
    return estate()


@pytest.fixture
def worker(home: Estate) -> Iterator[Any]:
    command = [sys.executable, "-c", WORKER + ASK, home.token]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen(command, env=environment(LINKMGR_REQUEST_SECONDS="1"), **pipes) as process:
        yield process


def ask(worker: Any, method: str, path: str, body: str = "") -> list[Any]:
    worker.stdin.write(json.dumps([method, path, body]) + "\n")
    answer: list[Any] = json.loads(worker.stdout.readline())
    return answer


def test_what_takes_too_long_is_503_and_the_worker_goes_on(worker: Any) -> None:
    """Somebody's transaction holds the tables; what waits for them is a statement like any other that is slow."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE apartments_apartment, contacts_contact")
    delete = '{"link_ids": ["00000000-0000-4000-8000-000000000000"]}'
    answers = [ask(worker, "GET", APARTMENTS), ask(worker, "DELETE", APARTMENTS, delete)]
    answers.append(ask(worker, "GET", CONTACTS_V1))
    other.rollback()
    other.close()
    assert answers == [[503, "5", BUSY], [503, "5", BUSY], [503, "5", BUSY_OBJECT]]
    assert [ask(worker, "GET", APARTMENTS)[0], ask(worker, "DELETE", APARTMENTS, delete)[0]] == [200, 200]


LIMITS = [
    (WORKER, {}, "2min"),
    (WORKER, {"LINKMGR_REQUEST_SECONDS": "7"}, "7s"),
    (WORKER, {"LINKMGR_REQUEST_SECONDS": "0"}, "0"),
    (WORKER, {"LINKMGR_PGBOUNCER": "true"}, "0"),
    (COMMAND, {"LINKMGR_REQUEST_SECONDS": "7"}, "0"),
]


@pytest.mark.parametrize(
    ("process", "settings", "limit"), LIMITS, ids=["default", "set", "off", "pgbouncer", "command"]
)
def test_whose_statements_are_limited(db: None, process: str, settings: dict[str, str], limit: str) -> None:
    command = [sys.executable, "-c", process + SHOW]
    said = subprocess.run(command, env=environment(**settings), capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.strip() == limit

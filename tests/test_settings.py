"""A setting that cannot be read ends every program in one line, which names it and says what is wanted."""

import subprocess
import sys

import pytest

from tests.processes import environment, linkmgr_with

pytestmark = pytest.mark.any_postgres

SECRET = "geheim"
WRONG = {
    "LINKMGR_RATE_LIMIT": ("often", "'often'", "a whole number from 0 to 1000000"),
    "LINKMGR_MAX_BODY_MIB": ("1.5", "'1.5'", "a whole number"),
    "LINKMGR_LOCK_TIMEOUT_SECONDS": ("-1", "'-1'", "a whole number from 0"),
    "LINKMGR_THREADS": ("0", "'0'", "a whole number from 1 to 1000"),
    "LINKMGR_SIGN_IN_PAUSE_MINUTES": ("9" * 5_000, "'9999", "a whole number from 1"),
    "LINKMGR_HTTPS": ("yess", "'yess'", "true or false"),
    "LINKMGR_PGBOUNCER": ("2", "'2'", "true or false"),
    "LINKMGR_LOG_LEVEL": ("loud", "'loud'", "one of DEBUG, INFO"),
    "LINKMGR_TIME_ZONE": ("../../etc/passwd", "'../../etc/passwd'", "Europe/Prague"),
    "LINKMGR_DATABASE_URL": (f"postgres://me:{SECRET}@host:port/name", "cannot be read", "postgres://user:password@"),
    "LINKMGR_EMAIL_URL": (f"smtp://me:{SECRET}@host:port", "cannot be read", "smtp://host:25"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_that_cannot_be_read_is_one_clear_line(name: str) -> None:
    value, told, wanted = WRONG[name]
    refused = linkmgr_with({name: value}, "openapi")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
    assert all(part in refused.stderr for part in (f"linkmgr: {name} ", told, wanted)), refused.stderr
    assert SECRET not in refused.stderr


def test_nothing_is_served_with_one() -> None:
    refused = linkmgr_with({"LINKMGR_RATE_LIMIT": "often", "LINKMGR_DATABASE_URL": "postgres://nobody@/nothing"}, "up")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr


def test_another_web_server_ends_with_the_same_line() -> None:
    load = [sys.executable, "-c", "import linkmgr.wsgi"]
    around = environment() | {"LINKMGR_HTTPS": "perhaps"}
    done = subprocess.run(load, capture_output=True, text=True, env=around, check=False)
    assert (done.returncode, done.stderr) == (1, "linkmgr: LINKMGR_HTTPS is 'perhaps': set it to true or false\n")


def test_yes_and_no_have_several_words_and_nothing_is_as_if_not_set() -> None:
    names = "s.DEBUG, s.HTTPS, s.PGBOUNCER, s.PRIVATE_WEBHOOKS, s.THREADS"
    show = ["shell", "--no-imports", "-c", f"from django.conf import settings as s; print({names})"]
    said = {"DEBUG": "TRUE", "HTTPS": " on ", "PGBOUNCER": "no", "PRIVATE_WEBHOOKS": "", "THREADS": ""}
    around = {f"LINKMGR_{name}": word for name, word in said.items()}
    around["LINKMGR_DATABASE_URL"] = "postgres://nobody@/nothing"
    assert linkmgr_with(around, *show).stdout == "True True False False 16\n"

"""A throw-away PostgreSQL for the whole run, started before Django reads its settings.

Every process of the run makes its own database on the one server that the first process started.

LINKMGR_TEST_PG=wheel takes the binaries of the wheel instead of the system's, so that the suite runs on both.
"""

import atexit
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest

from linkmgr.postgres.binaries import wheel_binaries
from linkmgr.postgres.server import THROW_AWAY, Server, serve

FIRST = "PYTEST_XDIST_WORKER" not in os.environ
for name in [name for name in os.environ if name.startswith("LINKMGR_") and not name.startswith("LINKMGR_TEST_")]:
    if FIRST:
        del os.environ[name]  # what the developer's own installation uses is none of the tests' business
if not FIRST:
    os.environ.pop("COVERAGE_PROCESS_START", None)  # with it, all that the tests start takes a second more to start
if os.environ.get("LINKMGR_TEST_PG") == "wheel":
    os.environ["LINKMGR_PG_BIN"] = str(wheel_binaries())


def start() -> Server:
    directory = Path(mkdtemp(prefix="linkmgr-tests-"))
    server = serve(directory, settings=THROW_AWAY)

    @atexit.register
    def end() -> None:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)

    return server


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    if not FIRST:
        return
    os.environ["LINKMGR_DATABASE_URL"] = start().url
    os.environ["LINKMGR_SECRET_KEY"] = "a key for the tests, as long as it has to be for the checks of a production"
    os.environ["LINKMGR_ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
    os.environ["LINKMGR_LOG_LEVEL"] = "CRITICAL"

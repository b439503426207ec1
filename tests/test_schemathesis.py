"""Schemathesis holds a running server against its own description: every check, by four kinds of callers.

`schemathesis.toml` says what is expected besides, and why; `schemathesis_hooks` arranges what JSON Schema cannot say.
LINKMGR_TEST_LONG=1 adds the phase that goes through every value of every parameter by itself: five minutes. Without it,
only the administrator follows links.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.length import LONG
from tests.processes import Running, environment, linkmgr, newly_started

pytestmark = pytest.mark.schemathesis

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "schemathesis.toml"), "run"]
SECONDS = 1_200
CALLS = "examples,fuzzing"
WITH_LINKS = f"{CALLS},stateful"
"""From the answer of one call to the next, as the links of the description lead."""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with newly_started("schemathesis") as running:
        yield running


def token(server: Running, account: str, role: str, site: str = "default") -> str:
    where = ["--account", account, "--role", role, "--site", site, "--data-dir", server.data_dir]
    made = linkmgr("token", "create", *where)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def run(server: Running, caller: str, phases: str) -> None:
    address = f"http://127.0.0.1:{server.port}/api/schema"
    header = ["--header", f"Authorization: Bearer {caller}"] if caller else []
    command = [*PROGRAM, address, *header, "--phases", phases, "--no-color"]
    found = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr


def test_an_administrator_meets_no_surprise(server: Running) -> None:
    phases = f"coverage,{WITH_LINKS}" if LONG else WITH_LINKS
    run(server, token(server, "administrator", "administrator"), phases)


def test_a_viewer_meets_no_surprise(server: Running) -> None:
    run(server, token(server, "viewer", "viewer"), WITH_LINKS if LONG else CALLS)


def test_a_foreign_site_meets_no_surprise(server: Running) -> None:
    assert linkmgr("site", "create", "away", "--name", "Away", "--data-dir", server.data_dir).returncode == 0
    run(server, token(server, "stranger", "administrator", "away"), WITH_LINKS if LONG else CALLS)


def test_without_a_token_nobody_meets_a_surprise(server: Running) -> None:
    run(server, "", CALLS)

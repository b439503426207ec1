"""The page for integrators does what it says: every command of it is run, in order, against a real server."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import SECONDS, Running, environment, newly_started

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/integrators.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ANYTHING, MARK = "…", "@@ next block @@"

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="the page speaks curl"),
    pytest.mark.any_postgres,
]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with newly_started("page") as up:
        yield up


@pytest.fixture(scope="module")
def printed(running: Running, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block of commands prints."""
    directory = tmp_path_factory.mktemp("newcomer")
    (directory / "docs").symlink_to(ROOT / "docs")
    script = "set -euo pipefail\n" + f"echo '{MARK}'\n".join(text for sort, text in BLOCKS if sort == "sh")
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    settings = {"PATH": path, "LINKMGR": f"http://127.0.0.1:{running.port}", "LINKMGR_DATA_DIR": str(running.data_dir)}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=directory, env={**environment(), **settings}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.split(MARK)


def test_every_answer_is_as_the_page_shows_it(printed: list[str]) -> None:
    shown = [
        (number, BLOCKS[at + 1][1])
        for number, at in enumerate(at for at, (sort, _) in enumerate(BLOCKS) if sort == "sh")
        if BLOCKS[at + 1 : at + 2] and BLOCKS[at + 1][0] == "json"
    ]
    assert len(shown) >= 10
    for number, text in shown:
        assert [*_values(printed[number])] == [_Like(value) for value in _values(text)], printed[number]


def test_the_sync_says_what_it_did(printed: list[str]) -> None:
    (said,) = [text for text in printed if "deleted" in text]
    assert '"unchanged": 2' in said
    assert "deleted 0" in said


def _values(text: str) -> Iterator[Any]:
    """One JSON value after the other."""
    decoder, at = json.JSONDecoder(), 0
    while rest := text[at:].lstrip():
        value, length = decoder.raw_decode(rest)
        at = len(text) - len(rest) + length
        yield value


class _Like:
    """Equal to what is the same but for places where the page has an ellipsis."""

    def __init__(self, shown: Any) -> None:
        self.shown = shown

    def __repr__(self) -> str:
        return repr(self.shown)

    def __eq__(self, other: object) -> bool:
        return _is_like(self.shown, other)


def _is_like(shown: Any, got: Any) -> bool:
    if shown == ANYTHING:
        return got is not None
    if isinstance(shown, dict) and isinstance(got, dict):
        return shown.keys() == got.keys() and all(_is_like(shown[name], got[name]) for name in shown)
    if isinstance(shown, list) and isinstance(got, list):
        return len(shown) == len(got) and all(map(_is_like, shown, got))
    return bool(shown == got)

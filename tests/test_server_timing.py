"""Server-Timing: a bulk call that asks for it is told where its milliseconds went."""

import re

import pytest

from linkmgr.timing import STEPS
from tests.make import EVERY_LIST, MAKERS, Estate
from tests.rest import COLLECTIONS, bulk
from tests.rest import MAKERS as FLAT

pytestmark = pytest.mark.any_postgres

STEP = re.compile(r"(\w+);dur=(\d+\.\d)")


def steps(header: str) -> list[str]:
    found = [STEP.fullmatch(part) for part in header.split(", ")]
    assert all(found), header
    return [each[1] for each in found if each]


@pytest.mark.parametrize("path", EVERY_LIST)
def test_a_device_call_tells_its_steps(home: Estate, path: str) -> None:
    answer = home.post(f"{path}?explain=true", MAKERS[path]())
    assert steps(answer["Server-Timing"]) == [*STEPS]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_bulk_call_tells_its_steps(home: Estate, collection: str) -> None:
    answer = bulk(home, collection, FLAT[collection](), query="?explain=true")
    assert steps(answer["Server-Timing"]) == [*STEPS]


def test_a_dry_run_commits_nothing(home: Estate) -> None:
    answer = home.post(f"{EVERY_LIST[0]}?explain=true&dry_run=true", MAKERS[EVERY_LIST[0]]())
    assert "commit" not in steps(answer["Server-Timing"])


@pytest.mark.parametrize("path", EVERY_LIST)
def test_nobody_is_told_without_asking(home: Estate, path: str) -> None:
    assert "Server-Timing" not in home.post(path, MAKERS[path]())


def test_one_call_is_not_told_of_another(home: Estate) -> None:
    path = EVERY_LIST[0]
    home.post(f"{path}?explain=true", MAKERS[path]())
    assert "Server-Timing" not in home.post(path, MAKERS[path]())

"""`linkmgr bench` really measures, and its report tells nothing but what was measured."""

import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

from benchmarks.goals import GOALS, Goal, Verdict
from benchmarks.million import peak_of
from benchmarks.peers import MODULES, PEERS
from benchmarks.plan import Plan
from benchmarks.report import JSON, MARKDOWN, SVG, rendered
from benchmarks.results import Results, dump, load
from benchmarks.rounds import Contender, alternate
from benchmarks.run import MEASURES as TAKEN
from linkmgr.management.commands import bench
from tests.length import at_length
from tests.processes import LINKMGR, environment, processes_on

pytestmark = [pytest.mark.any_postgres, at_length]

DOCS = Path(__file__).parent.parent / "docs"
PATIENCE = 600


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    directory = Path(mkdtemp(prefix="linkmgr-bench-test-"))
    directory.chmod(0o711)  # PostgreSQL runs as another user where we are root
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def run(data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Every measure, and its report in `report`."""
    words = ("bench", "--quick", "--no-peers", "--write", data_dir / "report", "--data-dir", data_dir / "disk")
    command = [*LINKMGR, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment(), check=False)


def kept(directory: Path) -> Results:
    return load((directory / JSON).read_bytes())


def test_every_goal_is_measured(run: subprocess.CompletedProcess[str], data_dir: Path) -> None:
    assert run.returncode == 0, run.stderr
    results = kept(data_dir / "report")
    unknown = {goal.what for goal in GOALS if goal.verdict(results) is Verdict.UNKNOWN}
    assert unknown == {f"contacts beside {peer.title}" for peer in PEERS}


def test_whatever_is_fast_or_slow_no_writer_is_in_the_way_and_nothing_is_written_twice(
    run: object, data_dir: Path
) -> None:
    results = kept(data_dir / "report")
    zero = [goal.value(results) for goal in GOALS if goal.must == 0]
    assert zero == [0, 0]


def test_it_says_what_it_found(run: subprocess.CompletedProcess[str]) -> None:
    assert re.search(r"apartments over HTTP, with history +│ +3\.30 │ +2\.40 │ +\d", run.stdout)
    assert re.search(r"device list by name, last page +│ +\d", run.stdout)
    assert re.search(r"\d+ goals missed\.", run.stdout)


def test_nothing_is_left_of_it(run: object, data_dir: Path) -> None:
    assert [*(data_dir / "disk").iterdir()] == []
    assert processes_on(data_dir) == []


def test_the_report_is_made_of_the_results_alone(run: object, data_dir: Path) -> None:
    directory = data_dir / "report"
    files = {name: (directory / name).read_text() for name in (MARKDOWN, SVG)}
    assert files == rendered(kept(directory))
    assert dump(kept(directory)) == (directory / JSON).read_bytes()


def test_every_figure_in_the_documents_is_one_that_was_measured() -> None:
    files = {name: (DOCS / name).read_text() for name in (MARKDOWN, SVG)}
    assert files == rendered(kept(DOCS))


def test_the_documents_tell_of_a_whole_run() -> None:
    plan, results = Plan(), kept(DOCS)
    assert results.plan == plan.amounts()
    assert {goal.what for goal in GOALS if goal.verdict(results) is Verdict.UNKNOWN} == set()


def test_the_documents_name_no_machine() -> None:
    text = "".join((DOCS / name).read_text() for name in (JSON, MARKDOWN, SVG))
    assert re.findall(r"/(?:home|tmp|root|var|usr)\b|://127|localhost", text) == []


@pytest.mark.parametrize("results", [kept(DOCS), Results({}, Plan().amounts())], ids=["measured", "empty"])
def test_the_chart_can_be_read_and_heard(results: Results) -> None:
    chart = ElementTree.fromstring(rendered(results)[SVG])
    named = {each.get("id"): each.text for each in chart if each.tag.endswith(("title", "desc"))}
    assert [bool(named[name]) for name in str(chart.get("aria-labelledby")).split()] == [True, True]
    assert "prefers-color-scheme: dark" in rendered(results)[SVG]


def test_an_interrupted_run_leaves_nothing(data_dir: Path) -> None:
    disk = data_dir / "interrupted"
    words = ("bench", "--quick", "--no-peers", "--only", "clients", "--data-dir", str(disk))
    with subprocess.Popen([*LINKMGR, *words], stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr
        said = iter(process.stderr.readline, "")
        assert next(line for line in said if "storing" in line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 130
        assert "nothing is left" in process.stderr.read()
    assert ([*disk.iterdir()], processes_on(disk)) == ([], [])


# ── what needs no run ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_knows_every_measure_and_every_package() -> None:
    assert tuple(TAKEN) == bench.MEASURES
    assert bench.PEERS == MODULES


def test_documents_of_a_part_are_refused() -> None:
    with pytest.raises(CommandError, match="a whole run"):
        call_command("bench", "--quick", "--write")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory")
def test_the_peak_of_a_small_process_is_not_that_of_its_large_parent() -> None:
    filled = bytearray(b"1") * 2**28
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.3)"]) as process:
        assert 1 < peak_of(process) < len(filled) / 2**21


@pytest.mark.parametrize("words", [("--only", "windows"), ("--only", ","), ("--rounds", "0"), ("--rows", "many")])
def test_options_that_mean_nothing_are_refused(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="argument"):
        call_command("bench", *words)


def test_without_a_checkout_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    with pytest.raises(CommandError, match="in a checkout"):
        call_command("bench", "--no-peers")


@pytest.mark.skipif(all(map(find_spec, MODULES)), reason="the peers are installed")
def test_without_uv_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("UV", raising=False)
    if not (DOCS.parent / ".uv/bin/uv").exists():
        with pytest.raises(CommandError, match="--no-peers"):
            call_command("bench")


def test_a_ratio_is_of_one_round() -> None:
    series = {"linkmgr": [2.0, 30.0, 9.0], "floor": [1.0, 10.0, 1.0], "each": [None, 60.0, None]}
    results = Results({}, {}, {"contacts": series})
    assert results.ratio("contacts", "linkmgr") == 3
    assert results.ratio("contacts", "each", "linkmgr") == 2
    assert results.ratio("contacts", "drf") is None


def test_everybody_takes_part_in_every_round_and_the_slow_in_some() -> None:
    contenders = (Contender("quick", lambda: 1.0), Contender("slow", lambda: 9.0, every=4))
    series = alternate(contenders, rounds=6, warmups=2, rnd=random.Random(1))
    assert series == {"quick": [1.0] * 6, "slow": [9.0, None, None, None, 9.0, None]}


@pytest.mark.parametrize(
    ("value", "more_is_better", "verdict"),
    [
        (2.0, False, Verdict.AIM),
        (2.1, False, Verdict.MUST),
        (3.1, False, Verdict.MISSED),
        (4.0, True, Verdict.AIM),
        (3.9, True, Verdict.MUST),
        (2.9, True, Verdict.MISSED),
        (None, True, Verdict.UNKNOWN),
    ],
)
def test_a_goal_is_reached_or_met_or_missed(value: float | None, more_is_better: bool, verdict: Verdict) -> None:
    aim = 4.0 if more_is_better else 2.0
    assert Goal("", 3.0, aim, "", lambda _: value, more_is_better).verdict(Results({}, {})) is verdict

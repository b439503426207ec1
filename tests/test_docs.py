"""What the documents say is so."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from linkmgr.files.layout import Layout
from linkmgr.kinds import LAYOUTS

pytestmark = pytest.mark.any_postgres

ROOT = Path(__file__).parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text()
FILES = (ROOT / "docs/files.md").read_text()
README = (ROOT / "README.md").read_text()
VARIABLE = re.compile(r"LINKMGR_[A-Z_]+")


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    sources = [path for path in (ROOT / "linkmgr").rglob("*.py") if "migrations" not in path.parts]
    read = {name for path in sources for name in re.findall(r'["\'](LINKMGR_[A-Z_]+)["\']', path.read_text())}
    told = set(re.findall(r"^\| `(LINKMGR_[A-Z_]+)`", OPERATIONS, re.MULTILINE))
    assert read == told


def test_defaults_in_the_table_are_those_of_the_settings() -> None:
    settings = (ROOT / "linkmgr/settings.py").read_text()
    plain = dict(re.findall(r'\("(LINKMGR_[A-Z_]+)", default="?(\w+)"?[,)]', settings.replace("INSECURE_", "#")))
    told = dict(re.findall(r"^\| `(LINKMGR_[A-Z_]+)` \| `(\w+)` ", OPERATIONS, re.MULTILINE))
    assert {name: default.lower() for name, default in plain.items()} == {name: told[name].lower() for name in told}


@pytest.mark.parametrize("document", sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "line", re.findall(r"^linkmgr ((?:site|account|token) .*?)\s*(?:#.*)?$", OPERATIONS, re.MULTILINE)
)
def test_commands_of_the_manual_exist(line: str) -> None:
    command, action = line.split()[:2]
    with pytest.raises(SystemExit) as ended:
        call_command(command, action, "--help")
    assert ended.value.code == 0


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_columns_of_files_are_told(layout: Layout) -> None:
    (row,) = re.findall(rf"^\| {layout.name} \| (.*) \|$", FILES, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == layout.header


@pytest.mark.parametrize("line", re.findall(r"^linkmgr (bulk_(?:import|export) .*?)\s*(?:#.*)?$", FILES, re.MULTILINE))
def test_options_of_the_page_on_files_exist(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    command, *options = line.split()
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    known = capsys.readouterr().out
    assert [option for option in options if option.startswith("--") and option not in known] == []


def test_the_readme_fits_on_a_screen_and_has_both_commands() -> None:
    assert README.count("\n") <= 50
    assert "python3 -m pip install -q --target .uv uv && .uv/bin/uv run linkmgr up --demo" in README
    assert ".uv/bin/uv run pytest" in README


@pytest.mark.parametrize("decision", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.stem)
def test_decisions_are_short_and_whole(decision: Path) -> None:
    text = decision.read_text()
    assert text.count("\n") <= 25
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Rejected", "Consequence"]

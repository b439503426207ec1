"""The house keeps its own rules: import directions, sizes of rooms, the same rooms in every app."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_postgres

ROOT = Path(__file__).parent.parent
APPS = ("apartments", "timeprofiles", "contacts")
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
ORDER = (
    ("benchmarks",),
    (
        "linkmgr.urls",
        "linkmgr.worker",
        "linkmgr.wsgi",
        "linkmgr.cli",
        "linkmgr.management",
        "linkmgr.checks",
        "linkmgr.apps",
        "linkmgr.health",
        "linkmgr.metrics",
    ),
    ("linkmgr.demo", "linkmgr.torture", "linkmgr.web", "linkmgr.capabilities", "linkmgr.changes"),
    ("linkmgr.kinds",),
    APPS,
    ("linkmgr.api", "linkmgr.admin"),
    ("linkmgr.files",),
    ("linkmgr.bulk", "linkmgr.lists"),
    ("linkmgr.history", "linkmgr.notifications"),
    ("linkmgr.accounts", "linkmgr.logs"),
    ("linkmgr.postgres", "linkmgr.database"),
    (
        "linkmgr.headers",
        "linkmgr.debug_page",
        "linkmgr.orphans",
        "linkmgr.environment",
        "linkmgr.flags",
        "linkmgr.statement_time",
    ),
    ("linkmgr.timing", "linkmgr.counting", "linkmgr.error_text"),
    ("linkmgr.front",),
)
"""From top to bottom: what stands lower never imports what stands higher."""


def sources() -> Iterator[Path]:
    for top in ("benchmarks", "linkmgr", *APPS):
        yield from (path for path in sorted((ROOT / top).rglob("*.py")) if "migrations" not in path.parts)


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def height(name: str) -> int | None:
    """How low it stands; None for what is not of the house, or belongs to all (settings, the version)."""
    rooms = ((place, room) for place, rooms in enumerate(ORDER) for room in rooms)
    return next((place for place, room in rooms if name == room or name.startswith(f"{room}.")), None)


@pytest.mark.parametrize("path", [*sources()], ids=module)
def test_imports_point_down(path: Path) -> None:
    own = height(module(path))
    upward = [name for name in imports(path) if (other := height(name)) is not None and own is not None and other < own]
    assert upward == []


@pytest.mark.parametrize("app", APPS)
def test_the_apps_never_import_each_other(app: str) -> None:
    others = tuple(f"{other}." for other in APPS if other != app)
    found = [(module(path), name) for path in sorted((ROOT / app).rglob("*.py")) for name in imports(path)]
    assert [pair for pair in found if pair[1].startswith(others)] == []


@pytest.mark.parametrize("path", [*sources(), *sorted((ROOT / "tests").glob("*.py"))], ids=module)
def test_files_and_functions_are_small(path: Path) -> None:
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]
    assert (text.count("\n") <= LONGEST_FILE, long) == (True, [])


@pytest.mark.parametrize("path", [*sources()], ids=module)
def test_no_room_is_called_utils(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "misc"}


def test_every_app_has_the_same_rooms() -> None:
    needed = {"models.py", "bulk.py", "views.py", "urls.py", "admin.py", "apps.py", "migrations"}
    assert {app: needed - {path.name for path in (ROOT / app).iterdir()} for app in APPS} == {
        app: set() for app in APPS
    }

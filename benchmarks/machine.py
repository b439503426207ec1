"""On what it was measured: nothing that names the machine."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks.ground import Ground

PROBES = 50
PAGE = b"\0" * 8192
PACKAGES = ("django", "djangorestframework", "psycopg", "granian", "msgspec")
OF_PEERS = ("fastapi", "uvicorn", "sqlalchemy", "django-ninja", "pydantic")


def machine(ground: Ground, *, peers: bool) -> dict[str, str]:
    """What a reader compares with what he has, in words."""
    with ground.connect() as connection:
        told = connection.execute("SELECT current_setting('server_version'), current_setting('fsync')").fetchone()
        assert told
    names = PACKAGES + (OF_PEERS if peers else ())
    return {
        "processor": f"{len(os.sched_getaffinity(0))} × {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "a page written to disk and flushed": f"{_flush_ms(ground.directory):.2f} ms",
        "load of the machine before": f"{os.getloadavg()[0]:.2f}",
        "PostgreSQL": f"{told[0].split()[0]}, fsync {told[1]}, synchronous_commit on",
        "Python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _flush_ms(directory: Path) -> float:
    """Median of some; on a disk in memory it is nothing, and so are commits."""
    path = directory / "flush"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(PROBES):
            began = time.perf_counter()
            file.write(PAGE)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return sorted(taken)[PROBES // 2] * 1000

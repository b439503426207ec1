"""Everything that happens to a server sooner or later. Each is over when its function returns, but for its marks."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psycopg

from linkmgr.torture.scene import Scene, children

MASTER, IMPORT = "granian", "bulk_import"
AWAY_SECONDS = 1.5


def _kill(pids: list[int], how: signal.Signals = signal.SIGKILL) -> int:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    return len(pids)


def _masters(scene: Scene) -> list[int]:
    return list(children(scene.up.pid, MASTER)) if scene.up else []


def kill_worker(scene: Scene, random: Random) -> int:
    workers = [pid for master in _masters(scene) for pid in children(master, MASTER)]
    return _kill(random.sample(workers, min(1, len(workers))))


def kill_web_server(scene: Scene, random: Random) -> int:
    return _kill(_masters(scene))


def kill_up(scene: Scene, random: Random) -> int:
    return _kill([scene.up.pid] if scene.up else [])


def stop_up(scene: Scene, random: Random) -> int:
    """As a service manager does it: requests in flight are finished."""
    return _kill([scene.up.pid] if scene.up else [], signal.SIGTERM)


def kill_import(scene: Scene, random: Random) -> int:
    return _kill(list(children(os.getpid(), IMPORT)))


def kill_postgres(scene: Scene, random: Random) -> int:
    assert scene.server.process
    scene.server.process.kill()
    time.sleep(random.uniform(0, AWAY_SECONDS))
    scene.restart_postgres()
    return 1


def restart_postgres(scene: Scene, random: Random) -> int:
    assert scene.server.process
    scene.server.process.send_signal(signal.SIGINT)
    time.sleep(random.uniform(0, AWAY_SECONDS))
    scene.restart_postgres()
    return 1


def kill_backend(scene: Scene, random: Random) -> int:
    """PostgreSQL ends every other backend too, and recovers by itself."""
    with scene.connect() as connection:
        backends = _backends(connection)
        return _kill(random.sample(backends, min(1, len(backends))))


def terminate_backends(scene: Scene, random: Random) -> int:
    with scene.connect() as connection:
        backends = _backends(connection)
        connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [backends])
        return len(backends)


def _backends(connection: psycopg.Connection) -> list[int]:
    found = connection.execute(
        """
        SELECT pid
        FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        ORDER BY state <> 'active', pid
        """
    )
    return [pid for (pid,) in found]


FAULTS: dict[str, Callable[[Scene, Random], int]] = {
    "kill -9 of a worker": kill_worker,
    "kill -9 of the web server": kill_web_server,
    "kill -9 of linkmgr up": kill_up,
    "SIGTERM of linkmgr up": stop_up,
    "kill -9 of an import": kill_import,
    "kill -9 of PostgreSQL": kill_postgres,
    "restart of PostgreSQL": restart_postgres,
    "kill -9 of a backend": kill_backend,
    "pg_terminate_backend of all": terminate_backends,
}
"""What it is called in the report → does it to so many processes."""

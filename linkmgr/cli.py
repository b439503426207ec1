"""The console script `linkmgr`: Django's command line, with linkmgr's own PostgreSQL behind every command.

Unless LINKMGR_DATABASE_URL says otherwise, a command uses the server that runs on the data directory, or starts one
for its own life. `--data-dir DIR` (or LINKMGR_DATA_DIR) works before or after any command.
"""

import contextlib
import os
import secrets
import signal
import sys
from pathlib import Path
from tempfile import mkstemp
from threading import Thread
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, ProgrammingError
from psycopg.errors import UndefinedTable

from linkmgr import postgres
from linkmgr.endings import interrupted
from linkmgr.error_text import forget_rows, one_line

OPTION = "--data-dir"
OFFLINE = {
    "bench",
    "help",
    "--help",
    "-h",
    "version",
    "--version",
    "collectstatic",
    "makemessages",
    "compilemessages",
    "openapi",
    "torture",
}


def main() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):  # a script's background jobs begin with SIGINT ignored
        signal.signal(ending, _interrupt)
    argv, data_dir = _without_data_dir(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linkmgr.settings")
    os.environ["LINKMGR_DATA_DIR"] = str(data_dir)
    server = None
    try:
        if _needs_database(argv):
            _ensure_secret(data_dir)
            server = _ensure_database(data_dir)
            if server and argv[1] == "up":
                Thread(target=_end_with, args=(server,), daemon=True).start()
        _execute(argv)
    except postgres.PostgresError as error:
        sys.exit(f"linkmgr: {error}")
    except ProgrammingError as error:
        if not isinstance(error.__cause__, UndefinedTable):
            raise
        sys.exit("linkmgr: the database is empty: run `linkmgr up` or `linkmgr migrate` first")
    except (ImproperlyConfigured, OperationalError, OSError) as error:
        sys.exit(f"linkmgr: {one_line(error)}")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if server:
            died = server.process is not None and server.process.poll() is not None
            _let_go(server, wait=argv[1] != "up" and not died)
            if died:
                sys.exit(1)


def _end_with(server: postgres.Server) -> None:
    """What serves ends when its PostgreSQL does, for whoever watches it to start both again."""
    if server.process:
        status = server.process.wait()
        if not server.stopping:
            print(f"linkmgr: PostgreSQL ended by itself ({status})", file=sys.stderr)  # noqa: T201
            os.kill(os.getpid(), signal.SIGTERM)


def _let_go(server: postgres.Server, *, wait: bool) -> None:
    try:
        if wait:
            postgres.wait_for_others(server)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        server.stop()


def _execute(argv: list[str]) -> None:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(argv)
    except DatabaseError as error:
        forget_rows(error)
        raise


def _interrupt(*_: object) -> NoReturn:
    """A service manager's SIGTERM stops things in the same order as Ctrl-C."""
    interrupted.set()
    raise KeyboardInterrupt


def _without_data_dir(argv: list[str]) -> tuple[list[str], Path]:
    """The arguments without --data-dir, and the directory it, the environment or the user's home says."""
    rest, chosen = [], os.environ.get("LINKMGR_DATA_DIR")
    words = iter(argv)
    for word in words:
        if word == OPTION:
            chosen = next(words, None) or sys.exit(f"linkmgr: {OPTION} needs a directory")
        elif word.startswith(f"{OPTION}="):
            chosen = word.removeprefix(f"{OPTION}=")
        else:
            rest.append(word)
    return rest, Path(chosen).expanduser().absolute() if chosen else postgres.default_data_dir()


def _needs_database(argv: list[str]) -> bool:
    return len(argv) > 1 and argv[1] not in OFFLINE and not {"--help", "-h"} & set(argv)


def _ensure_database(data_dir: Path) -> postgres.Server | None:
    if os.environ.get("LINKMGR_DATABASE_URL"):
        return None
    server = postgres.serve(data_dir)
    os.environ["LINKMGR_DATABASE_URL"] = server.url
    return server


def _ensure_secret(data_dir: Path) -> None:
    """A secret key of this installation's own, made once and readable by its owner only."""
    if os.environ.get("LINKMGR_SECRET_KEY"):
        return
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not path.exists() or not path.read_text():
            _make_secret(path)
        os.environ["LINKMGR_SECRET_KEY"] = path.read_text()
    except OSError as error:
        raise postgres.PostgresError(f"the data directory {data_dir} cannot be written: {error.strerror}") from error


def _make_secret(path: Path) -> None:
    """Whole or not at all, and of two that make one at once the first one's."""
    handle, name = mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    with contextlib.suppress(FileNotFoundError):
        if not path.read_text():
            path.unlink()  # of a machine that went down while it was written
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()


if __name__ == "__main__":
    main()

"""A PostgreSQL server of linkmgr's own: found running, or started.

A cluster lives in `<data dir>/postgres`. Whoever starts its server holds `<data dir>/owner.lock`, in which stands where
the socket is; the kernel drops the lock even on kill -9. Everyone who uses the server holds `<data dir>/users.lock`
shared, so that a command which started it for its own life can wait for others before it stops it. The server accepts
no connection but by its socket, which lies in a directory that only its own user and root may enter.
"""

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import IO, Any, NoReturn
from urllib.parse import quote

import psycopg
from psycopg import sql

from linkmgr.orphans import end_with_parent
from linkmgr.postgres.binaries import PostgresError, binaries_for, find_binaries

DATABASE = OWNER = "linkmgr"
START_SECONDS, STOP_SECONDS, SHARE_SECONDS = 60, 60, 600
LONGEST_SOCKET_PATH = 107
SERVER_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",  # after each checkpoint the first touch of a page logs the whole page
    "min_wal_size": "1GB",  # kept to be written again: making a file of it anew holds a commit up for 0.1 s
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_min_error_statement": "panic",  # statements and details of an error have rows in them, and keys of sessions
    "log_error_verbosity": "terse",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Server:
    """A running server: where it is reached, and how what was started is ended."""

    socket_dir: Path
    users: IO[str] | None
    process: subprocess.Popen[bytes] | None = None
    owner: IO[str] | None = None
    stopping: bool = False

    @property
    def url(self) -> str:
        return f"postgres://{OWNER}@/{DATABASE}?host={quote(str(self.socket_dir), safe='/')}"

    def stop(self) -> None:
        """Let go of the server, and end it if it was started here."""
        self.stopping = True
        if self.owner:
            self.owner.truncate(0)  # from now on nobody is sent here
        if self.process:
            _stop(self.process)
        for lock in (self.owner, self.users):
            if lock:
                lock.close()


def default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/linkmgr")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "linkmgr"


def serve(data_dir: Path, *, settings: dict[str, str] | None = None) -> Server:
    """The server of this data directory, started if nobody runs it. Raises PostgresError."""
    _prepare(data_dir)
    deadline = time.monotonic() + START_SECONDS
    users = _lock(data_dir / "users.lock", fcntl.LOCK_SH)
    while time.monotonic() < deadline:
        if owner := _lock(data_dir / "owner.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            owner.truncate(0)  # what a killed owner wrote
            socket_dir, process = _start(data_dir / "postgres", {**SERVER_SETTINGS, **(settings or {})})
            owner.write(str(socket_dir))
            owner.flush()
            return Server(socket_dir, users, process, owner)
        if running := _running(data_dir / "owner.lock"):
            return Server(running, users)
        time.sleep(0.1)
    raise PostgresError(f"another process holds {data_dir} but its PostgreSQL does not answer")


def wait_for_others(server: Server) -> None:
    """Before a server that was started for one command is stopped: until no other command uses it."""
    if server.process and server.users:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(server.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        print("Waiting for other commands that use this PostgreSQL (Ctrl-C stops it at once).", file=sys.stderr)  # noqa: T201
        with contextlib.suppress(OSError), _deadline(SHARE_SECONDS):
            fcntl.flock(server.users, fcntl.LOCK_EX)


def _prepare(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
        if os.geteuid() == 0:
            data_dir.chmod(data_dir.stat().st_mode | 0o011)
        TemporaryFile(dir=data_dir).close()  # of its own name: several commands may come here at once
    except OSError as error:
        raise PostgresError(f"the data directory {data_dir} cannot be written: {error.strerror}") from error


def _lock(path: Path, how: int) -> IO[str] | None:
    """An open file that holds the lock until closed, or None if another has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextlib.contextmanager
def _deadline(seconds: int) -> Iterator[None]:
    """OSError in the main thread after so many seconds."""

    def too_late(*_: object) -> NoReturn:
        raise OSError("waited too long")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _start(cluster: Path, settings: dict[str, str]) -> tuple[Path, subprocess.Popen[bytes]]:
    identity = _identity(cluster)
    if not (cluster / "PG_VERSION").exists():
        _init(cluster, find_binaries(), identity)
    binaries = binaries_for(cluster)
    _end_orphan(cluster)
    socket_dir = _socket_dir(cluster, identity)
    options = [f"--{name}={value}" for name, value in {**settings, "unix_socket_directories": str(socket_dir)}.items()]
    log = cluster.parent / "postgres.log"
    deadline = time.monotonic() + START_SECONDS
    while True:
        log.touch(mode=0o600)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", cluster, *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/",
                process_group=0, preexec_fn=end_with_parent(signal.SIGINT), **identity,
            )  # fmt: skip
        if _wait_until_up(process, socket_dir, deadline):
            return socket_dir, process
        if process.poll() is None or not _worth_another_try(log) or time.monotonic() > deadline:
            _stop(process)
            raise PostgresError(f"PostgreSQL does not start: {_last_line(log)} (log: {log})")
        time.sleep(0.5)


def _init(cluster: Path, binaries: Path, identity: dict[str, Any]) -> None:
    shutil.rmtree(cluster, ignore_errors=True)  # an initdb that was cut short
    cluster.mkdir(mode=0o700)
    if identity:
        shutil.chown(cluster, identity["user"], identity["group"])
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        cluster,
        "-A",
        "trust",
        "--no-locale",
        "-E",
        "UTF8",
        "-U",
        OWNER,
        "--no-sync",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **identity)
    if done.returncode != 0:
        shutil.rmtree(cluster, ignore_errors=True)
        raise PostgresError(f"initdb failed in {cluster}: {_first_error(done.stderr)}")


def _identity(cluster: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then as `postgres`, else `nobody`, who must be able to get there."""
    if os.geteuid() != 0:
        return {}
    entry = next(_users(("postgres", "nobody")))
    for parent in cluster.absolute().parents:
        if not parent.stat().st_mode & 0o001:
            raise PostgresError(
                f"PostgreSQL runs as {entry.pw_name}, who cannot enter {parent}: choose another --data-dir"
            )
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _users(names: Sequence[str]) -> Iterator[pwd.struct_passwd]:
    for name in names:
        with contextlib.suppress(KeyError):
            yield pwd.getpwnam(name)
    raise PostgresError(f"there is no user {' or '.join(names)} to run PostgreSQL as")


def _socket_dir(cluster: Path, identity: dict[str, Any]) -> Path:
    if len(str(cluster / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return cluster
    short = Path(mkdtemp(prefix="linkmgr-"))
    if identity:
        shutil.chown(short, identity["user"], identity["group"])
    return short


def _wait_until_up(process: subprocess.Popen[bytes], socket_dir: Path, deadline: float) -> bool:
    while process.poll() is None and time.monotonic() < deadline:
        if _ready(socket_dir):
            return True
        time.sleep(0.05)
    return False


def _ready(socket_dir: Path) -> bool:
    """Does it answer? The database is made at the first time."""
    try:
        with psycopg.connect(
            host=str(socket_dir), user=OWNER, dbname="postgres", autocommit=True, connect_timeout=5
        ) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                with contextlib.suppress(psycopg.errors.DuplicateDatabase):  # another process may have been first
                    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except psycopg.OperationalError:
        return False
    return True


def _running(owner: Path) -> Path | None:
    """The socket's directory of the present owner's server, once it answers."""
    told = owner.read_text()
    return Path(told) if told and _ready(Path(told)) else None


def _end_orphan(cluster: Path) -> None:
    """A server whose owner was killed, on a system without PDEATHSIG or still on its way down."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
        if Path(f"/proc/{pid}/cwd").resolve() != cluster.resolve():
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(STOP_SECONDS * 10):
            os.kill(pid, 0)
            time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def _worth_another_try(log: Path) -> bool:
    tail = log.read_bytes()[-4000:].decode(errors="replace")
    return "still in use" in tail or "lock file" in tail


def _last_line(log: Path) -> str:
    return _first_error(log.read_bytes()[-4000:].decode(errors="replace"))


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"FATAL|PANIC|error:|could not", line)]
    return (errors or lines or ["no message"])[-1].strip()

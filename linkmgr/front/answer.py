"""What the application answers, on its way to the client."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor
from itertools import chain
from typing import Any, NamedTuple

from linkmgr.front.client import Client, Headers
from linkmgr.front.environ import Application, Environ, FilePieces

log = logging.getLogger(__name__)

AT_ONCE = 2 * 1024 * 1024
"""A longer answer is sent piece by piece, as fast as its client takes it; one to 10 000 items is shorter."""


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes = b""


class FileAnswer(NamedTuple):
    status: int
    headers: Headers
    file: FilePieces


class _Start:
    """PEP 3333's start_response."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def answered(
    application: Application, environ: Environ, client: Client, loop: asyncio.AbstractEventLoop
) -> Answer | FileAnswer | None:
    """Call the application. None if its answer was so long that it has been sent already. In a thread."""
    start = _Start()
    try:
        pieces = application(environ, start)
    except Exception:
        log.exception("the application failed outside its own handlers")
        return Answer(500, [])
    if isinstance(pieces, FilePieces):
        return FileAnswer(start.status, start.headers, pieces)
    try:
        rest = iter(pieces)
        first = _up_to(AT_ONCE, rest)
        if len(first) < AT_ONCE:
            return Answer(start.status, start.headers, first)
        _stream(start, chain([first], rest), client, loop)
        return None
    finally:
        if close := getattr(pieces, "close", None):
            close()


def _up_to(most: int, pieces: Iterator[bytes]) -> bytes:
    """The first pieces, until they are so many bytes or more."""
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= most:
            break
    return taken[0] if len(taken) == 1 else b"".join(taken)


def _stream(start: _Start, pieces: Iterator[bytes], client: Client, loop: asyncio.AbstractEventLoop) -> None:
    """Until all is sent, or the client is gone or takes nothing any more. What makes the pieces may belong to this
    thread, as a connection to the database does; so it waits here for slow clients."""

    def sent(doing: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(doing, loop).result()

    try:
        sent(client.begin(start.status, start.headers))
        for piece in pieces:
            sent(client.take(piece))
        sent(client.end())
    except OSError:
        log.info("a client went away in the middle of its answer")


async def send_file(answer: FileAnswer, client: Client, threads: Executor) -> None:
    """As fast as its client takes it, with a thread only to read a piece."""
    loop, pieces = asyncio.get_running_loop(), iter(answer.file)
    try:
        await client.begin(answer.status, answer.headers)
        while piece := await loop.run_in_executor(threads, next, pieces, b""):
            await client.take(piece)
        await client.end()
    except OSError:
        log.info("a client went away in the middle of its answer")
    finally:
        await loop.run_in_executor(threads, answer.file.close)

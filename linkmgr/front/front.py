"""One request: read, answered in a thread, sent."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import SpooledTemporaryFile
from time import monotonic
from typing import Any

from linkmgr.front.answer import Answer, FileAnswer, answered, send_file
from linkmgr.front.client import Client, Receive, Send
from linkmgr.front.environ import WHOLE_AT, Application, Environ, environ_of, has_body

BODY_SECONDS = 600
"""All of a body has to come within these: 32 MiB at half a megabit a second."""
IN_MEMORY = 8 * 1024 * 1024
"""More of one body is kept on disk; 10 000 items of any kind are less."""
MOST_WAITING = 1024 * 1024 * 1024
"""Bytes of all bodies that are waited for in one process; who would bring more is told to come again."""
RETRY_SECONDS = 5

BUSY = Answer(503, [(b"retry-after", b"%d" % RETRY_SECONDS), (b"connection", b"close")])
TOO_SLOW = Answer(408, [(b"connection", b"close")])


class Front:
    """A WSGI application as an ASGI server calls it. `looked_at` says how much of a body the application will look at,
    None if it may be all of it."""

    def __init__(self, application: Application, threads: int, looked_at: Callable[[Environ], int | None]) -> None:
        self._application = application
        self._looked_at = looked_at
        self._threads = ThreadPoolExecutor(threads, "request")
        self._waiting = 0

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        environ, client = environ_of(scope), Client(receive, send)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            environ["wsgi.input"] = body
            answer: Answer | FileAnswer | None = await self._read(client, body, environ)
            if answer is None:
                environ[WHOLE_AT] = monotonic()
                loop = asyncio.get_running_loop()
                work = partial(answered, self._application, environ, client, loop)
                answer = await loop.run_in_executor(self._threads, work)
        if isinstance(answer, FileAnswer):
            await send_file(answer, client, self._threads)
        elif answer:
            await client.answer(*answer)
        client.let_go()

    async def _read(self, client: Client, body: Any, environ: Environ) -> Answer | None:
        """As much as will be looked at; what to answer if that does not come."""
        most = self._looked_at(environ) if has_body(environ) else 0
        if most == 0:
            return None
        size, more = 0, True
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while more and (most is None or size < most):
                    message = await client.receive()
                    if message["type"] == "http.disconnect":
                        return TOO_SLOW  # to nobody
                    piece, more = message["body"], message["more_body"]
                    size += len(piece)
                    self._waiting += len(piece)
                    if self._waiting > MOST_WAITING:
                        return BUSY
                    body.write(piece)
        except TimeoutError:
            return TOO_SLOW
        finally:
            self._waiting -= size
        body.seek(0)
        return None

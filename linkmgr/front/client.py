"""The client of one request, as ASGI lets it be spoken to."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

TAKE_SECONDS = 60
"""A client that takes nothing of a long answer for so long is given up."""

Headers = list[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Client:
    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self._send = receive, send
        self._gone: asyncio.Task[None] | None = None

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """The whole of it; nobody asks whether it arrives."""
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def begin(self, status: int, headers: Headers) -> None:
        """Of an answer that is taken piece by piece."""
        self._gone = asyncio.create_task(self._until_gone())
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def take(self, piece: bytes, *, more: bool = True) -> None:
        """Raises OSError if it is gone, or does not take this in time."""
        if self._gone and self._gone.done():
            raise BrokenPipeError
        async with asyncio.timeout(TAKE_SECONDS):
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def end(self) -> None:
        await self.take(b"", more=False)

    async def _until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass  # a body that nobody looked at

    def let_go(self) -> None:
        if self._gone:
            self._gone.cancel()

"""The front, as an ASGI server calls it: what it does with clients that are slow, gone, or bring too much."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest

from linkmgr.front import Front, client, front

pytestmark = pytest.mark.any_postgres
Message = dict[str, Any]
GONE: Message = {"type": "http.disconnect"}


def piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def whole(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
    """An application that answers what it was sent."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


class Said(list[Message]):
    """What a client was sent."""

    @property
    def status(self) -> int:
        return int(self[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self)


def said(
    application: Any, *received: Message, headers: Iterable[tuple[bytes, bytes]] = (), looked_at: int | None = None
) -> Said:
    """Call it with a POST; a client that has sent all it had waits and says nothing more."""
    messages, answer = [*received], Said()

    async def receive() -> Message:
        return messages.pop(0) if messages else await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(message: Message) -> None:
        answer.append(message)

    scope = {
        "method": "POST", "raw_path": b"/a%20b", "query_string": b"", "http_version": "1.1", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("::1", 8000),
        "headers": [(b"transfer-encoding", b"chunked"), *headers],
    }  # fmt: skip
    asyncio.run(Front(application, 1, lambda _: looked_at)(scope, receive, send))
    return answer


def test_a_body_is_whole_before_the_application_is_called() -> None:
    assert said(whole, piece(b"half"), piece(b" and half", more=False)).body == b"half and half"


def test_a_large_body_is_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "IN_MEMORY", 10)
    assert said(whole, piece(b"a" * 50), piece(b"b" * 50, more=False)).body == b"a" * 50 + b"b" * 50


def test_a_body_that_breaks_off_is_not_answered_for() -> None:
    called: list[int] = []
    answer = said(lambda *_: called.append(1), piece(b"half"), GONE)
    assert (answer.status, called) == (408, [])


def test_a_body_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "BODY_SECONDS", 0.01)
    assert said(whole, piece(b"half")).status == 408


def test_more_bodies_than_can_be_kept_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MOST_WAITING", 10)
    answer = said(whole, piece(b"a" * 11, more=False))
    assert (answer.status, dict(answer[0]["headers"])[b"retry-after"]) == (503, b"5")


def test_what_is_not_looked_at_is_not_waited_for() -> None:
    assert said(whole, looked_at=0).status == 200
    assert said(whole, piece(b"abc"), looked_at=3).body == b"abc"


def test_a_header_with_an_underscore_is_none() -> None:
    """Or a client could say x_forwarded_for behind a proxy that knows only x-forwarded-for."""

    def told(environ: dict[str, Any], start: Callable[..., None]) -> list[bytes]:
        start("200 OK", [])
        return [" ".join(f"{name}={value}" for name, value in environ.items() if name.startswith("HTTP_X")).encode()]

    headers = [(b"x_forwarded_for", b"1.1.1.1"), (b"x-a", b"1"), (b"x-a", b"2")]
    assert said(told, piece(b"", more=False), headers=headers).body == b"HTTP_X_A=1, 2"


def test_an_application_that_fails_is_a_500() -> None:
    def failing(*_: Any) -> list[bytes]:
        raise ValueError

    assert said(failing, piece(b"", more=False)).status == 500


class Long:
    """An application that answers a hundred pieces, and knows how many were taken of it."""

    taken, closed = 0, False

    def __call__(self, environ: dict[str, Any], start: Callable[..., None]) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            for _ in range(100):
                self.taken += 1
                yield b"x" * 1_000_000
        finally:
            self.closed = True


def test_a_long_answer_is_sent_piece_by_piece() -> None:
    long = Long()
    answer = said(long, piece(b"", more=False))
    assert (len(answer.body), len(answer) > 50, long.closed) == (100_000_000, True, True)


def test_a_client_that_goes_away_ends_its_long_answer() -> None:
    long = Long()
    said(long, piece(b"", more=False), GONE)
    assert (long.taken < 100, long.closed) == (True, True)


class Closing(BytesIO):
    ended = False

    def close(self) -> None:
        Closing.ended = True
        super().close()


@pytest.mark.parametrize(("after", "whole_of_it"), [((), True), ((GONE,), False)], ids=["stays", "goes"])
def test_a_file_is_sent_and_closed(after: tuple[Message, ...], whole_of_it: bool) -> None:
    def application(environ: dict[str, Any], start: Callable[..., None]) -> Any:
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](Closing(b"x" * 1_000_000))

    Closing.ended = False
    answer = said(application, piece(b"", more=False), *after)
    assert (len(answer.body) == 1_000_000, Closing.ended) == (whole_of_it, True)


def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TAKE_SECONDS", 0.01)

    async def take() -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        async def receive() -> Message:
            return await asyncio.Event().wait()  # type: ignore[return-value]

        taker = client.Client(receive, send)
        await taker.begin(200, [])
        with pytest.raises(TimeoutError):
            await taker.take(b"x")
        taker.let_go()

    asyncio.run(take())

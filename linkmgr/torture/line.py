"""A client's line to the server: what is not answered is asked again until it is."""

import time
from http.client import HTTPConnection, HTTPException
from threading import Event
from typing import Any

import msgspec

ANSWER_SECONDS, PATIENCE_SECONDS, PAUSE_SECONDS = 60, 240, 0.2


class Unanswered(Exception):
    """A call was refused for good, or nobody answered it for too long."""


class Line:
    def __init__(self, port: int, token: str) -> None:
        self._port, self._headers = port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._connection: HTTPConnection | None = None
        self._pause = Event()
        self.repeats = 0
        self.strange: list[str] = []
        """Answers that no fault excuses: anything but 200, and 503 with Retry-After."""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer. Raises Unanswered."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            status, answer, retry_after = self._once(method, path, msgspec.json.encode(body) if body else None)
            if status == 200:
                return msgspec.json.decode(answer)
            if status and (status != 503 or not retry_after):
                self.strange.append(f"{method} {path} was answered {status} {answer[:200]!r}")
            if 400 <= status < 500:
                raise Unanswered(self.strange[-1])
            self.repeats += 1
            self._pause.wait(PAUSE_SECONDS)
        raise Unanswered(f"{method} {path} was not answered for {PATIENCE_SECONDS} seconds")

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes, str | None]:
        """Status, body, Retry-After; status 0 if there was no answer, or only the beginning of one."""
        try:
            self._connection = self._connection or HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read(), answer.headers["Retry-After"]
        except (OSError, HTTPException):
            if self._connection:
                self._connection.close()
            self._connection = None
            return 0, b"", None

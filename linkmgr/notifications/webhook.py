"""Notifications as signed HTTP requests. No redirects, no proxies of the environment, no waiting for slow receivers."""

import hmac
import io
import json
import socket
import ssl
from contextlib import closing, suppress
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, responses
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.utils.encoding import iri_to_uri

from linkmgr import __version__
from linkmgr.notifications.faults import Undeliverable, Undelivered
from linkmgr.notifications.models import Notification
from linkmgr.notifications.network import connect

PORTS = {"http": 80, "https": 443}
SECONDS = 10
"""For each of: connecting, TLS, sending, and the answer as a whole."""
MOST_READ = 4096
"""Bytes of an answer that are taken off the line, so that its sender is not cut off; nobody looks at them."""
GONE = 410


class Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str

    def __repr__(self) -> str:
        return f"Target({self.name!r})"

    @property
    def name(self) -> str:
        """As the Host header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def post(notification: Notification, seconds: float = SECONDS) -> None:
    """Raises Undelivered, or Undeliverable if no try can help: no address for a webhook, or 410 Gone."""
    target = _target(notification.address)
    body = _body(notification)
    try:
        status = _exchange(target, body, _headers(notification, target, body), seconds)
    except TimeoutError as error:
        raise Undelivered(f"no answer within {seconds} seconds") from error
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(f"its certificate is refused: {error.verify_message}") from error
    except OSError as error:
        raise Undelivered(f"no answer: {error.strerror or error}") from error
    except HTTPException as error:
        raise Undelivered(f"its answer is not HTTP ({type(error).__name__})") from error
    _judge(status)


def _target(address: str) -> Target:
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise Undeliverable("this is no URL") from error
    if parts.scheme not in PORTS or not host:
        raise Undeliverable("only http:// and https:// addresses can be delivered to")
    if "@" in parts.netloc:
        raise Undeliverable("an address with a user or password in it is not delivered to")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, iri_to_uri(path))


def _body(notification: Notification) -> bytes:
    told = {
        "id": notification.pk,
        "event": notification.told["event"],
        "created_at": notification.created_at.isoformat(),
        "change_set": str(notification.change_set),
        "site": notification.site.slug,
        "data": notification.told["data"],
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _headers(notification: Notification, target: Target, body: bytes) -> dict[str, str]:
    signature = hmac.digest(notification.site.webhook_key.encode(), body, "sha256").hex()
    return {
        "Host": target.name,
        "Content-Type": "application/json",
        "User-Agent": f"linkmgr/{__version__}",
        "Connection": "close",
        "X-Linkmgr-Delivery": str(notification.pk),
        "X-Linkmgr-Signature": f"sha256={signature}",
    }


def _exchange(target: Target, body: bytes, headers: dict[str, str], seconds: float) -> int:
    """The status of the answer."""
    with closing(HTTPConnection(target.host, target.port)) as connection:
        connection.sock = _connected(target, seconds)
        connection.response_class = _Answer
        connection.request("POST", target.path, body, headers)
        with connection.getresponse() as answer:
            with suppress(OSError, HTTPException):
                answer.read(MOST_READ)
            return answer.status


def _connected(target: Target, seconds: float) -> socket.socket:
    """Whoever answers at a https address has to prove the name, not the address that it was found at."""
    connection = connect(target.host, target.port, seconds)
    connection.settimeout(seconds)
    return _tls().wrap_socket(connection, server_hostname=target.host) if target.scheme == "https" else connection


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Answer(HTTPResponse):
    """One that has to be there, whole, in the time its socket had for one step, however it drips."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp: Any = io.BufferedReader(_Until(monotonic() + (sock.gettimeout() or 0), sock, self.fp.detach()))


class _Until(io.RawIOBase):
    def __init__(self, deadline: float, sock: socket.socket, source: io.RawIOBase) -> None:
        self.deadline, self.sock, self.source = deadline, sock, source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)
        return self.source.readinto(buffer)

    def close(self) -> None:
        self.source.close()
        super().close()


def _judge(status: int) -> None:
    if status == GONE:
        raise Undeliverable("it answered 410: nobody receives at this address any more")
    if 300 <= status < 400:
        raise Undelivered(f"it answered {status}, a redirect, and those are not followed")
    if not 200 <= status < 300:
        raise Undelivered(f"it answered {status} {responses.get(status, '')}")

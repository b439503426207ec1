"""Clients that are slow, idle or gone, at a real `linkmgr up`: they cost the others nothing."""

import json
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.make import CONTACTS_V0, contact, link_id
from tests.processes import SECONDS, Running, get, linkmgr, newly_started, post

pytestmark = pytest.mark.any_postgres
HALF_SENT, IDLE, SOON = 200, 1_100, 30


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with newly_started("slow") as up:
        yield up


@pytest.fixture(scope="module")
def token(running: Running) -> str:
    return linkmgr("token", "create", "--account", "slow", "--data-dir", running.data_dir).stdout.strip()


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many open connections as are allowed at all."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connected(port: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(port)), timeout=SOON)


def head(token: str, path: str = CONTACTS_V0, length: int = 100_000) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def status(client: socket.socket) -> int:
    return int(client.recv(100).split()[1])


@pytest.mark.usefixtures("many_files")
def test_half_sent_bodies_and_idle_connections_keep_nobody_waiting(running: Running, token: str) -> None:
    with ExitStack() as open_ones:
        for _ in range(IDLE):
            open_ones.enter_context(connected(running.port))
        slow = [open_ones.enter_context(connected(running.port)) for _ in range(HALF_SENT)]
        for each in slow:
            each.sendall(head(token) + b"{")
        for _ in range(3):
            time.sleep(0.1)
            for each in slow:
                each.sendall(b" ")
            assert post(running.port, CONTACTS_V0, token, [contact()])[0]["success"]
        slow[0].settimeout(0)
        with pytest.raises(BlockingIOError):
            slow[0].recv(1)  # it has its time


def test_a_body_declared_too_large_is_refused_before_it_comes(running: Running, token: str) -> None:
    with connected(running.port) as client:
        client.sendall(head(token, length=33 * 1024 * 1024))
        assert status(client) == 413


def test_of_a_body_that_breaks_off_nothing_is_stored(running: Running, token: str) -> None:
    item = contact()
    body = json.dumps({"list_items": [item]}).encode()
    with connected(running.port) as client:  # all of it came, but for the word that it is all
        client.sendall(head(token).replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked"))
        client.sendall(b"%x\r\n%s\r\n" % (len(body), body))
        client.shutdown(socket.SHUT_WR)
        client.recv(100)
    deleted = delete(running.port, token, item["link_id"])
    assert deleted == [{"link_id": item["link_id"], "success": False, "extended_info": "entity_not_found"}]


def test_the_write_of_a_client_that_is_gone_stands_and_nobody_complains(running: Running, token: str) -> None:
    """It goes as soon as it has sent its call, before or in the middle of the answer."""
    items = [contact() for _ in range(2_000)]
    body = json.dumps({"list_items": items}).encode()
    with connected(running.port) as client:
        client.sendall(head(token, length=len(body)) + body)
    end = time.monotonic() + SECONDS
    while get(running.port, f"{CONTACTS_V0}?limit=10", token)["list_option"]["pagination"]["total_items"] < 2_000:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "Traceback" not in running.log.read_text()


def delete(port: str, token: str, *link_ids: str) -> list[dict[str, object]]:
    with connected(port) as client:
        body = json.dumps({"link_ids": [*link_ids, link_id()]}).encode()
        client.sendall(head(token, length=len(body)).replace(b"POST", b"DELETE") + body)
        answer = client.makefile("rb").read1(100_000).partition(b"\r\n\r\n")[2]
        return list(json.loads(answer)["result"][: len(link_ids)])

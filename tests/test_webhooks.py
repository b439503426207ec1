"""Webhooks: what is sent, how it is signed, which answers count, and whom nobody is sent to."""

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from linkmgr import __version__
from linkmgr.notifications import webhook
from linkmgr.notifications.deliver import deliver_due
from linkmgr.notifications.faults import Undelivered
from linkmgr.notifications.models import Channel, Notification, State, validate_address
from linkmgr.notifications.network import is_public
from tests.make import Estate
from tests.receivers import DATA, Receiver, notification

pytestmark = pytest.mark.any_postgres

CERTIFICATE = Path(__file__).parent / "tls/localhost.pem"  # of nobody but this file, until 2126


@pytest.fixture
def tls(web: Receiver) -> Receiver:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    web.socket = context.wrap_socket(web.socket, server_side=True)
    return web


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    webhook._tls.cache_clear()
    yield
    webhook._tls.cache_clear()


def delivered(home: Estate, address: str) -> tuple[str, str]:
    """state and reason after one try"""
    row = notification(home.site, address)
    deliver_due()
    row.refresh_from_db()
    return row.state, row.reason


def too_slow(row: Notification) -> None:
    begun = time.monotonic()
    with pytest.raises(Undelivered, match=r"no answer within 0\.4 seconds"):
        webhook.post(row, seconds=0.4)
    assert time.monotonic() - begun < 4


def test_a_webhook_gets_the_facts_as_json(home: Estate, web: Receiver) -> None:
    row = notification(home.site, web.address("/hook/ü?key=a b"))
    assert deliver_due() == (1, 0, 0)
    (got,) = web.received
    told = json.loads(got.body)
    assert datetime.fromisoformat(told.pop("created_at")) == row.created_at
    assert told == {
        "id": row.pk,
        "event": "apartment.state_changed",
        "change_set": str(row.change_set),
        "site": home.site.slug,
        "data": DATA,
    }
    assert got.path == "/hook/%C3%BC?key=a%20b"
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Host"] == f"127.0.0.1:{web.server_port}"
    assert (got.headers["X-Linkmgr-Delivery"], got.headers["User-Agent"]) == (str(row.pk), f"linkmgr/{__version__}")


def test_its_signature_is_of_the_body_with_the_sites_key(home: Estate, away: Estate, web: Receiver) -> None:
    notification(home.site, web.address())
    deliver_due()
    (got,) = web.received
    made = hmac.new(home.site.webhook_key.encode(), got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Linkmgr-Signature"] == f"sha256={made}"
    assert home.site.webhook_key != away.site.webhook_key


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_answers_that_take_it(home: Estate, web: Receiver, status: int) -> None:
    web.status = status
    assert delivered(home, web.address()) == (State.SENT, "")


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (400, State.PENDING, "it answered 400 Bad Request"),
        (404, State.PENDING, "it answered 404 Not Found"),
        (500, State.PENDING, "it answered 500 Internal Server Error"),
        (599, State.PENDING, "it answered 599"),
        (410, State.FAILED, "it answered 410: nobody receives at this address any more"),
        (0, State.PENDING, "no answer: Remote end closed connection without response"),
    ],
)
def test_answers_that_do_not(home: Estate, web: Receiver, status: int, state: str, reason: str) -> None:
    web.status = status
    assert delivered(home, web.address()) == (state, reason)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(home: Estate, web: Receiver, status: int) -> None:
    web.status, web.headers = status, {"Location": web.address("/elsewhere")}
    reason = f"it answered {status}, a redirect, and those are not followed"
    assert delivered(home, web.address()) == (State.PENDING, reason)
    assert [each.path for each in web.received] == ["/hook"]


def test_proxies_of_the_environment_are_not_asked(home: Estate, web: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert delivered(home, web.address()) == (State.SENT, "")


@pytest.mark.parametrize("drop", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
def test_an_answer_that_drips_is_not_waited_for(home: Estate, settings: Settings, drop: bytes) -> None:
    settings.PRIVATE_WEBHOOKS = True

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # until the other end goes
            connection.sendall(b"HTTP/1.1 " * (drop == b"x"))
            while True:
                connection.sendall(drop)
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=drip)
        thread.start()
        too_slow(notification(home.site, f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        thread.join()


def test_an_answer_that_does_not_come_is_not_waited_for(home: Estate, web: Receiver) -> None:
    web.release.clear()
    too_slow(notification(home.site, web.address()))


def test_nor_is_one_that_never_speaks_tls(home: Estate, settings: Settings) -> None:
    settings.PRIVATE_WEBHOOKS = True
    with socket.create_server(("127.0.0.1", 0)) as listener:
        too_slow(notification(home.site, f"https://127.0.0.1:{listener.getsockname()[1]}/"))


def test_what_is_not_http_is_told(home: Estate, settings: Settings) -> None:
    settings.PRIVATE_WEBHOOKS = True

    def greet() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"220 mail\r\n")
            while connection.recv(4096):
                """Until the other end goes."""

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=greet)
        thread.start()
        reason = "its answer is not HTTP (BadStatusLine)"
        assert delivered(home, f"http://127.0.0.1:{listener.getsockname()[1]}/") == (State.PENDING, reason)
        thread.join()


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("_trusted")
def test_a_certificate_has_to_be_for_the_name(home: Estate, tls: Receiver) -> None:
    assert delivered(home, tls.address(host="localhost", scheme="https")) == (State.SENT, "")
    state, reason = delivered(home, tls.address(host="127.0.0.1", scheme="https"))
    assert (state, len(tls.received)) == (State.PENDING, 1)
    assert reason.startswith("its certificate is refused: IP address mismatch")


def test_a_certificate_has_to_be_of_somebody_trusted(home: Estate, tls: Receiver) -> None:
    state, reason = delivered(home, tls.address(host="localhost", scheme="https"))
    assert (state, tls.received) == (State.PENDING, [])
    assert reason.startswith("its certificate is refused: self")


# ── whom nobody is sent to ───────────────────────────────────────────────────────────────────────────────────────────

HOSTS = (
    "127.0.0.1", "127.9.9.9", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "localhost", "LOCALHOST",
    "10.0.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
)  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_private_hosts_get_nothing_however_they_are_written(
    home: Estate, web: Receiver, settings: Settings, host: str
) -> None:
    settings.PRIVATE_WEBHOOKS = False
    state, reason = delivered(home, web.address(host=host))
    assert (state, web.received) == (State.FAILED, [])
    assert reason.endswith("is not on the public internet, and private networks are not allowed here")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1"])
def test_the_setting_allows_them(home: Estate, web: Receiver, host: str) -> None:
    assert delivered(home, web.address(host=host)) == (State.SENT, "")
    assert web.received[0].headers["Host"] == f"{host}:{web.server_port}"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://anna:secret@127.0.0.1:{}/", "an address with a user or password in it is not delivered to"),
        ("http://anna@127.0.0.1:{}/", "an address with a user or password in it is not delivered to"),
        ("ftp://127.0.0.1:{}/", "only http:// and https:// addresses can be delivered to"),
        ("http:///hook", "only http:// and https:// addresses can be delivered to"),
        ("http://127.0.0.1:99999/", "this is no URL"),
        ("http://[::1/", "this is no URL"),
        ("http://a..b/", "this is no URL"),
    ],
)
def test_addresses_that_are_refused(home: Estate, web: Receiver, address: str, reason: str) -> None:
    assert delivered(home, address.format(web.server_port)) == (State.FAILED, reason)
    assert web.received == []


@pytest.mark.parametrize(
    "address", ["http://localhost:8000/x", "https://receiver/x", "http://my_service", "HTTP://Receiver-2:80?a=b#c"]
)
def test_a_host_without_a_dot_is_one_for_private_networks(settings: Settings, address: str) -> None:
    settings.PRIVATE_WEBHOOKS = True
    validate_address(Channel.WEBHOOK, address)
    settings.PRIVATE_WEBHOOKS = False
    with pytest.raises(ValidationError, match="without a dot is on a private network, and those are not allowed here"):
        validate_address(Channel.WEBHOOK, address)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    "address", ["receiver/x", "ftp://receiver/x", "http://-/x", "http://a_b.c/x y", "http:///x", "http://receiver:x/"]
)
def test_what_is_no_url_is_no_address_of_a_webhook(settings: Settings, private: bool, address: str) -> None:
    settings.PRIVATE_WEBHOOKS = private
    with pytest.raises(ValidationError, match="valid URL"):
        validate_address(Channel.WEBHOOK, address)


def test_a_host_that_is_not_found_may_be_found_later(home: Estate) -> None:
    state, reason = delivered(home, "http://nowhere.invalid/")
    assert state == State.PENDING
    assert reason.startswith("nowhere.invalid is not found: ")


PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
PRIVATE = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "168.63.129.16", "169.254.169.254", "172.16.0.1", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%1", "fec0::1", "ff02::1", "4000::1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "public"), [*((each, True) for each in PUBLIC), *((each, False) for each in PRIVATE)]
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public

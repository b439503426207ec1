"""Who notifications are told to, for real: a mail server and a web server on loopback, and rows of the outbox."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple
from uuid import uuid4

from aiosmtpd.controller import Controller
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import Settings

from linkmgr.accounts.models import Site
from linkmgr.notifications.models import Channel, Notification
from tests.processes import free_port

DATA = {"link_id": "11111111-2222-4333-8444-555555555555", "to": {"id": 4, "name": "Überfällig"}}
PATIENCE = 30.0


def notification(site: Site, address: str, channel: str = Channel.WEBHOOK, **facts: Any) -> Notification:
    told = {"event": "apartment.state_changed", "subject": "Flat 1: late", "lines": ["One.", "Zwei ü."], "data": DATA}
    row = Notification.objects.create(
        site=site, change_set=uuid4(), link_id=uuid4(), channel=channel, address=address, facts=told | facts
    )
    row.refresh_from_db()
    return row


def email(site: Site, address: str = "anna@example.com", **facts: Any) -> Notification:
    return notification(site, address, Channel.EMAIL, **facts)


def now_due(row: Notification) -> timedelta:
    """Let a postponed one be due at once; how far off it was."""
    stored = Notification.objects.filter(pk=row.pk)
    pause: timedelta = stored.values_list(F("next_at") - Now(), flat=True).get()
    stored.update(next_at=Now())
    return pause


def eventually(so: Callable[[], bool]) -> bool:
    """Is it so, or does it become so while a patient person waits?"""
    end = time.monotonic() + PATIENCE
    while not (became := so()) and time.monotonic() < end:
        time.sleep(0.02)
    return became


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """Answers with `status` and `headers`; nothing at all for status 0. `release` is when: at once unless cleared."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.status, self.headers = 204, dict[str, str]()
        self.received: list[Received] = []
        self.release = Event()
        self.release.set()

    def address(self, path: str = "/hook", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.server_port}{path}"


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append(Received(self.path, dict(self.headers), body))
        server.release.wait(PATIENCE)
        if server.status:
            self.send_response(server.status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            server.shutdown()
            thread.join()


class Mailbox:
    """Takes every e-mail, unless `replies` has another reply for its address, or `reply` for its content."""

    def __init__(self) -> None:
        self.port = int(free_port())
        self.messages: list[EmailMessage] = []
        self.sessions: list[Any] = []
        self.replies: dict[str, str] = {}
        self.reply = "250 taken"
        self.hangs_up = False

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.hangs_up and session in self.sessions:
            return "421 too long idle"
        self.sessions.append(session)
        envelope.mail_from = address
        return "250 go on"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if reply := self.replies.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.reply.startswith("250"):
            self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.reply


@contextmanager
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    box = Mailbox()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    try:
        yield box
    finally:
        server.stop()

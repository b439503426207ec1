"""`linkmgr deliver_notifications`: the service that sends what the outbox holds."""

import signal
from argparse import ArgumentParser
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Self

from django.core.management.base import BaseCommand

from linkmgr.notifications.deliver import deliver_due
from linkmgr.notifications.loop import deliver_until

ENDINGS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    help = (
        "Deliver notifications (e-mails and webhooks) as they become due, until SIGINT or SIGTERM, which let the "
        "delivery in progress finish. Several may run at once, on several machines too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver all that is due now, say how much, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        with EndingSignals() as signals:
            if once:
                counts = deliver_due(signals.came)
                self.stdout.write(f"{counts.sent} sent, {counts.postponed} postponed, {counts.failed} failed")
            else:
                deliver_until(signals.came)


class EndingSignals:
    """SIGINT and SIGTERM as something to ask for instead of something that breaks in."""

    def __init__(self) -> None:
        self.received: SimpleQueue[int] = SimpleQueue()  # the one that a signal handler may put into at any moment
        self.ending = False

    def __enter__(self) -> Self:
        self.before = {each: signal.signal(each, lambda number, _: self.received.put(number)) for each in ENDINGS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self.before.items():
            signal.signal(each, handler)

    def came(self, seconds: float) -> bool:
        """Has one come, or does one come within so many seconds?"""
        with suppress(Empty):
            self.ending = self.ending or bool(self.received.get(timeout=seconds))
        return self.ending

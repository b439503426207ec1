"""`linkmgr deliver_notifications`: the service that sends what the outbox holds."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from linkmgr.checks import SETTINGS
from linkmgr.endings import EndingSignals
from linkmgr.notifications.deliver import deliver_due
from linkmgr.notifications.loop import deliver_until


class Command(BaseCommand):
    help = (
        "Deliver notifications (e-mails and webhooks) as they become due, until SIGINT or SIGTERM, which let the "
        "delivery in progress finish. `linkmgr up` runs one; several may run at once, on several machines too."
    )
    requires_system_checks = (SETTINGS,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="deliver all that is due now, say how much, and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        with EndingSignals() as signals:
            if once:
                counts = deliver_due(signals.came)
                self.stdout.write(f"{counts.sent} sent, {counts.postponed} postponed, {counts.failed} failed")
            else:
                deliver_until(signals.came)

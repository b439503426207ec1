"""Notifications as e-mails, through one connection for as many as are due."""

from contextlib import suppress
from email.utils import parseaddr
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from linkmgr.notifications.faults import Undeliverable, Undelivered
from linkmgr.notifications.models import Notification

HUNG_UP = 421
PERMANENT = 500
"""SMTP replies from here on will be the same next time (RFC 5321, 4.2.1)."""


class Mailer:
    """Opens its connection for the first e-mail, keeps it for the others, and closes it at the end."""

    def __init__(self) -> None:
        self.connection = get_connection()
        self.is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def send(self, notification: Notification) -> None:
        """Raises Undelivered, or Undeliverable if the address is refused or the server will not take the message."""
        message = _message(notification)
        try:
            self._send(message)
        except SMTPRecipientsRefused as error:
            ((code, text),) = error.recipients.values()
            raise _refused("its mail server refuses the address", code, text, for_good=True) from error
        except SMTPResponseException as error:
            of_message = isinstance(error, SMTPDataError)  # else of us, and we can be put right
            raise _refused("the mail server refuses", error.smtp_code, error.smtp_error, for_good=of_message) from error
        except OSError as error:
            raise Undelivered(f"the mail server cannot be reached: {error.strerror or error}") from error

    def _send(self, message: EmailMessage) -> None:
        """If the server has hung up since the last e-mail, this one goes through a new connection."""
        kept = self.is_open
        try:
            self._send_once(message)
        except SMTPException as error:
            if not kept or not _hung_up(error):
                raise
            self._close()
            self._send_once(message)

    def _send_once(self, message: EmailMessage) -> None:
        self.connection.open()  # by itself, or Django would close it after each
        self.is_open = True
        self.connection.send_messages([message])

    def _close(self) -> None:
        self.is_open = False
        with suppress(OSError):
            self.connection.close()


def _hung_up(error: SMTPException) -> bool:
    return isinstance(error, SMTPServerDisconnected) or getattr(error, "smtp_code", 0) == HUNG_UP


def _message(notification: Notification) -> EmailMessage:
    try:
        validate_email(notification.address)
    except ValidationError as error:
        raise Undeliverable("this is no e-mail address") from error
    return EmailMessage(
        subject=" ".join(notification.told["subject"].split()),
        body="\n".join(notification.told["lines"]).rstrip() + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notification.address],
        headers={
            "Message-ID": _message_id(notification),
            "Auto-Submitted": "auto-generated",  # so that nobody's holiday answers it (RFC 3834)
            "X-Linkmgr-Change-Set": str(notification.change_set),
        },
    )


def _message_id(notification: Notification) -> str:
    """The same in every try, so that mailboxes show a repeat once; no two installations make the same one."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{notification.pk}.{notification.change_set}@{domain}>"


def _refused(what: str, code: int, text: bytes | str, *, for_good: bool) -> Undelivered:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    kind = Undeliverable if for_good and code >= PERMANENT else Undelivered
    return kind(f"{what}: {code} {said}")

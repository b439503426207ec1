"""Settings of the environment that are more than text. One that cannot be read is refused in one line with its name."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

from linkmgr.flags import yes_or_no

MOST = 1_000_000
"""More of anything is a slip, and some of it would overflow: minutes become dates, seconds become milliseconds."""
POSTGRESQL = ("postgres", "postgresql")
ENCODED = "with / # ? [ of a password as %2F %23 %3F %5B"

env: Any = environ.Env()  # type: ignore[no-untyped-call]


class WrongSetting(ImproperlyConfigured):
    """`wanted` is what a value of the variable looks like. Values that hold passwords are not told."""

    def __init__(self, name: str, wanted: str, value: str | None = None) -> None:
        is_what = "cannot be read" if value is None else f"is {value!r}"
        super().__init__(f"{name} {is_what}: set it to {wanted}")


def number(name: str, *, default: int, least: int = 0, most: int = MOST) -> int:
    """A whole number. A variable that is there and empty counts as not set, here and below."""
    text = _text(name) or str(default)
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise WrongSetting(name, f"a whole number from {least} to {most}", text)
    return value


def switch(name: str, *, default: bool) -> bool:
    text = _text(name) or str(default)
    value = yes_or_no(text)
    if value is None:
        raise WrongSetting(name, "true or false", text)
    return value


def choice(name: str, *, default: str, among: Collection[str]) -> str:
    text = _text(name) or default
    if text not in among:
        raise WrongSetting(name, f"one of {', '.join(among)}", text)
    return text


def time_zone(name: str, *, default: str) -> str:
    text = _text(name) or default
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:  # a path, a directory, a name that is unknown
        raise WrongSetting(name, "a name of the IANA database, such as Europe/Prague", text) from error
    return text


def database(name: str, *, default: str) -> dict[str, Any]:
    """Of a PostgreSQL."""
    text = _text(name) or default
    wanted = f"postgres://user:password@host:5432/name, {ENCODED}"
    try:
        if urlsplit(text).scheme not in POSTGRESQL:
            raise WrongSetting(name, wanted)
        found: dict[str, Any] = env.db_url_config(text)
    except ValueError as error:
        raise WrongSetting(name, wanted) from error
    return found


def mail_server(name: str, *, default: str) -> dict[str, Any]:
    """Django's settings of it."""
    try:
        found: dict[str, Any] = env.email_url_config(_text(name) or default)
    except (ValueError, ImproperlyConfigured) as error:
        raise WrongSetting(name, f"smtp://host:25 or smtp+tls://user:password@host:587, {ENCODED}") from error
    return found


def _text(name: str) -> str:
    return str(env.str(name, default="")).strip()

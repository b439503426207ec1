"""Moments of a time profile as people read and write them: the wall clock of the site."""

import re
from datetime import datetime, tzinfo

SECONDS = re.compile(r"[0-9]{1,12}")
OFFSET = r" ?(?:Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
WALL_CLOCK = re.compile(rf"{DAY}(?:[ T]{TIME}(?:{OFFSET})?)?")


class NoMoment(ValueError):
    """The text is neither a date nor Unix seconds."""


def shown(seconds: int, zone: tzinfo) -> str:
    """`2026-01-31 08:00:00+01:00`; the offset tells the two hours apart when clocks are put back.

    A moment that has no date there (the last hours of the year 9999) stays as it is, in Unix seconds.
    """
    try:
        return datetime.fromtimestamp(seconds, zone).isoformat(" ", "seconds")
    except (OverflowError, ValueError):
        return str(seconds)


def read(text: str, zone: tzinfo) -> int:
    """Unix seconds of a date, with or without a time and an offset, or of Unix seconds; fractions are cut off.

    Raises NoMoment.
    """
    text = text.strip()
    if SECONDS.fullmatch(text):
        return int(text)
    if not WALL_CLOCK.fullmatch(text):
        raise NoMoment(text)
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())
    except (ValueError, OverflowError) as error:
        raise NoMoment(text) from error

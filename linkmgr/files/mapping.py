"""Which of our columns each column of a file was probably meant for, to be looked at by the operator."""

from collections.abc import Sequence
from difflib import get_close_matches

from linkmgr.files.layout import Layout
from linkmgr.files.records import plain_name

ALIKE = 0.6


def guessed(header: Sequence[str], layout: Layout) -> dict[str, str]:
    """Column of the file → ours, each for one: of the same name, else with it as a word, else alike; or empty."""
    chosen = dict.fromkeys(header, "")
    for likely in (_same, _with_word, _alike):
        for name in (name for name in header if not chosen[name]):
            free = [column for column in layout.header if column not in chosen.values()]
            chosen[name] = likely(plain_name(name), free)
    return chosen


def _same(name: str, free: Sequence[str]) -> str:
    return name if name in free else ""


def _with_word(name: str, free: Sequence[str]) -> str:
    """`id` is meant for `link_id`, but `path` may be any of two."""
    found = [column for column in free if name in column.split("_")]
    return found[0] if len(found) == 1 else ""


def _alike(name: str, free: Sequence[str]) -> str:
    return next(iter(get_close_matches(name, free, 1, ALIKE)), "")

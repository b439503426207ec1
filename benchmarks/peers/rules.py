"""What all peers check: the rules that linkmgr's contacts have (contract §4), by the very same expression."""

import hashlib

from contacts.numbers import TYPED_NUMBER

TYPES = ("regular", "individual", "multi", "global")
FLAGS = ("is_favorite", "is_default", "auto_answer", "in_black_list")
FIELDS = ("name", "type", "number", *FLAGS)
LONGEST = 255


def number_fits(kind: str, number: str) -> bool:
    return TYPED_NUMBER.fullmatch(f"{kind} {number}") is not None


def digest(token: str) -> str:
    """Under which a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()

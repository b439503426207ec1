"""Texts that a spreadsheet would run as a formula, made harmless on the way out and whole again on the way in."""

RISKY = frozenset("=+-@\t\r'")
UNSAFE = RISKY | {""}


def neutralised(text: str) -> str:
    """With a `'` in front if a spreadsheet might run it; `'` alone is the empty text, as an empty cell is none."""
    return "'" + text if text[:1] in UNSAFE else text


def restored(text: str) -> str:
    """What was `neutralised`; other texts, O'Neill and 'tis among them, as they are."""
    return text[1:] if text[:1] == "'" and text[1:2] in UNSAFE else text

"""Words that mean yes and no: in queries of addresses, and in files."""

WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def yes_or_no(word: str) -> bool | None:
    """In any letter case; None for a word that means neither."""
    return WORDS.get(word.lower())


def says_yes(word: str | None) -> bool:
    return word is not None and yes_or_no(word) is True

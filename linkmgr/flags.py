"""Words that mean yes and no, in queries of addresses."""

TRUE, FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


def says_yes(word: str | None) -> bool:
    return word is not None and word.lower() in TRUE

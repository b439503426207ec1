"""What each form of a body is read into: members by name, before anything is known of their types."""

from typing import Any

Node = dict[str, Any]
"""Member → a text, a node, a list of texts, None for a null; of JSON, whatever JSON has."""


class Unreadable(Exception):
    """The body is not what its type says. `word` is why, in voices.REASONS."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word

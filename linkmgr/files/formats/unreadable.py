"""What stands between a file and its rows, in one line for whoever gave us the file."""


class Unreadable(Exception):
    """The file as a whole cannot be read: `estate.csv, line 5: a quote opens here that never closes`.

    Without a line, `what` continues the name: `is empty`.
    """

    def __init__(self, name: str, what: str, line: int | None = None) -> None:
        super().__init__(f"{name} {what}" if line is None else f"{name}, line {line}: {what}")
        self.line = line


class Unwritable(Exception):
    """The file cannot be written, or not in this format."""

"""Columns of Python values → the text that PostgreSQL's COPY reads, whole columns at a time."""

from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any

ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
NULL = r"\N"
TEXTS: dict[Any, str] = {None: NULL, True: "t", False: "f"}
ROWS_A_PIECE = 1_000


def copy_lines(columns: Sequence[Sequence[Any]]) -> Iterator[bytes]:
    """One line a row, in COPY's text format, UTF-8. Values are None, bool, int or str.

    In pieces, so that PostgreSQL reads one while the next is made.
    """
    texts = [_texts(column) for column in columns]
    for start in range(0, len(texts[0]), ROWS_A_PIECE):
        rows = zip(*(column[start : start + ROWS_A_PIECE] for column in texts), strict=True)
        yield ("\n".join(map("\t".join, rows)) + "\n").encode()


def _texts(column: Sequence[Any]) -> Sequence[str]:
    types = set(map(type, column))
    if types == {str}:
        joined = "".join(column)
        clean = not any(escaped in joined for escaped in "\\\t\n\r")
        return column if clean else [value.translate(ESCAPES) for value in column]
    if types == {int}:
        return list(map(str, column))
    if types <= {bool, NoneType}:
        return [TEXTS[value] for value in column]
    return [NULL if value is None else str(value).translate(ESCAPES) for value in column]

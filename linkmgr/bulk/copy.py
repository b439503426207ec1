"""Columns of Python values → the text that PostgreSQL's COPY reads, whole columns at a time."""

from collections.abc import Sequence
from typing import Any

ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
NULL = r"\N"


def copy_lines(columns: Sequence[Sequence[Any]]) -> bytes:
    """One line a row, in COPY's text format, UTF-8. Values are None, bool, int or str."""
    texts = [_texts(column) for column in columns]
    return ("\n".join(map("\t".join, zip(*texts, strict=True))) + "\n").encode()


def _texts(column: Sequence[Any]) -> Sequence[str]:
    types = set(map(type, column))
    if types == {str}:
        joined = "".join(column)
        clean = not any(escaped in joined for escaped in "\\\t\n\r")
        return column if clean else [value.translate(ESCAPES) for value in column]
    if types == {int}:
        return list(map(str, column))
    return [_text(value) for value in column]


def _text(value: Any) -> str:
    if value is None:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return value.translate(ESCAPES) if isinstance(value, str) else str(value)

"""Cursors of the change feed: opaque, so only what was given is taken."""

import pytest

from linkmgr.history.feed import Cursor, UnknownCursor

pytestmark = pytest.mark.any_postgres
NO_CURSORS = [
    "",
    "1",
    "-",
    "1-",
    "-1",
    "01-1",
    "1-1-1",
    " 1-1",
    "1-1\n",
    "1-1\0",
    "+1-1",
    "1_0-1",
    "١-1",
    "1-x",
    "1.0-1",
]
TOO_LARGE = ["9223372036854775808-0", "0-9999999999999999999", f"{'9' * 5000}-0"]


@pytest.mark.parametrize("text", [*NO_CURSORS, *TOO_LARGE], ids=lambda text: ascii(text)[:20])
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(UnknownCursor):
        Cursor.decode(text)


@pytest.mark.parametrize("cursor", [Cursor(), Cursor(17, 4711), Cursor(2**63 - 1, 2**63 - 1)], ids=str)
def test_a_cursor_is_read_back(cursor: Cursor) -> None:
    assert Cursor.decode(cursor.encode()) == cursor

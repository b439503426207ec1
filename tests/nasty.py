"""Bodies that no client should send, and the addresses they are sent to."""

from typing import Any

from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    EVERY_LIST,
    MAKERS,
    TIME_PROFILES,
    TIME_PROFILES_DELETE,
    Item,
    apartment,
    contact,
    custom,
    link_id,
    time_profile,
)

DEEP = 200_000
WRITES = [*(("POST", path) for path in EVERY_LIST), *(("DELETE", path) for path in EVERY_LIST)]
WRITES += [("POST", TIME_PROFILES_DELETE)]

Write = tuple[str, str]
Path = tuple[str | int, ...]


def list_name(write: Write) -> str:
    return "list_items" if write[1] in EVERY_LIST and write[0] == "POST" else "link_ids"


def good_member(write: Write) -> Any:
    return MAKERS[write[1]]() if list_name(write) == "list_items" else link_id()


UNUSABLE: dict[str, bytes] = {
    "empty": b"",
    "spaces": b" \r\n\t",
    "one brace": b"{",
    "an array": b"[GOOD]",
    "a number": b"5",
    "a word": b"list_items",
    "cut off": b'{"NAME":[GOOD]',
    "cut off in a text": b'{"NAME":[GOOD],"x":"y',
    "cut off in an escape": b'{"NAME":[GOOD],"x":"\\u12',
    "something after it": b'{"NAME":[GOOD]}]',
    "NUL after it": b'{"NAME":[GOOD]}\0',
    "a comma too many": b'{"NAME":[GOOD,]}',
    "a comma after the last member": b'{"NAME":[GOOD],}',
    "single quotes": b"{'NAME':[GOOD]}",
    "a comment": b'{"NAME":[GOOD]/* all */}',
    "a leading zero": b'{"NAME":[GOOD],"x":01}',
    "a plus sign": b'{"NAME":[GOOD],"x":+1}',
    "a hexadecimal number": b'{"NAME":[GOOD],"x":0x1}',
    "half a number": b'{"NAME":[GOOD],"x":1.}',
    "NaN": b'{"NAME":[GOOD],"x":NaN}',
    "NaN in the list": b'{"NAME":[GOOD,NaN]}',
    "Infinity": b'{"NAME":[GOOD],"x":Infinity}',
    "-Infinity before the list": b'{"x":-Infinity,"NAME":[GOOD]}',
    "a bare line break in a text": b'{"NAME":[GOOD],"x":"a\nb"}',
    "a bare NUL in a text": b'{"NAME":[GOOD],"x":"a\0b"}',
    "not UTF-8": b'{"NAME":[GOOD],"x":"\xff"}',
    "Latin-1": '{"NAME":[GOOD],"x":"é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"NAME":[GOOD],"x":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"NAME":[GOOD],"x":"\xed\xa0\x80"}',
    "not UTF-8 after it": b'{"NAME":[GOOD]}\xfe',
    "UTF-16": '{"NAME":[GOOD]}'.encode("utf-16"),
    "UTF-16 without a mark": '{"NAME":[GOOD]}'.encode("utf-16-be"),
    "UTF-32": '{"NAME":[GOOD]}'.encode("utf-32"),
    "two byte order marks": b'\xef\xbb\xbf\xef\xbb\xbf{"NAME":[GOOD]}',
    "deep arrays": b"[" * DEEP,
    "deep arrays, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"NAME":' * DEEP + b"1" + b"}" * DEEP,
    "a deep list": b'{"NAME":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a deep unknown member": b'{"NAME":[GOOD],"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a deep item": b'{"NAME":[GOOD,{"x":' + b'{"x":' * DEEP + b"1" + b"}" * DEEP + b"}]}",
}
"""NAME stands for the name of the list, GOOD for a good member of it."""

HARMLESS: dict[str, bytes] = {
    "a byte order mark": b'\xef\xbb\xbf{"NAME":[GOOD]}',
    "spaces around": b' \n{ "NAME" :\t[ GOOD ] }\r\n',
    "NUL in an unknown member": b'{"NAME":[GOOD],"x":"a\\u0000b"}',
    "NUL in an unknown member's name": b'{"NAME":[GOOD],"a\\u0000b":1}',
    "half a surrogate pair in an unknown member": b'{"NAME":[GOOD],"x":"\\ud800"}',
    "the other half in an unknown member": b'{"NAME":[GOOD],"x":"\\udc00"}',
    "a huge integer in an unknown member": b'{"NAME":[GOOD],"x":' + b"9" * 5000 + b"}",
    "a huge float in an unknown member": b'{"NAME":[GOOD],"x":1e999999}',
    "a tiny float in an unknown member": b'{"NAME":[GOOD],"x":-1e-999999}',
    "a thousand unknown members": b'{"NAME":[GOOD]' + b"".join(b',"x%d":{}' % n for n in range(1000)) + b"}",
}

ODD_IN_ITEMS: dict[str, bytes] = {
    "NUL": b'"a\\u0000b"',
    "half a surrogate pair": b'"\\ud800"',
    "the other half": b'"\\udfff!"',
    "a huge integer": b"9" * 5000,
    "a huge negative integer": b"-" + b"9" * 5000,
    "a huge float": b"1e999999",
    "a float of many digits": b"0." + b"1" * 5000,
}
"""Members of an item that nobody reads."""

ITEMS: dict[str, tuple[str, Item]] = {
    "apartment": (APARTMENTS, apartment("1-1-1-1", residents={"count": 1}, photo_path="a", route_path="b")),
    "day": (TIME_PROFILES, time_profile(custom("day", []))),
    "week": (TIME_PROFILES, time_profile(custom("week", ["MON"]))),
    "month by numbers": (TIME_PROFILES, time_profile(custom("month", {"format": "dayNumbers", "range": [1]}))),
    "month by day": (
        TIME_PROFILES,
        time_profile(
            custom("month", {"format": "parameterizedDay", "range": {"week_order": "first", "day_type": "MON"}})
        ),
    ),
    "year": (
        TIME_PROFILES,
        time_profile(custom("year", {"months": [1], "range": {"week_order": "last", "day_type": "DAY_OFF"}})),
    ),
    "until": (TIME_PROFILES, time_profile({"repeat_type": "day", "repeat_end": {"format": "date", "date": 5}})),
    "contact v0": (
        CONTACTS_V0,
        contact(is_favorite=True, is_default=True, auto_answer=False, in_black_list=True),
    ),
    "contact v1": (
        CONTACTS_V1,
        contact(is_favorite=True, auto_answer=False, in_black_list=True, ringtone="a.wav", is_p2p=False),
    ),
}
"""Good items with every member there is."""

NOT_READ = {("day", ("repeat_options", "repeat_format", "repeat_custom", "repeat_options"))}


def members(value: Any, path: Path = ()) -> list[Path]:
    """Where every member of a JSON value is, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[Path] = [path] if path else []
    return found + [deeper for name, member in inner for deeper in members(member, (*path, name))]


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def replaced(value: Any, path: Path, by: Any) -> Any:
    """A copy in which the member at `path` is `by`."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], by)
    return copy

"""JSON and NDJSON: items come out as they stand, whatever is around them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkmgr.files.formats import Bundle, Item, Items, Unreadable, open_file
from linkmgr.files.formats.json_stream import PIECE
from tests.nasty import ITEMS, ODD_IN_ITEMS

pytestmark = pytest.mark.any_postgres

MEMBERS = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda of: st.lists(of, max_size=3))
OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), MEMBERS, max_size=3), max_size=5)


def items(tmp_path: Path, data: bytes, name: str = "a.json") -> list[Item]:
    (tmp_path / name).write_bytes(data)
    with open_file(tmp_path / name) as file:
        assert isinstance(file, Items)
        return [*file.items()]


def refusal(tmp_path: Path, data: bytes, name: str = "a.json") -> str:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unreadable) as refused, open_file(tmp_path / name) as file:
        for _ in file.items() if isinstance(file, Items) else ():
            pass
    return str(refused.value)


@pytest.mark.parametrize("before", ["", " ", "\ufeff"])
@pytest.mark.parametrize(
    ("left", "right"), [("[", "]"), ('{"list_items":[', "]}"), ('{"x":{"y":[1]},"list_items" : [', '],"z":5}\n')]
)
@pytest.mark.parametrize("between", [",", ", ", " ,\r\n"])
def test_items_are_the_bytes_between_the_commas(
    tmp_path: Path, before: str, left: str, right: str, between: str
) -> None:
    raws = ['{"a": 1}', "{ }", '{"b":[{"a":"],}"}, "\\""]}', '{"ä":12345678901234567890}']
    found = items(tmp_path, (before + left + between.join(raws) + right).encode())
    assert found == [Item(number, raw.encode()) for number, raw in enumerate(raws, 1)]


@given(OBJECTS, st.sampled_from([None, 0, 2]), st.booleans())
def test_any_items_in_any_layout(
    tmp_path_factory: pytest.TempPathFactory, expected: list[Any], indent: int | None, ascii_: bool
) -> None:
    data = json.dumps({"list_items": expected}, indent=indent, ensure_ascii=ascii_).encode("utf-8", "surrogatepass")
    found = items(tmp_path_factory.mktemp("any"), data)
    assert [json.loads(item.raw) for item in found] == expected


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("nested", [0, 40])
def test_more_items_than_are_read_at_once(tmp_path: Path, indent: int | None, nested: int) -> None:
    expected = [{"id": at, "of": [{"id": "},{"}] * nested} for at in range(20_000 if not nested else 2_000)]
    data = json.dumps(expected, indent=indent).encode()
    assert len(data) > 3 * PIECE // 2
    assert [json.loads(item.raw) for item in items(tmp_path, data)] == expected


@pytest.mark.parametrize("length", range(PIECE - 12, PIECE + 3))
def test_the_end_of_a_piece_falls_anywhere(tmp_path: Path, length: int) -> None:
    raws = [b'{"a":"%b"}' % (b"x" * (length - 8)), b'{"a":"\\u00e9"}', b'{"a":"y"}']
    assert [item.raw for item in items(tmp_path, b"[" + b",".join(raws) + b"]")] == raws


@pytest.mark.parametrize("odd", ODD_IN_ITEMS.values(), ids=ODD_IN_ITEMS)
def test_odd_members_are_for_others_to_judge(tmp_path: Path, odd: bytes) -> None:
    raws = [b'{"x":%b,"y":1}' % odd, b'{"y":"\\\\ud800"}']
    for name, data in {"a.json": b"[" + b" , ".join(raws) + b"]", "a.ndjson": b"\n".join(raws)}.items():
        assert [(item.raw, item.fault) for item in items(tmp_path, data, name)] == [(raw, "") for raw in raws]


@pytest.mark.parametrize(("_", "item"), ITEMS.values(), ids=ITEMS)
def test_items_of_every_kind(tmp_path: Path, _: str, item: Any) -> None:
    raw = json.dumps(item).encode()
    assert items(tmp_path, b'{"list_items":[' + raw + b"]}") == [Item(1, raw)]


def test_elements_that_are_no_objects_have_a_fault(tmp_path: Path) -> None:
    faults = [bool(item.fault) for item in items(tmp_path, b'[{"a":1},5,"x",null,[{}],{}]')]
    assert faults == [False, True, True, True, True, False]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[", "a.json is cut off: its JSON ends too early, at byte 1"),
        (b'{"list_items":[{"a":1},{"b', "a.json is cut off: its JSON ends too early, at byte 26"),
        (b'[{"a":1},', "cut off: its JSON ends too early, at byte 9"),
        (b'[{"a":1}', "cut off: its JSON ends too early, at byte 8"),
        (b'{"list_items":[{"a":1}]', "cut off: its JSON ends too early, at byte 23"),
        (b'{"list_items"', "cut off: its JSON ends too early, at byte 13"),
        (b'[{"a":1},]', "a.json is no good JSON: trailing comma in array at byte 9"),
        (b'[{"a":1} {"b":2}]', "expected ',' or ']' at byte 9"),
        (b'[{"a":tru}]', "invalid character at byte 7"),
        (b"[{'a':1}]", "at byte 2"),
        (b'[{"a":NaN}]', "invalid character at byte 6"),
        (b'[{"a":1}}]', "']' is missing at byte 8"),
        (b'[{"a":1}]]', "something follows its end at byte 9"),
        (b'{"list_items":[]},', "something follows its end at byte 17"),
        (b'{"list_items":[],}', "a name is missing at byte 17"),
        (b'{"x":01,"list_items":[]}', "invalid number at byte 6"),
        (b'{"\\x":1,"list_items":[]}', "a name is no text"),
        (b'{"list_items":{}}', "a.json has no list_items, nor members that are all lists"),
        (b'{"contacts":[],"x":1}', "a.json has no list_items, nor members that are all lists"),
        (b"{}", "a.json has no list_items, nor members that are all lists"),
        (b'{"time-profiles":[],"Time_Profiles":[]}', "a.json has the member 'time_profiles' twice"),
        (b"[" * 200_000, "too much nesting"),
        (b"[" * 200_000 + b"]" * 200_000, "too much nesting"),
        (b'[{"a":"' + b"x" * 2**21, "something is longer than 1048576 bytes at byte 1"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(tmp_path: Path, data: bytes, reason: str) -> None:
    assert reason in refusal(tmp_path, data)


def test_json_cut_off_anywhere_is_unreadable(tmp_path: Path) -> None:
    data = json.dumps({"list_items": [{"a": [{"b": "\\"}]}, {"a": []}]}).encode()
    assert all("is cut off" in refusal(tmp_path, data[:length]) for length in range(15, len(data)))


def test_a_fault_far_inside_is_placed_rightly(tmp_path: Path) -> None:
    data = json.dumps([{"a": at} for at in range(100_000)]).encode()
    for place in random.Random(5).sample(range(1, len(data)), 20):
        told = refusal(tmp_path, data[:place] + b"\1" + data[place + 1 :])
        assert abs(int(told.rsplit(" ", 1)[1]) - place) <= 1


def test_an_object_of_lists_is_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"Time-Profiles":[{"a":1}, {"a":2}],"contacts" :[],\n"apartments":[{"a":"]"}]}')
    with open_file(tmp_path / "a.json") as file:
        assert isinstance(file, Bundle)
        found = {
            name: [item.raw for item in part.items()] for name, part in file.parts.items() if isinstance(part, Items)
        }
    assert found == {"time_profiles": [b'{"a":1}', b'{"a":2}'], "contacts": [], "apartments": [b'{"a":"]"}']}


@pytest.mark.parametrize(("name", "data"), [("a.ndjson", b'{"a":1}\n' * 9), ("a.json", b'[{"a":1}]')])
def test_progress_ends_at_the_size(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with open_file(tmp_path / name) as file:
        assert isinstance(file, Items)
        assert [*file.items()]
        assert file.position() == file.size == len(data)


def test_lines_of_ndjson_are_numbered_and_judged_one_by_one(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"a":1}\r\n\n  \n {"b":\t2} \n[1]\n{"c"\n{"d":4}{}\n{"e":\xff}\n{"f":5}'
    found = [(item.number, item.raw, bool(item.fault)) for item in items(tmp_path, data, "a.ndjson")]
    assert found[:2] == [(1, b'{"a":1}', False), (4, b'{"b":\t2}', False)]
    assert [(number, faulty) for number, _, faulty in found[2:]] == [
        (5, True),
        (6, True),
        (7, True),
        (8, True),
        (9, False),
    ]


def test_an_absurdly_deep_line_is_a_fault_of_that_line(tmp_path: Path) -> None:
    data = b'{"a":1}\n{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"
    assert [bool(item.fault) for item in items(tmp_path, data, "a.ndjson")] == [False, True]


def test_an_endless_line_of_ndjson_is_refused(tmp_path: Path) -> None:
    assert "a.ndjson, line 2: this line is longer" in refusal(tmp_path, b'{"a":1}\n{"a":"' + b"x" * 2**21, "a.ndjson")

"""A million rows, and files that pretend to have them, in bounded memory."""

import subprocess
import sys
from pathlib import Path

import pytest

MILLION = 1_000_000
MOST_MIB = 150
READ = """
import sys
from pathlib import Path
from linkmgr.files.formats import Items, Unreadable, open_file
try:
    with open_file(Path(sys.argv[1])) as file:
        print(sum(1 for each in (file.items() if isinstance(file, Items) else file.rows()) if not each.fault))
except Unreadable as error:
    print(error)
"""
WRITE = """
import sys
from pathlib import Path
from linkmgr.files.formats import open_writer
path, name_of_format = Path(sys.argv[1]), sys.argv[2]
with open_writer(path, name_of_format) as writer:
    for number in range(int(sys.argv[3])):
        writer.write(["text", None, number] * 3 if name_of_format in ("csv", "xlsx") else b'{"name":"text"}')
print(path.stat().st_size > 1_000_000)
"""
PEAK = """
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""
ROW = b"3fa85f64-5717-4562-b3fc-2c963f66afa6,Main building,1-2,12,3,\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd,101,,true\n"
ITEM = b'{"link_id":"3fa85f64-5717-4562-b3fc-2c963f66afa6","name":"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd","number":101}'

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory"),
    pytest.mark.any_postgres,
]


def run(code: str, *arguments: object) -> str:
    """What a process of its own prints, whose peak of memory is bounded."""
    command = [sys.executable, "-c", code + PEAK, *map(str, arguments)]
    told, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert int(peak) < MOST_MIB
    return told


def spread(path: Path, start: bytes, piece: bytes, times: int, end: bytes = b"") -> Path:
    """A large file without a large text in this process."""
    with path.open("wb") as file:
        file.write(start)
        for _ in range(times // 1000):
            file.write(piece * 1000)
        file.write(end)
    return path


@pytest.mark.parametrize(
    ("name", "start", "piece", "end"),
    [
        ("a.csv", b"a,b,c,d,e,f,g,h,i\n", ROW, b""),
        ("a.ndjson", b"", ITEM + b"\n", b""),
        ("a.json", b'{"list_items":[\n', ITEM + b",\n", ITEM + b"]}"),
        ("a.json", b"[", ITEM + b",", ITEM + b"]"),
    ],
)
def test_a_million_rows_are_read_in_bounded_memory(
    tmp_path: Path, name: str, start: bytes, piece: bytes, end: bytes
) -> None:
    path = spread(tmp_path / name, start, piece, MILLION, end)
    assert int(run(READ, path)) == MILLION + bool(end)


@pytest.mark.parametrize(("name_of_format", "count"), [("csv", MILLION), ("ndjson", MILLION), ("xlsx", 50_000)])
def test_any_number_of_rows_is_written_in_bounded_memory(tmp_path: Path, name_of_format: str, count: int) -> None:
    assert run(WRITE, tmp_path / "a", name_of_format, count) == "True" or name_of_format == "xlsx"


@pytest.mark.parametrize(
    ("name", "start", "reason"),
    [
        ("a.csv", b"a,b\n", "a.csv, line 2: this line is longer than 1048576 characters"),
        ("a.csv", b'a,b\n1,"', "a.csv, line 2: this line is longer than 1048576 characters"),
        ("a.ndjson", b'{"a":1}\n{"a":"', "a.ndjson, line 2: this line is longer than 1048576 bytes"),
        ("a.json", b'[{"a":"', "a.json is no good JSON: something is longer than 1048576 bytes at byte 1"),
    ],
)
def test_a_line_of_200_mb_is_refused_in_bounded_memory(tmp_path: Path, name: str, start: bytes, reason: str) -> None:
    assert run(READ, spread(tmp_path / name, start, b"x" * 1000, 200_000)) == reason

"""What became of a load, as JSON: written as it is read, however many rows it speaks of."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from linkmgr.files.formats import Unwritable
from linkmgr.files.load import Load, Loaded

COUNTS = ("rows", "created", "changed", "unchanged", "superseded", "deleted")

_encode = msgspec.json.Encoder(enc_hook=str).encode


def refuse_unwritable(path: Path) -> None:
    """Before anything is stored. Raises Unwritable where no file can be made."""
    if (
        path.is_dir()
        or not os.access(path.parent, os.W_OK | os.X_OK)
        or (path.exists() and not os.access(path, os.W_OK))
    ):
        raise Unwritable(f"{path} cannot be written")


def write_report(path: Path, load: Load, **about: Any) -> None:
    """`about` (the file, the site, …), then a part for each kind with its counts, refused rows and, of a dry run, what
    would become of the others. Raises OSError."""
    with path.open("wb") as file:
        file.write(_encode({**about, "stored": load.kept, "change_set": load.change_set})[:-1] + b',"parts":[')
        for at, part in enumerate(load.parts):
            file.write(b"," * bool(at))
            _write_part(file, part)
        file.write(b"]}\n")


def _write_part(file: IO[bytes], part: Loaded) -> None:
    counts = {name: getattr(part, name) for name in COUNTS}
    told = {"kind": part.part.layout.name, **counts, "sync_skipped": part.sync_skipped}
    file.write(_encode(told)[:-1])
    _write_list(file, "refused", part.refused)
    _write_list(file, "plan", part.plan)
    file.write(b"}")


def _write_list(file: IO[bytes], name: str, values: Iterable[Any]) -> None:
    file.write(b',"%s":[' % name.encode())
    for at, value in enumerate(values):
        file.write(b",\n" * bool(at) + _encode(_told(value)))
    file.write(b"]")


def _told(value: Any) -> Any:
    """Named tuples as objects, those in lists of theirs too."""
    if isinstance(value, list):
        return [_told(each) for each in value]
    return {name: _told(each) for name, each in value._asdict().items()} if hasattr(value, "_asdict") else value

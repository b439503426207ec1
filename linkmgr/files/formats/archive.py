"""A zip with one file for each kind. Nothing is unpacked to disk, so paths do no harm, but are refused."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import PurePosixPath

from linkmgr.files.formats.rows import part_name
from linkmgr.files.formats.sniff import ENDINGS
from linkmgr.files.formats.source import Member, Source, refuse_bomb
from linkmgr.files.formats.unreadable import Unreadable

MOST_MEMBERS = 100
ENCRYPTED = 0x1
SYSTEM_LITTER = re.compile(r"(^|/)(__MACOSX/|\.[^/.]|Thumbs\.db$|desktop\.ini$)")
OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
READ_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def members(source: Source, resources: ExitStack) -> dict[str, Member]:
    """The files of a zip by the names of their parts.

    Raises Unreadable for an archive that is a bomb, encrypted, empty or holds anything else than files of rows.
    """
    archive = resources.enter_context(zipfile.ZipFile(resources.enter_context(source.open())))
    infos = [info for info in archive.infolist() if not info.is_dir()]
    refuse_bomb(source.name, sum(info.file_size for info in infos), sum(info.compress_size for info in infos))
    if len(infos) > MOST_MEMBERS:
        raise Unreadable(source.name, f"holds {len(infos)} files, which is too many")
    found: dict[str, Member] = {}
    for part, info in _parts(source.name, infos):
        if part in found:
            raise Unreadable(source.name, f"holds two files called {part}")
        found[part] = Member(archive, info, f"{source.name}/{info.filename}")
    if not found:
        raise Unreadable(source.name, "is empty")
    return found


def _parts(name: str, infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    for info in infos:
        if OUTSIDE.search(info.filename):
            raise Unreadable(name, f"holds a file with a path outside of it: {info.filename!r}")
        if SYSTEM_LITTER.search(info.filename):
            continue
        if info.flag_bits & ENCRYPTED or info.compress_type not in READ_METHODS:
            raise Unreadable(name, f"holds {info.filename!r}, which is encrypted or packed in an unusual way")
        path = PurePosixPath(info.filename)
        if path.suffix.lower().removeprefix(".") not in ENDINGS or path.suffix.lower() == ".zip":
            raise Unreadable(name, f"holds {info.filename!r}, which is not .csv, .xlsx, .json or .ndjson")
        yield part_name(path.stem), info

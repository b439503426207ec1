"""A file that appears under its name only when it is complete."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from linkmgr.files.formats.unreadable import Unwritable


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """To be written; replaces the file of this name when the context ends well, and leaves it alone otherwise.

    Raises Unwritable if the directory does not take a file. A device or pipe is written directly.
    """
    path = path.resolve()  # of a symbolic link the file is replaced, not the link
    if path.exists() and not path.is_file():
        with _opened(path) as device:
            yield device
        return
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with _opened(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            part.chmod(path.stat().st_mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise Unwritable(f"{path.parent if path.name.endswith('.part') else path}: {error.strerror}") from error

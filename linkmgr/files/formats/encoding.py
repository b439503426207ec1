"""Which encoding a text is in. The whole file is looked at once, at about 1 GB/s, so that no row fails later."""

import codecs
import io
import re
from typing import NamedTuple

from linkmgr.files.formats.rows import MIB
from linkmgr.files.formats.source import Source
from linkmgr.files.formats.unreadable import Unreadable

MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
HIGH = re.compile(rb"[\x80-\xff]")
AMONG_LATIN = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff]+|[\xc0-\xff]+(?=[A-Za-z])")
AMONG_THEMSELVES = re.compile(
    rb"(?<![A-Za-z\xc0-\xff])(?:[\xc0-\xff\xa8\xb8]{2,}|(?<=[0-9])[\xc0-\xff])(?![A-Za-z\xc0-\xff])"
)


class Undecodable(NamedTuple):
    """The line of the first bytes that do not decode, and a sample of the file around them."""

    line: int
    sample: bytes


def marked(head: bytes) -> str | None:
    """The encoding that the first bytes tell: by a byte order mark, or by the NULs that UTF-16 gives to ASCII."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 8 < len(head) or min(even, odd):  # an eighth: names may not be ASCII, but delimiters are
        return None
    return "utf-16-le" if odd else "utf-16-be" if even else None


def find_encoding(source: Source, given: str | None) -> str:
    """The Python name of the encoding that all of the file decodes in; `given` wins.

    Raises Unreadable with the line of the first bytes that do not.
    """
    told = marked(source.head())
    encoding = known(source.name, given, told) if given else told
    bad = undecodable(source, encoding or "utf-8")
    if not bad:
        return encoding or "utf-8"
    if encoding:
        raise Unreadable(source.name, f"these bytes are not {encoding}", bad.line)
    legacy = told_apart(bad.sample)
    if not legacy:
        raise Unreadable(source.name, "these bytes are not UTF-8, as the rest of the file is", bad.line)
    if worse := undecodable(source, legacy):
        raise Unreadable(source.name, "these bytes are no text: say --encoding", worse.line)
    return legacy


def known(name: str, given: str, told: str | None) -> str:
    """The encoding asked for, with its mark if there is one. Raises Unreadable for one that does not exist."""
    try:
        io.TextIOWrapper(io.BytesIO(), given)  # codecs.lookup() would also find what is no encoding of texts
    except LookupError as error:
        raise Unreadable(name, f"cannot be read: there is no encoding {given}") from error
    return "utf-8-sig" if told == "utf-8-sig" and codecs.lookup(given).name == "utf-8" else given


def undecodable(source: Source, encoding: str) -> Undecodable | None:
    decode = codecs.getincrementaldecoder(encoding)().decode
    lines, sample = 1, b""
    with source.open() as stream:
        try:
            while chunk := stream.read(MIB):
                sample = chunk
                lines += decode(chunk).count("\n")
            decode(b"", True)
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start]).decode(encoding, "ignore")
            return Undecodable(lines + before.count("\n"), sample)
    return None


def told_apart(sample: bytes) -> str | None:
    """Windows-1251 or Windows-1252; None for UTF-8 with an accident.

    Russian words consist of high bytes alone, Western words have one or two among ASCII letters. That holds for three
    rows of names, for which statistics of letters are too few.
    """
    if sum(map(len, SEQUENCE.findall(sample))) * 2 > len(HIGH.findall(sample)):
        return None
    western = sum(map(len, AMONG_LATIN.findall(sample)))
    russian = sum(map(len, AMONG_THEMSELVES.findall(sample)))
    return "cp1251" if russian > western else "cp1252"

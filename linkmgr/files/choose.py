"""Which kind a file is of, and which columns it has: what the operator says, else what the file tells."""

from collections.abc import Mapping, Sequence

from linkmgr.files.formats.rows import Bundle, Items, Table, part_name
from linkmgr.files.layout import Layout
from linkmgr.files.load import Part
from linkmgr.files.records import WrongHeader, columns


class UnknownKind(Exception):
    """Neither the operator nor the file says of which kind it is; the text says what would."""


def parts_of(
    file: Table | Items | Bundle, layouts: Sequence[Layout], kind: str | None, renamed: Mapping[str, str]
) -> list[Part]:
    """The parts of a file in the order they are loaded. Raises UnknownKind."""
    if not isinstance(file, Bundle):
        if renamed and not isinstance(file, Table):
            raise UnknownKind(f"{file.name} has no columns to be renamed")
        return [Part(_layout_of(file, layouts, kind, renamed), file, renamed)]
    if kind or renamed:
        raise UnknownKind(f"{file.name} is a bundle: its parts say their kinds, and their columns are not renamed")
    names = {layout.name for layout in layouts}
    if strange := [name for name in file.parts if name not in names]:
        raise UnknownKind(f"{file.name} has {', '.join(strange)}; a bundle has {', '.join(sorted(names))}")
    return [Part(layout, file.parts[layout.name]) for layout in layouts if layout.name in file.parts]


def _layout_of(file: Table | Items, layouts: Sequence[Layout], kind: str | None, renamed: Mapping[str, str]) -> Layout:
    """As said; or whose name the file's begins with; or the only one that has all its columns."""
    if kind:
        return next(layout for layout in layouts if layout.name == kind)
    stem = part_name(file.name).replace(" ", "_")
    if named := [layout for layout in layouts if stem.startswith((layout.name, layout.name.removesuffix("s")))]:
        return named[0]
    if isinstance(file, Table):
        fitting = [layout for layout in layouts if _fits(file.header, layout, renamed)]
        if len(fitting) == 1:
            return fitting[0]
    raise UnknownKind(f"{file.name} does not tell its kind: say --kind {'|'.join(layout.name for layout in layouts)}")


def _fits(header: Sequence[str], layout: Layout, renamed: Mapping[str, str]) -> bool:
    try:
        columns(header, layout, renamed)
    except WrongHeader:
        return False
    return True

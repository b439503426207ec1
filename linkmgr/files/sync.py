"""Sync: a scope of the site becomes what the file has, so what the file does not have is deleted."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField

from linkmgr.accounts.models import Site
from linkmgr.bulk.large import LargeStage
from linkmgr.files.layout import Layout
from linkmgr.flags import yes_or_no

CEILING = re.compile(r"(?P<number>[0-9]{1,9})(?P<percent>%?)")
NAMED = 50


class WrongScope(Exception):
    """A scope that means nothing for these columns; the text says why."""


class NothingToSync(Exception):
    """The file has no row. An empty file would delete everything, and is more likely a mistake."""


class TooManyDeletions(Exception):
    """More would be deleted than the ceiling allows. `names` are some of the `count`, with their link_ids."""

    def __init__(self, layout: Layout, found: int, allowed: int, names: Sequence[str]) -> None:
        super().__init__(f"{found:,} {layout.name} would be deleted and at most {allowed:,} may be, see --max-delete")
        self.names = names
        self.count = found


class Ceiling(NamedTuple):
    number: int
    percent: bool

    def of(self, stored: int) -> int:
        return stored * self.number // 100 if self.percent else self.number


def read_ceiling(text: str) -> Ceiling:
    """`5%` of the scope, or a number of rows. Raises ValueError."""
    match = CEILING.fullmatch(text)
    if not match or (match["percent"] and int(match["number"]) > 100):
        raise ValueError("must be a number of rows, or a percentage such as 5%")
    return Ceiling(int(match["number"]), bool(match["percent"]))


def read_scope(layout: Layout, given: Mapping[str, str]) -> dict[str, Any]:
    """Column → value, as stored. Raises WrongScope."""
    scope = {}
    for name, text in given.items():
        if name not in layout.header or name == "link_id":
            raise WrongScope(f"{layout.name} have no column {name} to be a scope")
        try:
            column: Any = layout.kind.model._meta.get_field(name)
            flag = yes_or_no(text) if isinstance(column, BooleanField) else None
            scope[name] = column.clean(text if flag is None else flag, None)
        except FieldDoesNotExist as error:
            raise WrongScope(f"{name} cannot be a scope") from error
        except ValidationError as error:
            raise WrongScope(f"{name}={text}: {'; '.join(error.messages)}") from error
    return scope


def stored_in(layout: Layout, site: Site, scope: Mapping[str, Any]) -> int:
    return layout.kind.model.objects.filter(site=site, **scope).count()


def delete_missing(
    stage: LargeStage, layout: Layout, site: Site, scope: Mapping[str, Any], ceiling: int
) -> tuple[int, list[str]]:
    """Delete what no staged row has, within the signed transaction; how many with those that made way, and the names
    of some.

    Raises TooManyDeletions.
    """
    rows = layout.kind.model.objects.filter(site=site)
    ids = stage.missing(dict(scope))
    count = len(stage.made_way) + len(ids)
    names = [*stage.made_way, *(f"{row.link_id} {row}" for row in rows.filter(pk__in=ids[:NAMED]))][:NAMED]
    if count > ceiling:
        raise TooManyDeletions(layout, count, ceiling, names)
    rows.filter(pk__in=ids).delete()
    return count, names

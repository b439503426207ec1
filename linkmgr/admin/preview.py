"""What the preview of an import shows: a tab for each thing that may happen to a row, and a page of one of them."""

from collections.abc import Mapping
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

from linkmgr.files.models import Happens, Upload
from linkmgr.files.outlook import ROWS_A_PAGE, PlannedRow, stored_as

ALWAYS = (Happens.CREATED, Happens.CHANGED, Happens.UNCHANGED, Happens.REFUSED)
TELLING = (Happens.CREATED, Happens.CHANGED, Happens.REFUSED, Happens.UNCHANGED)
"""What an operator wants to see first."""


class Tab(NamedTuple):
    name: str
    rows: int
    here: bool


class Preview:
    """`query` says `tab`, the most telling one that has rows without it, and `p`."""

    def __init__(self, upload: Upload, query: Mapping[str, str]) -> None:
        self._upload = upload
        self.counts: dict[str, int] = upload.counts
        filled = next((each.value for each in TELLING if self.counts[each]), Happens.CREATED.value)
        asked = query.get("tab", "")
        self.tab = asked if asked in Happens.values else filled
        self._number = query.get("p")

    @property
    def tabs(self) -> list[Tab]:
        shown = [each for each in Happens if each in ALWAYS or self.counts[each]]
        return [Tab(each.value, self.counts[each], each == self.tab) for each in shown]

    @cached_property
    def page(self) -> Page[int]:
        return Paginator(range(self.counts[self.tab]), ROWS_A_PAGE).get_page(self._number)

    @property
    def shown(self) -> list[PlannedRow]:
        """Those of the page."""
        return [*stored_as(self._upload, self.tab, number=self.page.number)]

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def writes(self) -> int:
        """Rows that applying it would write."""
        return self.counts[Happens.CREATED] + self.counts[Happens.CHANGED]

"""The change feed for tests: somebody who follows it and keeps a copy, and those who write beside them."""

from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import UUID

from django.db import connection, models

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Site
from linkmgr.history.feed import Cursor, Entry, Told, changes
from linkmgr.history.log import REDUNDANT
from timeprofiles.models import TimeProfile

KINDS = (Apartment, TimeProfile, Contact)
Rows = dict[tuple[type[models.Model], UUID], dict[str, Any]]


class Copy:
    """Rows by kind and link_id. Applying an entry checks that what it says of before is what the copy has."""

    def __init__(self, site: Site, *, limit: int = 3, told: Told | None = None) -> None:
        self.site, self.limit, self.told = site, limit, told
        self.rows: Rows = {}
        self.after: Cursor | None = None

    def follow(self) -> list[Entry]:
        """Read page after page until there is no more, and apply what they tell."""
        entries, more = [], True
        while more:
            page = changes(self.site, after=self.after, limit=self.limit, told=self.told)
            assert len(page.entries) <= self.limit
            assert page.next > (self.after or Cursor()) or not page.more
            self.after, more = Cursor.decode(page.next.encode()), page.more
            for entry in page.entries:
                self.apply(entry)
            entries += page.entries
        return entries

    def apply(self, entry: Entry) -> None:
        if entry.before:
            assert self.rows.pop((entry.model, entry.before.link_id)) == columns(entry.model, entry.before)
        if entry.after:
            assert (entry.model, entry.after.link_id) not in self.rows
            self.rows[entry.model, entry.after.link_id] = columns(entry.model, entry.after)


def columns(model: type[models.Model], row: Any) -> dict[str, Any]:
    names = [field.attname for field in model._meta.local_fields if field.name not in REDUNDANT]
    return {name: getattr(row, name) for name in names}


def stored(site: Site) -> Rows:
    rows = [(model, row) for model in KINDS for row in model.objects.filter(site=site)]
    return {(model, row.link_id): columns(model, row) for model, row in rows}


def told(entries: list[Entry]) -> list[tuple[str, str]]:
    """(what happened, the name or the number of the row)"""
    return [(entry.happened, (entry.after or entry.before).__dict__.get("name") or "apartment") for entry in entries]


def sql(statement: str, *params: Any) -> None:
    """As somebody at a psql."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def add_contact(site: Site, name: str) -> None:
    sql(
        "INSERT INTO contacts_contact (site_id, link_id, name, type, number) "
        "VALUES (%s, gen_random_uuid(), %s, 'multi', '0001-01-01')",
        site.pk,
        name,
    )


def started(work: Callable[[], object]) -> Thread:
    """In a thread, on a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def beside(work: Callable[[], object]) -> None:
    """On another connection, to the end."""
    started(work).join()

"""A token by its digest, with the account, membership and site behind it. Every call to the API begins with it.

In one statement written out once: making it anew from a queryset each time takes longer than PostgreSQL needs for it.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from linkmgr.accounts.models import Membership, Site, Token, User
from linkmgr.database.planned import planned_once

PARTS: tuple[tuple[str, type[Model]], ...] = (
    ("token", Token),
    ("account", User),
    ("membership", Membership),
    ("site", Site),
)


def look_up(digest: str) -> Token | None:
    """The token, whatever its state; None if there is none."""
    with planned_once() as cursor:
        cursor.execute(_statement(), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    token, account, membership, site = _read(row)
    token.user, token.membership = account, membership
    membership.user, membership.site = account, site
    return token  # type: ignore[no-any-return]


@cache
def _statement() -> str:
    columns = (f'{alias}."{name}"' for alias, model in PARTS for name in _names(model, "column"))
    tables = {alias: f'"{model._meta.db_table}" AS {alias}' for alias, model in PARTS}
    return f"""
        SELECT {", ".join(columns)}
        FROM {tables["token"]}
        JOIN {tables["account"]} ON account.id = token.user_id
        JOIN {tables["membership"]} ON membership.id = token.membership_id
        JOIN {tables["site"]} ON site.id = membership.site_id
        WHERE token.digest = %s
    """  # noqa: S608 names of our own


@cache
def _names(model: type[Model], which: str) -> tuple[str, ...]:
    return tuple(getattr(field, which) for field in model._meta.concrete_fields)


def _read(row: tuple[Any, ...]) -> list[Any]:
    read, start = [], 0
    for _, model in PARTS:
        names = _names(model, "attname")
        read.append(model.from_db(connection.alias, names, row[start : start + len(names)]))
        start += len(names)
    return read

"""Who is behind a write."""

from typing import NamedTuple

from linkmgr.accounts.models import Site, User


class Caller(NamedTuple):
    """The account at its site, through what it came (`api`, `admin`, `command`), and the request's id in the logs.

    `on_behalf_of` is the account it acts for, if that is not its own.
    """

    user: User | None
    site: Site
    via: str
    request_id: str = ""
    on_behalf_of: User | None = None

"""Who is behind a write."""

from typing import NamedTuple

from linkmgr.accounts.models import Site, User


class Caller(NamedTuple):
    """The account at its site, through what it came (`api`, `admin`, `command`), and the request's id in the logs."""

    user: User | None
    site: Site
    via: str
    request_id: str = ""

"""Who is behind a write, and how far that goes."""

from enum import Enum
from typing import NamedTuple

from linkmgr.accounts.models import Site, User


class MayNot(Exception):
    """The token behind the call was made for less than this."""


class Reach(Enum):
    """How much of an address, or of a kind, is there for a token that is restricted to buildings."""

    NOTHING = "nothing"
    READING = "reading"
    OWN_BUILDINGS = "own buildings"


class Caller(NamedTuple):
    """The account at its site, through what it came (`api`, `admin`, `command`), and the request's id in the logs.

    `on_behalf_of` is the account it acts for, if that is not its own. What is not in its `buildings` does not exist for
    it; None is no restriction. With `dry_run_only` it may find out what would become of a write, and not make it.
    """

    user: User | None
    site: Site
    via: str
    request_id: str = ""
    on_behalf_of: User | None = None
    buildings: frozenset[int] | None = None
    dry_run_only: bool = False

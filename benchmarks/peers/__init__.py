"""Other ways to write `POST /api/v0/contact/items/link`, each as its own documentation shows it: plainly and fairly.

All answer the same for the same items, check the same rules, find the token by one indexed query, and write to a table
like that of linkmgr's contacts, but without its history and its check constraints, which their documentation would not
have either.
"""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.serving import granian, uvicorn

MODULES = ("fastapi", "uvicorn", "sqlalchemy", "ninja")
"""What the dependency group `bench` brings."""
DJANGO = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.settings"}


class Peer(NamedTuple):
    """`every`: in which rounds it takes part."""

    name: str
    title: str
    table: str
    path: str
    command: Sequence[str]
    variables: dict[str, str]
    every: int = 1


PEERS = (
    Peer(
        "fastapi",
        "FastAPI + SQLAlchemy 2, `on_conflict_do_update`",
        "peer_fastapi",
        "/contacts",
        uvicorn("benchmarks.peers.fastapi_sqlalchemy:app"),
        {},
    ),
    Peer(
        "ninja",
        "django-ninja + `bulk_create(update_conflicts=True)`",
        "peer_ninja",
        "/ninja/contacts",
        granian("benchmarks.peers.wsgi:application"),
        DJANGO,
    ),
    Peer(
        "drf",
        "DRF `ListSerializer` + `bulk_create(update_conflicts=True)`",
        "peer_drf",
        "/drf/contacts",
        granian("benchmarks.peers.wsgi:application"),
        DJANGO,
    ),
    Peer(
        "each",
        "DRF + `update_or_create` of each item",
        "peer_each",
        "/each/contacts",
        granian("benchmarks.peers.wsgi:application"),
        DJANGO,
        every=4,
    ),
)

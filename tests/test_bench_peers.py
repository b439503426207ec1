"""The peers of the benchmark answer as linkmgr does and store the same, or they would be no peers."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

import pytest

from benchmarks import serving
from benchmarks.client import Client, bearer, results_of
from benchmarks.ground import QUIET, Ground, ground
from benchmarks.items import CONTACTS, Item, body_of
from benchmarks.peers import MODULES, PEERS, Peer
from benchmarks.run import prepare
from benchmarks.stored import store_for
from linkmgr.postgres.server import THROW_AWAY
from tests.make import contact

for module in MODULES:
    pytest.importorskip(module, reason="needs the dependency group bench")

FLAGS = {"is_favorite": False, "is_default": False, "auto_answer": False, "in_black_list": False}
COLUMNS = "link_id::text, site_id, name, type, number, is_favorite, is_default, auto_answer, in_black_list"


class Field(NamedTuple):
    own: Ground
    token: str
    linkmgr: Client


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    with ExitStack() as stack:
        own = stack.enter_context(ground(None, {**QUIET, **THROW_AWAY}))
        token = prepare(own)
        port = stack.enter_context(serving.linkmgr(own))
        yield Field(own, token, stack.enter_context(closing(Client(port, bearer(token)))))


@pytest.fixture(scope="module", params=PEERS, ids=lambda peer: peer.name)
def peer(request: Any) -> Peer:
    chosen: Peer = request.param
    return chosen


@pytest.fixture(scope="module")
def port(field: Field, peer: Peer) -> Iterator[int]:
    with field.own.connect() as connection:
        connection.execute("TRUNCATE contacts_contact")
        store_for(peer, connection)
    with serving.peer(field.own, peer.name, peer.command, peer.variables) as opened:
        yield opened


def items() -> list[Item]:
    """Good ones, and one of each fault that fails alone."""
    good = [contact(**FLAGS | {"is_favorite": True}), contact(**FLAGS, name="Ünï '\\ \t", type="global", number="0001")]
    sip = contact(**FLAGS, number="sip:a@b.example:5060")
    faulty: tuple[Item, ...] = ({"number": "0000-01-01-01"}, {"type": "multi"}, {"name": ""}, {"name": "n" * 256})
    flags = contact(**FLAGS | {"auto_answer": True, "in_black_list": True})
    return [good[0], *(contact(**FLAGS | each) for each in faulty), good[1], flags, sip]


def stored(field: Field, table: str) -> list[tuple[Any, ...]]:
    with field.own.connect() as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM {table} ORDER BY link_id").fetchall()


def test_it_answers_and_stores_what_linkmgr_does(field: Field, peer: Peer, port: int) -> None:
    sent = items()
    changed = [{**item, "name": "later"} for item in sent]
    with closing(Client(port, bearer(field.token))) as client:
        for body in (body_of(sent), body_of([*changed, contact(**FLAGS)])):
            answers = [client.post(peer.path, body), field.linkmgr.post(CONTACTS.path, body)]
            assert results_of(answers[0]) == results_of(answers[1])
    assert len(stored(field, peer.table)) > 3
    assert stored(field, peer.table) == stored(field, CONTACTS.table)


@pytest.mark.parametrize("headers", [{}, bearer("0" * 64)], ids=["none", "unknown"])
def test_it_wants_a_token(peer: Peer, port: int, headers: dict[str, str]) -> None:
    with closing(Client(port, headers)) as client:
        assert client.post(peer.path, body_of([contact(**FLAGS)])).status in {401, 403}

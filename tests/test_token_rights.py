"""Rights of a token: every address with every right, and what stays as it was for a token that has them all."""

from itertools import chain, combinations
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode
from pytest_django import DjangoAssertNumQueries

from apartments.models import Apartment
from linkmgr.accounts.models import Membership, Right, Role, Token
from linkmgr.accounts.tokens import make_token
from linkmgr.history.models import ChangeSet
from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    EVERY_LIST,
    MAKERS,
    TIME_PROFILES_DELETE,
    Estate,
    apartment,
    estate,
    link_id,
)
from tests.rest import COLLECTIONS
from tests.rest import MAKERS as FLAT
from tests.states import ADDRESS as CHANGE_STATE

pytestmark = pytest.mark.any_postgres

NOBODY = "00000000-0000-4000-8000-000000000000"
HISTORY, RECORD = f"/api/v1/apartments/{NOBODY}/state-history", f"/api/v1/change-sets/{NOBODY}"
STATES = "/api/v1/code-list/apartment_state"
RECORDS = ("/api/v1/change-sets/", "/api/v1/states/", "/api/v1/changes", "/api/v1/capabilities")
DONE = {200, 201, 204, 404}
READ, WRITE, CHANGE, DRY = Right.READ, Right.WRITE, Right.CHANGE_STATE, Right.DRY_RUN_ONLY

ADDRESSES = [
    *((READ, "GET", path, None) for path in (*EVERY_LIST, HISTORY, RECORD, STATES)),
    *((WRITE, "POST", path, {"list_items": [MAKERS[path]()]}) for path in EVERY_LIST),
    *((WRITE, "DELETE", path, {"link_ids": [NOBODY]}) for path in EVERY_LIST),
    (WRITE, "POST", TIME_PROFILES_DELETE, {"link_ids": []}),
    (CHANGE, "POST", CHANGE_STATE, {"ids": [NOBODY], "state_id": 2}),
    *((READ, "GET", path, None) for path in (*COLLECTIONS, *RECORDS, *(f"{path}{NOBODY}" for path in COLLECTIONS))),
    *((WRITE, "POST", f"{path}bulk", {"items": [FLAT[path]()]}) for path in COLLECTIONS),
    *((WRITE, "POST", path, FLAT[path]()) for path in COLLECTIONS),
    *((WRITE, "PUT", f"{path}{NOBODY}", FLAT[path](link_id=NOBODY)) for path in COLLECTIONS),
    *((WRITE, "PATCH", f"{path}{NOBODY}", {}) for path in COLLECTIONS),
    *((WRITE, "DELETE", f"{path}{NOBODY}", None) for path in COLLECTIONS),
]
SETS = [*chain.from_iterable(combinations((READ, WRITE, CHANGE), size) for size in (1, 2, 3))]
every_address = pytest.mark.parametrize(
    ("right", "method", "path", "body"), ADDRESSES, ids=[f"{method} {path[:60]}" for _, method, path, _ in ADDRESSES]
)


def holding(*rights: str, role: str = Role.ADMINISTRATOR) -> Estate:
    return estate(role=role, rights=rights)


@every_address
@pytest.mark.parametrize("rights", SETS, ids="+".join)
def test_a_token_may_what_its_rights_name(
    db: None, rights: tuple[str, ...], right: str, method: str, path: str, body: Any
) -> None:
    status = holding(*rights).call(method, path, body).status_code
    assert status in (DONE if right in rights else {403})


@every_address
def test_a_token_for_dry_runs_has_to_say_so(db: None, right: str, method: str, path: str, body: Any) -> None:
    somebody = holding(READ, WRITE, CHANGE, DRY)
    plain, dry = (somebody.call(method, path + query, body).status_code for query in ("", "?dry_run=true"))
    assert plain in (DONE if right == READ else {403})
    assert dry in (DONE | {400} if right == READ else DONE)
    assert ChangeSet.objects.count() == Apartment.objects.count() == 0


@every_address
def test_a_dry_run_needs_the_right_all_the_same(db: None, right: str, method: str, path: str, body: Any) -> None:
    other = CHANGE if right == WRITE else WRITE
    status = holding(other, DRY).call(method, f"{path}?dry_run=true", body).status_code
    assert status in (DONE if right == other else {403})


@pytest.mark.parametrize("word", ["false", "0", "no", "off", "", "treu", "true ", "dry_run"])
def test_no_other_word_is_a_dry_run(db: None, word: str) -> None:
    somebody = holding(READ, WRITE, DRY)
    query = urlencode({"dry_run": word})
    assert somebody.call("POST", f"{APARTMENTS}?{query}", {"list_items": [apartment()]}).status_code == 403


@pytest.mark.parametrize("query", ["dry_run=true&dry_run=false", "DRY_RUN=true", "dry_run=true;x", "dry-run=true"])
def test_a_dry_run_cannot_be_said_and_taken_back(db: None, query: str) -> None:
    somebody = holding(READ, WRITE, DRY)
    assert somebody.call("POST", f"{APARTMENTS}?{query}", {"list_items": [apartment()]}).status_code == 403
    assert Apartment.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (APARTMENTS, {"error": "Administrator rights required"}),
        (CONTACTS_V0, {"error": "Administrator rights required"}),
        (CONTACTS_V1, {"error": {"code": "permission_denied", "message": "Administrator rights required"}}),
        (STATES, {"Message": "The account may not do this."}),
    ],
)
def test_a_right_that_is_missing_is_told_in_the_voice_of_the_address(db: None, path: str, told: Any) -> None:
    response = holding(WRITE).client.get(path)
    assert (response.status_code, response.json()) == (403, told)


@pytest.mark.parametrize("rights", SETS, ids="+".join)
def test_a_viewers_account_only_reads_whatever_its_token_says(home: Estate, rights: tuple[str, ...]) -> None:
    somebody = holding(*rights)
    Membership.objects.filter(pk=somebody.membership.pk).update(role=Role.VIEWER)
    for right, method, path, body in ADDRESSES:
        status = somebody.call(method, path, body).status_code
        assert status in (DONE if right == READ and READ in rights else {403}), path


def test_without_rights_of_its_own_a_token_has_those_of_its_role(db: None) -> None:
    admin, viewer = (Token.objects.get(membership=estate(role=role).membership) for role in Role.values)
    assert (admin.rights, viewer.rights) == (["change_state", "read", "write"], ["read"])


@pytest.mark.parametrize("rights", [[], ["king"], ["read", "king"], ["dry_run_only"], ["read", "dry_run_only"], [""]])
def test_rights_that_mean_nothing_make_no_token(home: Estate, rights: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        make_token(home.membership, rights=rights)
    assert [*refused.value.message_dict] == ["rights"]


@pytest.mark.parametrize("right", [WRITE, CHANGE])
def test_a_viewers_token_cannot_be_given_more(db: None, right: str) -> None:
    with pytest.raises(ValidationError, match="A viewer has no right to"):
        holding(READ, right, role=Role.VIEWER)


def test_the_database_knows_no_other_right(home: Estate) -> None:
    with pytest.raises(IntegrityError, match="token_rights"), transaction.atomic():
        Token.objects.update(rights=["king"])


@pytest.mark.parametrize("path", ["/api/info", "/api/v0/logout", "/api/v1/logout"])
@pytest.mark.parametrize("right", [READ, WRITE, CHANGE])
def test_what_devices_ask_first_needs_no_right(db: None, path: str, right: str) -> None:
    assert holding(right).client.get(path).status_code == 200


def test_logging_out_needs_a_token(db: None) -> None:
    assert Client().get("/api/v1/logout").status_code == 401


@pytest.mark.parametrize("path", [*EVERY_LIST, CHANGE_STATE])
def test_a_method_that_is_not_there_is_405_for_every_token(db: None, path: str) -> None:
    assert holding(CHANGE).call("PUT", path).status_code == 405


@pytest.mark.parametrize(("method", "path"), [(each, APARTMENTS) for each in ("GET", "POST", "DELETE")])
def test_narrower_rights_cost_no_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries, method: str, path: str
) -> None:
    """How many there are at all is written down in queries.json."""
    wide, narrow = estate(), holding(READ, WRITE)
    with CaptureQueriesContext(connection) as wanted:
        _call(wide, method, path)
    with django_assert_num_queries(len(wanted)):
        _call(narrow, method, path)


def _call(home: Estate, method: str, path: str) -> None:
    bodies = {"POST": {"list_items": [apartment()]}, "DELETE": {"link_ids": [link_id()]}}
    assert home.call(method, path, bodies.get(method)).status_code == 200

"""The resource API, one member at a time: PUT, PATCH, POST, GET and DELETE of every collection."""

from typing import Any

import pytest

from linkmgr.accounts.models import Role
from linkmgr.history.models import ChangeSet
from tests.make import CONTACTS_V0, Estate, contact, custom, estate
from tests.rest import (
    APARTMENTS,
    COLLECTIONS,
    CONTACTS,
    MAKERS,
    TIME_PROFILES,
    call,
    errors,
    flat_apartment,
    member,
    put,
    stored,
)

pytestmark = pytest.mark.any_postgres

OTHER = {
    APARTMENTS: {"apartment_name": "Loft"},
    TIME_PROFILES: {"repeat_options": {"repeat_enable": True, "repeat_format": custom("week", ["MON"])}},
    CONTACTS: {"name": "Berta"},
}
OPTIONAL = {
    APARTMENTS: ({"residents_count": 5, "photo_path": "a", "route_path": "b"}, [0, "", ""]),
    CONTACTS: (
        {"is_favorite": True, "is_default": True, "ringtone": "x.wav", "is_p2p": True, "in_black_list": True},
        [False, False, "ring1.wav", False, False],
    ),
}


@pytest.mark.parametrize("path", COLLECTIONS)
def test_put_creates_and_says_where(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    response = put(home, path, item)
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{path}{item['link_id']}"
    assert response["X-Change-Set"] == str(ChangeSet.objects.get().pk)
    assert response["ETag"]


@pytest.mark.parametrize("path", COLLECTIONS)
def test_what_is_put_is_what_is_told(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    told = put(home, path, item).json()
    assert item.items() <= told.items()
    assert told.keys() >= {"created_at", "updated_at"}
    assert home.client.get(member(path, item["link_id"])).json() == told


@pytest.mark.parametrize("path", COLLECTIONS)
def test_put_replaces(home: Estate, path: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    response = put(home, path, item | OTHER[path])
    assert (response.status_code, response.headers.get("Location")) == (200, None)
    assert OTHER[path].items() <= response.json().items()
    assert response["X-Change-Set"] == str(ChangeSet.objects.first().pk)  # type: ignore[union-attr]


@pytest.mark.parametrize("path", COLLECTIONS)
def test_the_same_put_again_changes_nothing(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    first, again = put(home, path, item), put(home, path, item)
    assert (again.status_code, again.json(), again["ETag"]) == (200, first.json(), first["ETag"])
    assert "X-Change-Set" not in again
    assert ChangeSet.objects.count() == 1


@pytest.mark.parametrize("path", OPTIONAL)
def test_put_resets_what_is_not_given_and_patch_keeps_it(home: Estate, path: str) -> None:
    item, (said, defaults) = MAKERS[path](), OPTIONAL[path]
    bare = {name: value for name, value in item.items() if name not in said}
    put(home, path, item | said)
    kept = call(home, "PATCH", member(path, item["link_id"]), OTHER[path]).json()
    reset = put(home, path, bare).json()
    assert [kept[name] for name in said] == [*said.values()]
    assert [reset[name] for name in said] == defaults


@pytest.mark.parametrize("path", COLLECTIONS)
def test_patch_changes_what_it_gives(home: Estate, path: str) -> None:
    (before,) = stored(home, path, MAKERS[path]())
    response = call(home, "PATCH", member(path, before["link_id"]), OTHER[path])
    told = response.json()
    assert response.status_code == 200
    assert told["updated_at"] > before["updated_at"]
    assert told == before | OTHER[path] | {"updated_at": told["updated_at"]}


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("body", [{}, "as read"])
def test_a_patch_that_says_nothing_new_changes_nothing(home: Estate, path: str, body: Any) -> None:
    (before,) = stored(home, path, MAKERS[path]())
    response = call(home, "PATCH", member(path, before["link_id"]), before if body else {})
    assert (response.status_code, response.json(), "X-Change-Set" in response) == (200, before, False)


@pytest.mark.parametrize("path", COLLECTIONS)
def test_post_makes_a_link_id_of_its_own(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    del item["link_id"]
    response = call(home, "POST", path, item)
    assert response.status_code == 201
    assert response["Location"].endswith(response.json()["link_id"])
    assert home.client.get(response["Location"]).json() == response.json()


@pytest.mark.parametrize("path", COLLECTIONS)
def test_post_of_what_is_stored_is_a_conflict(home: Estate, path: str) -> None:
    item = MAKERS[path]()
    assert call(home, "POST", path, item).status_code == 201
    assert errors(call(home, "POST", path, item | OTHER[path]), 409) == [("link_id", "exists")]
    assert item.items() <= home.client.get(member(path, item["link_id"])).json().items()


@pytest.mark.parametrize("path", COLLECTIONS)
def test_delete(home: Estate, path: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    address = member(path, item["link_id"])
    response = call(home, "DELETE", address)
    assert (response.status_code, response.content) == (204, b"")
    assert response["X-Change-Set"] == str(ChangeSet.objects.first().pk)  # type: ignore[union-attr]
    assert errors(home.client.get(address), 404) == errors(call(home, "DELETE", address), 404) == []


@pytest.mark.parametrize("path", COLLECTIONS)
def test_link_ids_are_the_same_in_any_letter_case(home: Estate, path: str) -> None:
    item = MAKERS[path](link_id="AAAAAAAA-bbbb-4CCC-8ddd-EEEEEEEEEEEE")
    address = member(path, item["link_id"].upper())
    assert put(home, path, item).json()["link_id"] == item["link_id"].lower()
    assert call(home, "PUT", address, item).status_code == 200
    assert call(home, "PATCH", address, {"link_id": item["link_id"].upper()}).status_code == 200
    assert errors(call(home, "POST", path, item), 409) == [("link_id", "exists")]
    assert call(home, "DELETE", address).status_code == 204


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("link_id", ["00000000-0000-4000-8000-000000000000", "x", 5, None, [], True])
def test_the_link_id_of_a_body_is_that_of_the_address(home: Estate, path: str, method: str, link_id: Any) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    response = call(home, method, member(path, item["link_id"]), item | {"link_id": link_id})
    assert errors(response, 422) == [("link_id", "read_only")]


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("link_id", ["", "x", 5, None, [], "{00000000-0000-4000-8000-000000000000}"])
def test_post_with_a_link_id_that_is_none(home: Estate, path: str, link_id: Any) -> None:
    assert errors(call(home, "POST", path, MAKERS[path]() | {"link_id": link_id}), 422) == [("link_id", "wrong_type")]


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_only_read_may_stand_as_it_was_read(home: Estate, path: str, method: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    address = member(path, item["link_id"])
    fault = errors(call(home, method, address, item | {"created_at": "2000-01-01T00:00:00Z"}), 422)
    assert fault == [("created_at", "read_only")]
    assert call(home, method, address, item | OTHER[path]).status_code == 200


def test_the_state_is_changed_by_change_state_alone(home: Estate) -> None:
    (item,) = stored(home, APARTMENTS, flat_apartment())
    assert item["state_id"] == 1
    response = call(home, "PATCH", member(APARTMENTS, item["link_id"]), {"state_id": 2})
    assert errors(response, 422) == [("state_id", "read_only")]


@pytest.mark.parametrize("path", COLLECTIONS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_a_dry_run_answers_the_same_and_stores_nothing(home: Estate, path: str, method: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    before, sets = home.client.get(path).json(), ChangeSet.objects.count()
    new = MAKERS[path]()
    body = new if method == "POST" else item | OTHER[path]
    address = path if method == "POST" else member(path, item["link_id"])
    dry = call(home, method, f"{address}?dry_run=true", None if method == "DELETE" else body)
    assert (home.client.get(path).json(), ChangeSet.objects.count()) == (before, sets)
    wet = call(home, method, address, None if method == "DELETE" else body)
    assert (dry.status_code, "X-Change-Set" in dry) == (wet.status_code, False)
    timeless = [{**told.json(), "updated_at": 0, "created_at": 0} for told in (dry, wet) if told.content]
    assert timeless[:1] == timeless[1:]


def test_the_flags_of_contacts_couple_as_devices_have_them(home: Estate) -> None:
    (item,) = stored(home, CONTACTS, contact(in_black_list=True))
    told = call(home, "PATCH", member(CONTACTS, item["link_id"]), {"auto_answer": True}).json()
    assert (told["auto_answer"], told["in_black_list"]) == (True, False)


def test_devices_and_the_collection_are_one_table(home: Estate) -> None:
    item = contact(is_favorite=True)
    assert home.outcomes(CONTACTS_V0, item) == ["created"]
    assert item.items() <= home.client.get(member(CONTACTS, item["link_id"])).json().items()


@pytest.mark.parametrize("path", COLLECTIONS)
def test_another_site_has_rows_of_its_own(home: Estate, away: Estate, path: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    address = member(path, item["link_id"])
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert errors(call(away, method, address, body), 404) == []
    assert away.client.get(path).json() == {"items": [], "next": None}
    assert put(away, path, {name: item[name] for name in MAKERS[path]()} | OTHER[path]).status_code == 201
    assert home.client.get(address).json() == item


@pytest.mark.parametrize("path", COLLECTIONS)
def test_viewers_read_and_nobody_else_writes(home: Estate, path: str) -> None:
    (item,) = stored(home, path, MAKERS[path]())
    address = member(path, item["link_id"])
    viewer = estate(home.site.slug, role=Role.VIEWER)
    nobody = viewer._replace(client=type(viewer.client)())
    assert viewer.client.get(address).json() == item
    assert errors(call(nobody, "GET", address), 401) == []
    for method, where in (("PUT", address), ("PATCH", address), ("DELETE", address), ("POST", path)):
        assert errors(call(viewer, method, where, item), 403) == []
        assert errors(call(nobody, method, where, item), 401) == []
    assert errors(call(viewer, "POST", f"{path}bulk", {"items": []}), 403) == []
    assert home.client.get(address).json() == item

"""Who sees and changes what in the admin: memberships decide, and other sites do not exist."""

import pytest
from django.test import Client

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Role, Site, Token, User
from linkmgr.history.models import ChangeSet
from tests.make import APARTMENTS, CONTACTS_V0, Estate, apartment, contact, estate
from tests.operators import fields, operator, page, save, text

pytestmark = pytest.mark.any_postgres

SUPERUSERS_ONLY = (Site, User)
EVERYONES = (Apartment, Contact, ChangeSet)


@pytest.fixture
def ours(home: Estate) -> Apartment:
    home.post(APARTMENTS, apartment("1-1-1-1", apartment_name="Ours"))
    return Apartment.objects.get(site=home.site)


@pytest.fixture
def theirs(away: Estate) -> Apartment:
    away.post(APARTMENTS, apartment("7-1-1-1", apartment_name="Theirs"))
    return Apartment.objects.get(site=away.site)


def test_nobody_enters_without_signing_in(home: Estate) -> None:
    assert Client().get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"


def test_an_account_that_is_no_staff_does_not_enter(home: Estate) -> None:
    client = operator(home.site)
    User.objects.update(is_staff=False)
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("model", EVERYONES)
def test_a_member_opens_the_lists(home: Estate, model: type) -> None:
    assert operator(home.site, role=Role.VIEWER).get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", [*EVERYONES, *SUPERUSERS_ONLY, Token])
def test_an_account_without_a_site_opens_nothing(home: Estate, model: type) -> None:
    assert operator().get(page(model, "changelist")).status_code == 403


@pytest.mark.parametrize("model", SUPERUSERS_ONLY)
@pytest.mark.parametrize("name", ["changelist", "add"])
def test_sites_and_accounts_are_for_superusers(home: Estate, model: type, name: str) -> None:
    assert operator(home.site).get(page(model, name)).status_code == 403
    assert operator(superuser=True).get(page(model, name)).status_code == 200


def test_a_viewer_looks_but_does_not_change(home: Estate, ours: Apartment) -> None:
    viewer = operator(home.site, role=Role.VIEWER)
    address = page(Apartment, "change", ours.pk)
    assert "Ours" in text(viewer.get(address))
    assert viewer.post(address, {"apartment_name": "Mine"}).status_code == 403
    assert viewer.get(page(Apartment, "add")).status_code == 403
    assert viewer.post(page(Apartment, "delete", ours.pk), {"post": "yes"}).status_code == 403
    assert viewer.get(page(Token, "changelist")).status_code == 403


def test_an_administrator_changes(home: Estate, ours: Apartment) -> None:
    assert save(operator(home.site), page(Apartment, "change", ours.pk), apartment_name="New").status_code == 302
    ours.refresh_from_db()
    assert ours.apartment_name == "New"


def test_rows_of_other_sites_are_in_no_list_count_or_filter(ours: Apartment, theirs: Apartment, home: Estate) -> None:
    listed = operator(home.site).get(page(Apartment, "changelist"))
    assert listed.context["cl"].result_count == 1
    assert "Theirs" not in text(listed)
    assert "building=7" not in listed.content.decode()
    assert theirs.site.name not in text(listed)


@pytest.mark.parametrize("name", ["change", "delete", "history"])
def test_a_row_of_another_site_is_not_found(theirs: Apartment, home: Estate, name: str) -> None:
    assert operator(home.site).get(page(Apartment, name, theirs.pk)).status_code == 404


@pytest.mark.parametrize("key", ["0", "abc", "99999999999999999999", "1_002F", "_00"])
@pytest.mark.parametrize("name", ["change", "delete", "history"])
def test_a_row_that_never_was_is_not_found(home: Estate, key: str, name: str) -> None:
    assert operator(home.site).get(page(Apartment, name, key)).status_code == 404


def test_posting_to_a_row_of_another_site_changes_nothing(theirs: Apartment, home: Estate) -> None:
    client = operator(home.site)
    assert client.post(page(Apartment, "change", theirs.pk), {"apartment_name": "Taken"}).status_code == 404
    assert client.post(page(Apartment, "delete", theirs.pk), {"post": "yes"}).status_code == 404
    action = {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes", "count": "1"}
    client.post(page(Apartment, "changelist"), action)
    theirs.refresh_from_db()
    assert theirs.apartment_name == "Theirs"


def test_a_change_set_of_another_site_is_not_found(theirs: Apartment, home: Estate) -> None:
    change_set = ChangeSet.objects.get(site=theirs.site)
    client = operator(home.site)
    assert client.get(page(ChangeSet, "change", change_set.pk)).status_code == 404
    assert str(change_set.pk)[:8] not in text(client.get(page(ChangeSet, "changelist")))


def test_a_new_row_goes_to_a_site_the_operator_administers(home: Estate, away: Estate) -> None:
    client = operator(home.site)
    given = fields(client.get(page(Apartment, "add")))
    assert given["site"] == home.site.pk  # his only one is chosen already
    data = given | {"site": away.site.pk, "apartment_name": "x", "building": 1, "unit": 1, "floor": 1, "room": 1}
    refused = client.post(page(Apartment, "add"), data)
    assert "site" in refused.context["adminform"].form.errors
    assert not Apartment.objects.exists()


def test_a_site_where_the_operator_only_looks_is_no_choice(home: Estate, away: Estate) -> None:
    client = operator(home.site)
    viewed = away.site.memberships.create(user_id=client.session["_auth_user_id"], role=Role.VIEWER)
    choices = client.get(page(Apartment, "add")).context["adminform"].form.fields["site"].queryset
    assert list(choices) == [home.site]
    assert viewed.site.name in text(client.get(page(Apartment, "changelist")))  # but his filter knows it


def test_a_stored_row_never_changes_its_site(ours: Apartment, away: Estate) -> None:
    client = operator(ours.site, away.site)
    save(client, page(Apartment, "change", ours.pk), apartment_name="New", site=away.site.pk)
    ours.refresh_from_db()
    assert (ours.apartment_name, ours.site_id) != ("New", away.site.pk)
    assert ours.apartment_name == "New"


def test_rows_where_the_operator_only_looks_are_not_deleted_with_others(ours: Apartment, theirs: Apartment) -> None:
    client = operator(ours.site)
    theirs.site.memberships.create(user_id=client.session["_auth_user_id"], role=Role.VIEWER)
    action = {"action": "delete_selected", "_selected_action": [ours.pk, theirs.pk], "post": "yes", "count": "2"}
    assert client.post(page(Apartment, "changelist"), action).status_code == 403
    assert Apartment.objects.count() == 2


def test_a_superuser_sees_every_site(ours: Apartment, theirs: Apartment) -> None:
    listed = text(operator(superuser=True).get(page(Apartment, "changelist")))
    assert "Ours" in listed
    assert "Theirs" in listed


def test_the_start_page_counts_no_foreign_kind(home: Estate) -> None:
    start = text(operator(home.site, role=Role.VIEWER).get("/admin/"))
    assert "Apartments" in start
    assert "Accounts" not in start
    assert "Tokens" not in start


@pytest.mark.parametrize("app", ["axes", "knox", "pghistory", "auth"])
def test_pages_of_the_parts_underneath_are_not_there(home: Estate, app: str) -> None:
    assert operator(superuser=True).get(f"/admin/{app}/").status_code == 404


def test_contacts_of_two_sites_are_told_apart(home: Estate) -> None:
    other = estate()
    home.post(CONTACTS_V0, contact(name="Here"))
    other.post(CONTACTS_V0, contact(name="There"))
    client = operator(home.site, other.site)
    assert client.get(page(Contact, "changelist")).context["cl"].result_count == 2
    listed = client.get(page(Contact, "changelist"), {"site": other.site.pk})
    assert [row.name for row in listed.context["cl"].result_list] == ["There"]

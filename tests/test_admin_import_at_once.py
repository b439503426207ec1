"""Imports of the admin while others write, over real connections and commits."""

from threading import Thread

import pytest
from django.db import connection, transaction
from django.test import Client

from apartments.models import Apartment
from linkmgr.files.models import Upload
from linkmgr.history.models import ChangeSet
from tests.imports import rows, step, tabs, upload_items
from tests.make import APARTMENTS, Estate, apartment, estate
from tests.operators import BACKEND, operator, page, text, user_of
from tests.test_two_writers import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home() -> Estate:
    return estate()


def twin(client: Client) -> Client:
    """Another browser of the same operator."""
    other = Client()
    other.force_login(user_of(client), backend=BACKEND)
    return other


def test_of_two_clicks_at_once_one_applies(home: Estate) -> None:
    client = operator(home.site)
    upload_items(client, home.site, [apartment() for _ in range(500)])
    address = page(Apartment, "import_apply", Upload.objects.get().pk)
    browsers = [twin(client), twin(client)]
    statuses = at_once(*(lambda each=each: [each.post(address).status_code] for each in browsers))
    told = sorted(text(each.get(page(Apartment, "changelist"))).count("Already applied") for each in browsers)
    assert (statuses, told) == ([302, 302], [0, 1])
    assert ChangeSet.objects.get().counts == {"apartment": {"insert": 500}}


def test_a_row_that_moves_while_it_is_applied_is_named(home: Estate) -> None:
    """Somebody saves it in the admin first, and commits while the import waits for the row."""
    client, item, answers = operator(home.site), apartment(apartment_name="Old"), []
    home.post(APARTMENTS, item)
    upload_items(client, home.site, [item | {"apartment_name": "New"}])

    def apply() -> None:
        answers.append(step(client, "apply"))
        connection.close()

    waiting = Thread(target=apply)
    with transaction.atomic():
        Apartment.objects.update(apartment_name="Moved")
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
    waiting.join()
    assert rows(answers[0]) == [f"2 {item['link_id']} changed name Old → New changed name Moved → New"]
    assert Apartment.objects.get().apartment_name == "Moved"


def test_an_upload_that_is_not_applied_holds_nobody_up(home: Estate) -> None:
    client, item = operator(home.site), apartment()
    assert tabs(upload_items(client, home.site, [item])) == {"created": 1}
    assert home.outcomes(APARTMENTS, item) == ["created"]
    assert "1 row would no longer" in text(step(client, "apply"))
    assert tabs(step(client, "again")) == {"unchanged": 1}

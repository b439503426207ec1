"""A Python client that a well-known generator makes of the description works against the server."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.make import Estate, estate

pytestmark = pytest.mark.any_postgres

GENERATOR = [sys.executable, "-m", "openapi_python_client"]
DOCUMENT = Path(__file__).parent.parent / "docs/openapi.json"
NAME = "generated_linkmgr"
FLAT = {"building": 1, "unit": 2, "floor": 3, "room": 4, "apartment_name": "Flat"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its name, importable for these tests."""
    place = tmp_path_factory.mktemp("client")
    config = place / "config.yml"
    config.write_text("post_hooks: []\nliteral_enums: true")
    where = ["--path", DOCUMENT, "--output-path", place / NAME, "--meta", "none", "--config", config]
    subprocess.run([*GENERATOR, "generate", *map(str, where)], check=True, capture_output=True, timeout=120)
    sys.path.insert(0, str(place))
    yield NAME
    sys.path.remove(str(place))


class Generated:
    """Operations and models of the generated package, for one token."""

    def __init__(self, package: str, server: LiveServer, home: Estate) -> None:
        self.package, self.server = package, server
        self.client = self.client_of(home.token)
        self.models = self._module("models")

    def client_of(self, token: str) -> Any:
        return self._module("client").AuthenticatedClient(base_url=self.server.url, token=token)

    def call(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """The response: `status_code`, `headers`, `parsed`."""
        return self._module(f"api.{operation}").sync_detailed(*args, **{"client": self.client, **kwargs})

    def _module(self, name: str) -> Any:
        return importlib.import_module(f"{self.package}.{name}")


@pytest.fixture
def generated(package: str, live_server: LiveServer) -> Iterator[Generated]:
    made = Generated(package, live_server, estate())
    with made.client:
        yield made


def put(generated: Generated, link_id: UUID, **members: Any) -> Any:
    body = generated.models.ApartmentReplacement(**{**FLAT, **members})
    return generated.call("apartments.apartments_replace", link_id, body=body)


def test_what_is_put_is_listed_with_its_types(generated: Generated) -> None:
    link_id = uuid4()
    assert put(generated, link_id).status_code == 201
    page = generated.call("apartments.apartments_list", building=1, ordering=["-room"]).parsed
    assert isinstance(page, generated.models.ApartmentPage)
    (found,) = page.items
    assert isinstance(found, generated.models.Apartment)
    assert (found.link_id, found.residents_count, type(found.created_at)) == (link_id, 0, datetime)
    assert page.next_ is None


def test_a_part_is_a_part(generated: Generated) -> None:
    put(generated, uuid4())
    page = generated.call("apartments.apartments_list", fields=["building"]).parsed
    assert [type(part) for part in page.items] == [generated.models.ApartmentPart]


def test_a_change_is_refused_for_another_version(generated: Generated) -> None:
    link_id = uuid4()
    etag = put(generated, link_id).headers["ETag"]
    change = generated.models.ApartmentPatch(apartment_name="Rear flat")
    first, second = (
        generated.call("apartments.apartments_change", link_id, body=change, if_match=etag) for _ in range(2)
    )
    assert (first.status_code, first.parsed.apartment_name) == (200, "Rear flat")
    assert second.status_code == 412
    assert isinstance(second.parsed, generated.models.ProblemDocument)


def test_what_was_read_can_be_put_back(generated: Generated) -> None:
    told = put(generated, uuid4()).parsed
    back = generated.models.ApartmentReplacement.from_dict(told.to_dict())
    answer = generated.call("apartments.apartments_replace", told.link_id, body=back)
    assert (answer.status_code, answer.parsed) == (200, told)


def test_many_are_answered_one_by_one(generated: Generated) -> None:
    models = generated.models
    numbers = {"regular": "0001-01-01-01", "multi": "nonsense"}
    contacts = [
        models.ContactBulkItem.from_dict({"link_id": str(uuid4()), "name": "Anna", "type": kind, "number": number})
        for kind, number in numbers.items()
    ]
    answer = generated.call("contacts.contacts_bulk", body=models.ContactBulk(items=contacts)).parsed
    assert [item.outcome for item in answer.items] == ["created", "refused"]
    assert (answer.summary.counts.created, type(answer.summary.change_set)) == (1, UUID)


def test_a_rule_of_repetition_comes_back_as_it_was(generated: Generated) -> None:
    rule = {"repeat_type": "custom", "repeat_end": {"format": "never"}}
    weekly = {"repeat_point_type": "week", "repeat_looper": 2, "repeat_options": ["MON"]}
    whole = {"repeat_enable": True, "repeat_format": {**rule, "repeat_custom": weekly}}
    times = {"is_all_day": False, "date_from": 1_767_254_400, "date_to": 1_767_297_600}
    item = {"name": "Every other Monday", **times, "repeat_options": whole}
    body = generated.models.NewTimeProfile.from_dict(item)
    told = generated.call("time_profiles.time_profiles_create", body=body).parsed
    assert told.to_dict()["repeat_options"] == whole


def test_a_state_is_changed_and_the_record_found(generated: Generated) -> None:
    link_id = uuid4()
    put(generated, link_id)
    body = generated.models.ChangeState(ids=[str(link_id)], state_id=4)
    result = generated.call("change_state.apartments_change_state", body=body).parsed
    assert (result.name, result.data.changed) == ("Suspended", 1)
    record = generated.call("change_sets.change_sets_retrieve", result.id)
    assert record.status_code == 200
    assert isinstance(record.parsed, generated.models.ChangeSetRecord)


def test_what_is_deleted_is_gone(generated: Generated) -> None:
    link_id = uuid4()
    put(generated, link_id)
    assert generated.call("apartments.apartments_delete", link_id).status_code == 204
    gone = generated.call("apartments.apartments_retrieve", link_id)
    assert (gone.status_code, gone.parsed.status) == (404, 404)


def test_without_a_token_it_is_told_so(generated: Generated) -> None:
    with generated.client_of("nonsense") as nobody:
        answer = generated.call("capabilities.capabilities_retrieve", client=nobody)
    assert (answer.status_code, answer.parsed.title) == (401, "Unauthorized")

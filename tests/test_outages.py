"""PostgreSQL away, cut off, or with a full disk, under a real `linkmgr up`: told as such, and over when it is."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.make import (
    APARTMENTS,
    CONTACTS_V0,
    CONTACTS_V1,
    EVERY_LIST,
    TIME_PROFILES_DELETE,
    apartment,
    contact,
    link_id,
)
from tests.outages import Answer, Served
from tests.rest import COLLECTIONS

pytestmark = pytest.mark.any_postgres
CHANGE_STATE = "/api/v1/apartments/bulk/change_state"
BUSY = "Service unavailable"
IN_TEXT, IN_OBJECT = {"error": BUSY}, {"error": {"code": "system_error", "message": BUSY}}
IN_WEB_API = {"Message": "The service is unavailable."}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    cluster = Path(mkdtemp(prefix="linkmgr-cluster-"))
    server = Served(cluster)
    yield server
    server.close()
    shutil.rmtree(cluster)


def calls() -> list[tuple[str, str, object, object]]:
    """Method, address, body, and what it is answered without PostgreSQL."""
    lists = [("GET", path, None, IN_OBJECT if path == CONTACTS_V1 else IN_TEXT) for path in EVERY_LIST]
    writes = [("POST", path, {"list_items": [contact()]}, expected) for _, path, _, expected in lists]
    deletes = [("DELETE", path, {"link_ids": [link_id()]}, expected) for _, path, _, expected in lists]
    others = [
        ("POST", TIME_PROFILES_DELETE, {"link_ids": []}, IN_TEXT),
        ("GET", "/api/v1/login?username=a&password=0123456789abcdef0123456789abcdef", None, IN_TEXT),
        ("GET", "/api/v0/logout", None, IN_TEXT),
        ("POST", CHANGE_STATE, {"ids": [link_id()], "state_id": 2}, IN_WEB_API),
        ("GET", "/api/v1/code-list/apartment_state", None, IN_WEB_API),
        ("GET", f"/api/v1/apartments/{link_id()}/state-history", None, IN_WEB_API),
    ]
    return [*lists, *writes, *deletes, *others]


def resources() -> list[str]:
    """Addresses whose faults are problem documents, each with an id of its own."""
    return [*COLLECTIONS, f"/api/v1/change-sets/{link_id()}", "/api/v1/changes", "/api/v1/capabilities"]


def is_well(served: Served) -> bool:
    return served.post(CONTACTS_V0, contact()).status == 200


def test_without_postgresql_everything_says_so_in_its_voice_and_is_well_again_with_it(served: Served) -> None:
    served.until_well(CONTACTS_V0, contact())
    with served.without_postgres():
        answers = [(*call, served.ask(*call[:3])) for call in calls()]
        problems = [served.ask("GET", path).json for path in resources()]
        ready, lives, page = served.ask("GET", "/readyz"), served.ask("GET", "/healthz"), admin_page(served)
        info = served.ask("GET", "/api/info")
    assert [(method, path) for method, path, *_, answer in answers if answer.status != 503] == []
    assert [path for _, path, _, expected, answer in answers if answer.json != expected] == []
    assert {(problem["status"], problem["detail"]) for problem in problems} == {(503, "Service unavailable")}
    assert {int(answer.headers["retry-after"]) > 0 for *_, answer in answers} == {True}
    assert (ready.status, ready.json) == (503, {"ready": False, "missing": ["database"]})
    assert (lives.status, info.status) == (200, 200)
    assert (page.status, int(page.headers["retry-after"]) > 0) == (503, True)
    assert "Not available at the moment" in page.text
    assert is_well(served)
    assert served.ask("GET", "/readyz").json == {"ready": True, "missing": []}
    assert "Traceback" not in served.up.log.read_text()


def admin_page(served: Served) -> Answer:
    """As somebody who is signed in asks for it."""
    return served.ask("GET", "/admin/", Cookie="sessionid=0123456789abcdefghijklmnopqrstuv")


def test_connections_that_were_cut_cost_no_request(served: Served) -> None:
    for _ in range(40):  # every thread of both workers has one
        served.until_well(CONTACTS_V0, contact())
    with served.connect() as connection:
        cut = connection.execute(
            "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchone()
    assert cut
    assert cut[0] > 0
    assert [served.post(CONTACTS_V0, contact()).status for _ in range(40)] == [200] * 40


def test_a_call_whose_connection_is_cut_in_the_middle_is_a_503_and_stores_nothing(served: Served) -> None:
    item, cut = apartment(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with served.connect() as blocking, served.connect() as other, ThreadPoolExecutor(1) as pool, blocking.transaction():
        blocking.execute("LOCK apartments_apartment IN EXCLUSIVE MODE")
        waiting = pool.submit(served.post, APARTMENTS, item)
        while not other.execute(cut).fetchall():
            time.sleep(0.01)
        answer = waiting.result()
    assert (answer.status, answer.json) == (503, IN_TEXT)
    assert served.ask("DELETE", APARTMENTS, {"link_ids": [item["link_id"]]}).json["result"][0]["extended_info"] == (
        "entity_not_found"
    )

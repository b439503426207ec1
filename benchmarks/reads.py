"""Reading among a million contacts: pages of lists, wherever they are, and one contact by its link_id."""

import re
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from benchmarks import serving
from benchmarks.client import HOST, PATIENCE, Client, bearer
from benchmarks.course import Course
from benchmarks.ground import MANY, PASSWORD, SUPERUSER, BenchError
from benchmarks.million import prepare_many
from benchmarks.rounds import Contender

READS = "reads"
PAGE, LONGEST_PAGE = 50, 1_000


class Read(NamedTuple):
    """An address: `{middle}` and `{last}` stand for numbers of pages, `{after}` for the cursor of the middle,
    `{link_id}` for one that is stored."""

    name: str
    path: str
    by_operator: bool = False


REST = "/api/v1/contacts"
DEVICE, ADMIN = f"/api/v0/contact/items/link?limit={PAGE}", "/admin/contacts/contact/"
PAGES = (
    Read("REST list, first page", f"{REST}/?limit={PAGE}"),
    Read("REST list, middle page by its cursor", f"{REST}/?limit={PAGE}&after={{after}}"),
    Read("device list by name, first page", f"{DEVICE}&page_number=1"),
    Read("device list by name, middle page", f"{DEVICE}&page_number={{middle}}"),
    Read("device list by name, last page", f"{DEVICE}&page_number={{last}}"),
    Read("device list by number, middle page", f"{DEVICE}&sort_field=number&page_number={{middle}}"),
    Read(
        "device list by type, descending, middle page",
        f"{DEVICE}&sort_field=type&sort_type=desc&page_number={{middle}}",
    ),
    Read("admin list, first page", ADMIN, by_operator=True),
    Read("admin list, middle page", f"{ADMIN}?p={{middle}}", by_operator=True),
    Read("admin list, last page", f"{ADMIN}?p={{last}}", by_operator=True),
)
BY_LINK_ID = (Read("REST, one contact by its link_id", f"{REST}/{{link_id}}"),)
OTHERS = (
    Read("REST list by name, first page", f"{REST}/?limit={PAGE}&ordering=name"),
    Read("admin search for a link_id", f"{ADMIN}?q={{link_id}}", by_operator=True),
)
"""Told, without a goal."""


def measure_reads(course: Course) -> None:
    prepare_many(course)
    pages = -(-course.plan.many // PAGE)
    with ExitStack() as stack:
        connection = stack.enter_context(course.ground.connect(MANY))
        row = connection.execute("SELECT link_id FROM contacts_contact LIMIT 1").fetchone()
        assert row
        port = stack.enter_context(serving.linkmgr(course.ground, MANY))
        clients = [stack.enter_context(closing(Client(port, each))) for each in (bearer(course.token), _operator(port))]
        after = _cursor(clients[0], course.plan.many // 2)
        places = {"middle": pages // 2 + 1, "last": pages, "after": after, "link_id": row[0]}
        course.alternate(
            READS, *(_contender(read, clients[read.by_operator], places) for read in (*PAGES, *BY_LINK_ID, *OTHERS))
        )


def _cursor(client: Client, rows: int) -> str:
    """Of the page after so many rows, found by going there."""
    path = f"{REST}/?limit={LONGEST_PAGE}&fields=link_id"
    for _ in range(max(1, rows // LONGEST_PAGE)):
        path = msgspec.json.decode(client.get(path).body)["next"]
    return parse_qs(urlsplit(path).query)["after"][0]


def _contender(read: Read, client: Client, places: dict[str, object]) -> Contender:
    path = read.path.format(**places)

    def get() -> float:
        answer = client.get(path)
        if answer.status != 200:
            raise BenchError(f"{path} answered {answer.status}: {answer.body[:300]!r}")
        return answer.seconds

    return Contender(read.name, get)


def _operator(port: int) -> dict[str, str]:
    """The headers of an operator who has signed in to the admin."""
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    connection.request("GET", "/admin/login/")
    shown = connection.getresponse()
    cookie = (shown.getheader("Set-Cookie") or "").partition(";")[0]
    (proof,) = re.findall(rb'name="csrfmiddlewaretoken" value="(\w+)"', shown.read())
    form = urlencode({"username": SUPERUSER, "password": PASSWORD, "csrfmiddlewaretoken": proof.decode()})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/admin/login/?next=/admin/", form, headers)
    answer = connection.getresponse()
    session = re.findall(r"sessionid=\w+", str(answer.headers.get_all("Set-Cookie")))
    connection.close()
    if not session:
        raise BenchError(f"signing in to the admin answered {answer.status}")
    return {"Cookie": session[0]}

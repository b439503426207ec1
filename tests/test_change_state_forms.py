"""Forms in which change_state comes and is answered: JSON, XML and forms (contract §7)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from linkmgr.accounts.models import User
from linkmgr.history.models import ChangeSet
from tests import test_change_state
from tests.make import Estate
from tests.schemas import in_schema
from tests.states import ADDRESS, FORM, JSON, SUSPENDED, XML, states, stored

pytestmark = pytest.mark.any_postgres

MODEL = "http://schemas.datacontract.org/2004/07/IO.Swagger.Models"
OUT = "http://schemas.datacontract.org/2004/07/UP.Core.Data"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def send(home: Estate, body: Any, kind: str = JSON, **headers: str) -> HttpResponse:
    """Whatever comes back as XML is held against its schema."""
    return in_schema(test_change_state.send(home, body, kind, **headers))


def xml(ids: list[str], *members: str) -> str:
    guids = "".join(f"<x:guid>{each}</x:guid>" for each in ids)
    return f'<ChangeState xmlns="{MODEL}"><ids xmlns:x="{ARRAYS}">{guids}</ids>{"".join(members)}</ChangeState>'


@pytest.mark.parametrize("kind", [JSON, "text/json", "application/json; charset=utf-16"])
def test_json_in_any_case_of_its_names(home: Estate, kind: str) -> None:
    body = json.dumps({"IDS": stored(home), "State_Id": 4, "unknown": {"a": [1]}, "parent": {"deleted": 5}})
    data = body.encode("utf-16") if "16" in kind else body.encode()
    assert json.loads(send(home, data, kind).content)["data"]["changed"] == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "windows-1251"])
def test_xml_in_the_encoding_that_is_said(home: Estate, encoding: str) -> None:
    body = xml(stored(home), "<message>Долг</message>", "<state_id>4</state_id>").encode(encoding)
    assert send(home, body, f"{XML}; charset={encoding}", accept=JSON).json()["data"]["changed"] == 2
    assert ChangeSet.objects.filter(note="Долг").exists()


def test_line_breaks_of_a_message_survive_xml(home: Estate) -> None:
    url = send(home, {"ids": stored(home), "state_id": 4, "message": "1\r\n2\r3"}).json()["url"]
    assert b"<message>1&#13;\n2&#13;3</message>" in home.client.get(url, headers={"accept": XML}).content


def test_lists_of_forms_forget_nothing(home: Estate) -> None:
    first, second, third = stored(home, 3)
    body = urlencode({"ids[0]": first, "Ids[1]": second, f"ids[{10**15}]": third, "state_id": 4})
    assert send(home, body, FORM).json()["data"]["changed"] == 3


@pytest.mark.parametrize("accept", ["application/xml; a*=foo''%41", "*/*; q*=x''1, text/xml"])
def test_an_accept_header_that_cannot_be_read_is_none(home: Estate, accept: str) -> None:
    ids = stored(home)
    answer = send(home, {"ids": ids, "state_id": 4}, accept=accept)
    assert (answer.status_code, states(home)) == (200, {SUSPENDED})


def test_a_body_longer_than_any_call_needs_is_refused(home: Estate) -> None:
    assert send(home, '{"ids":[' + "[]," * 1_500_000 + "1]}").status_code == 413


@pytest.mark.parametrize("kind", [XML, "text/xml"])
def test_xml_in_any_order_and_with_any_prefix(home: Estate, kind: str) -> None:
    ids = stored(home)
    body = (
        f'<q:ChangeState xmlns:q="{MODEL}"><q:state_id>4</q:state_id>'
        '<other xmlns="urn:x"><q:state_id>5</q:state_id></other>'
        f'<q:user_id a:nil="true" xmlns:a="{INSTANCE}"/><q:ids xmlns:d="{ARRAYS}">'
        + "".join(f"<d:guid> {each} </d:guid>" for each in ids)
        + "</q:ids></q:ChangeState>"
    )
    answer = send(home, body, kind)
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"
    beginning = (
        f'<Result xmlns:i="{INSTANCE}" xmlns="{OUT}"><count_of_errors>0</count_of_errors><data i:nil="true" /><id>'
    )
    assert answer.content.decode().startswith(beginning)
    assert states(home) == {SUSPENDED}


@pytest.mark.parametrize("user", ["\n ", "\n{} "], ids=["blank", "own"])
def test_space_around_texts_of_xml_says_nothing(home: Estate, user: str) -> None:
    own = User.objects.get(pk=home.membership.user.pk).guid
    members = f"<user_id>{user.format(own)}</user_id>", "<state_id> 4\n</state_id>", "<parent>\n</parent>"
    assert send(home, xml(stored(home), *members), XML, accept=JSON).json()["data"]["changed"] == 2


@pytest.mark.parametrize(
    "spelled", [["ids[1]", "ids[7]"], ["ids[]", "ids[]"], ["ids", "ids"], ["Ids[9]", "Ids[12]"]], ids=str
)
def test_forms_in_all_their_spellings(home: Estate, spelled: list[str]) -> None:
    pairs = [
        *zip(spelled, stored(home), strict=True),
        ("state_id", "4"),
        ("parent[id]", "p-1"),
        ("parent.name", "Move"),
    ]
    answer = send(home, urlencode([*pairs, ("send_notifications", "False"), ("user_id", "")]), FORM)
    assert answer.json()["data"]["changed"] == 2
    made = ChangeSet.objects.get(pk=answer.json()["id"])
    assert (made.reason_id, made.reason_name) == ("p-1", "Move")


@pytest.mark.parametrize(
    ("body", "kind", "member"),
    [
        ("", JSON, "changeState"),
        ("{", JSON, "changeState"),
        ("[]", JSON, "changeState"),
        ("null", JSON, "changeState"),
        ('{"state_id": NaN}', JSON, "changeState"),
        ("[" * 200_000, JSON, "changeState"),
        ('{"x": ' + "[" * 200_000 + "]" * 200_000 + "}", JSON, "changeState"),
        ('{"state_id": "four"}', JSON, "changeState.state_id"),
        ('{"state_id": null}', JSON, "changeState.state_id"),
        ('{"state_id": 1e3}', JSON, "changeState.state_id"),
        ('{"state_id": 4294967296}', JSON, "changeState.state_id"),
        ('{"ids": "x"}', JSON, "changeState.ids"),
        ('{"user_id": "x"}', JSON, "changeState.user_id"),
        ('{"user_id": "a11c7c18-354d-4555-9e26-ad26707a999x"}', JSON, "changeState.user_id"),
        ('{"send_notifications": 1}', JSON, "changeState.send_notifications"),
        ('{"message": "\\u0000"}', JSON, "changeState.message"),
        ('{"message": "\\ud800"}', JSON, "changeState.message"),
        ('{"parent": 5}', JSON, "changeState.parent"),
        ('{"parent": {"name": 5}}', JSON, "changeState.parent.name"),
        ("<ChangeState/>", XML, "changeState"),
        (f'<Other xmlns="{MODEL}"/>', XML, "changeState"),
        (f'<!DOCTYPE a [<!ENTITY b "c">]><ChangeState xmlns="{MODEL}"/>', XML, "changeState"),
        (f'<!DOCTYPE a><ChangeState xmlns="{MODEL}"/>', XML, "changeState"),
        (f'<ChangeState xmlns="{MODEL}">' + "<a>" * 200_000, XML, "changeState"),
        (xml([], "<state_id>x</state_id>"), XML, "changeState.state_id"),
        ("&".join(f"ids[{at}]=x" for at in range(1_001)), FORM, "changeState"),
        ("state_id=%FF", FORM, "changeState"),
    ],
    ids=lambda value: value[:40],
)
def test_a_bad_body_is_told_and_changes_nothing(home: Estate, body: str, kind: str, member: str) -> None:
    before = ChangeSet.objects.count()
    answer = send(home, body, kind, accept=JSON)
    assert (answer.status_code, answer.json()["Message"]) == (400, "The request is invalid.")
    assert set(answer.json()["ModelState"]) == {member}
    assert ChangeSet.objects.count() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=rot13"])
def test_another_type_is_not_supported(home: Estate, kind: str) -> None:
    answer = send(home, "{}", kind)
    assert answer.status_code == 415
    assert answer.json() == {"Message": f"The request entity's media type '{kind}' is not supported for this resource."}


def test_a_body_without_a_type_is_not_supported(home: Estate) -> None:
    assert home.client.generic("POST", ADDRESS, "{}", content_type="").status_code == 415


def test_another_method_is_not_allowed(home: Estate) -> None:
    answer = home.client.get(ADDRESS)
    assert (answer.status_code, set(answer.json())) == (405, {"Message"})
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", JSON), ("*/*", JSON), (XML, XML), ("text/xml", "text/xml"), ("text/json", "text/json"),
        ("text/html", JSON),
        (f"{XML}, {JSON}", JSON), (f"{JSON};q=0.5, text/xml", "text/xml"), (f"text/html, {XML};q=0.9, */*;q=0.8", XML),
        (f"{JSON};q=0, {XML};q=0.1", XML), ("text/*", "text/json"), ("application/*", JSON), ("nonsense;;q=x,,", JSON),
    ],
)  # fmt: skip
def test_the_form_of_the_answer_follows_accept(home: Estate, accept: str, kind: str) -> None:
    answer = send(home, {"ids": []}, accept=accept)
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"

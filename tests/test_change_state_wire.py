"""What records cannot show of change_state on the wire (contract §7): the schema refusing other answers, and a 500.

The answers themselves are in tests/wire/change_state/ and tests/wire/code_list/: the seed's samples, and `Result` byte
for byte.
"""

import pytest
from django.db import connection
from xmlschema import XMLSchemaValidationError

from tests.make import Estate
from tests.schemas import SCHEMA, in_schema
from tests.states import JSON, SUSPENDED, XML, send, states, stored

pytestmark = pytest.mark.any_postgres

STATES = "/api/v1/code-list/apartment_state"
NIL = ' i:nil="true" /'


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("http://schemas.datacontract.org/2004/07/UP.Core.Data", "http://schemas.datacontract.org/2004/07/UP.Core"),
        (' xmlns="http://schemas.datacontract.org/2004/07/UP.Core.Data"', ""),
        ("Result", "Results"),
        ("<count_of_errors>1</count_of_errors>", ""),
        (f"<data{NIL}>", ""),
        (f"<data{NIL}>", "<data />"),
        (f"<data{NIL}>", "<data>3</data>"),
        (f"<data{NIL}><id{NIL}>", f"<id{NIL}><data{NIL}>"),
        (f"<id{NIL}>", "<id />"),
        (f"<id{NIL}>", "<id>1</id>"),
        (f"<inner_exception{NIL}>", ""),
        ("<code>8</code><field>ids</field>", "<field>ids</field><code>8</code>"),
        ("<code>8</code>", ""),
        ("<code>8</code>", "<code>5</code>"),
        ("<field>ids</field>", "<field>parent</field>"),
        ("<message>No ids given</message>", "<message />"),
        ("<type>1</type>", "<type>4</type>"),
        ("<type>1</type>", "<type>1</type><line>1</line>"),
        ("ResultMessage", "Message"),
        (f"<name>Active</name><text>0 of 0 apartments changed to Active</text><url{NIL}>", ""),
        ("<name>Active</name>", "<name />"),
        (f"<url{NIL}>", "<url>/api/v1/change-sets/1</url>"),
        (f"<url{NIL}>", f"<url{NIL}><version>2</version>"),
    ],
)
def test_a_result_that_is_not_in_the_contract_is_refused(home: Estate, said: str, instead: str) -> None:
    good = in_schema(send(home, {"ids": [], "state_id": 1}, accept=XML)).content.decode()
    assert said in good
    refused(good.replace(said, instead))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("<Error>", '<Error xmlns="http://schemas.datacontract.org/2004/07/UP.Core.Data">'),
        ("<Message>The request is invalid.</Message>", ""),
        ("<Message>The request is invalid.</Message>", "<Message />"),
        ("changeState.state_id", "state_id"),
        ("<changeState.state_id>must be an integer</changeState.state_id>", ""),
    ],
)
def test_an_error_that_is_not_in_the_contract_is_refused(home: Estate, said: str, instead: str) -> None:
    good = in_schema(send(home, {"state_id": "four"}, accept=XML)).content.decode()
    assert said in good
    refused(good.replace(said, instead))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("UP.Core.Data", "IO.Swagger.Models"),
        ("ArrayOfState", "States"),
        ("<access_enabled>true</access_enabled><active>true</active>", "<active>true</active>"),
        ("<active>true</active>", "<active>1</active>"),
        ("<code>active</code><id>1</id>", "<id>1</id><code>active</code>"),
        ("<name>Active</name>", "<name />"),
    ],
)
def test_a_list_of_states_that_is_not_in_the_contract_is_refused(home: Estate, said: str, instead: str) -> None:
    good = in_schema(home.client.get(STATES, headers={"accept": XML})).content.decode()
    assert said in good
    refused(good.replace(said, instead))


def test_a_declaration_is_refused(home: Estate) -> None:
    answer = in_schema(send(home, {}, accept=XML))
    answer.content = b'<?xml version="1.0"?>' + answer.content
    with pytest.raises(AssertionError):
        in_schema(answer)


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        (JSON, '{"Message":"An error has occurred."}'),
        (XML, "<Error><Message>An error has occurred.</Message></Error>"),
    ],
)
def test_a_change_that_only_the_database_refuses_is_500(home: Estate, accept: str, body: str) -> None:
    ids = stored(home)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE apartments_apartment ADD CONSTRAINT unwanted CHECK (state_id <> {SUSPENDED})")
    answer = in_schema(send(home, {"ids": ids, "state_id": SUSPENDED}, accept=accept))
    assert (answer.status_code, answer.content.decode()) == (500, body)
    assert states(home) == {1}


def refused(answer: str) -> None:
    with pytest.raises(XMLSchemaValidationError):
        SCHEMA.validate(answer)

"""Recorded exchanges: a file of tests/wire/ is one request to a fresh site, and the answer it must get, byte for byte.

    contract   the section and the rule that the file shows
    settings   settings that differ (seldom)
    accounts   accounts that can sign in as devices: name, role, device_password (seldom)
    given      requests played first, each with the status it must get, if that matters
    request    method, path; role: administrator (if not said), viewer, none, unknown (a token nobody made), foreign
               (administrator of another site); body as JSON, or raw as text
    answer     status, body; headers: null for one that must not be there

A text in angle brackets stands for whatever the server chose: see CHOSEN.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from linkmgr.accounts.models import Membership, Role, User
from linkmgr.accounts.sign_in import set_device_password
from tests.make import Estate, estate

WIRE = Path(__file__).parent / "wire"
RECORDS = sorted(WIRE.rglob("*.json"))
CHOSEN = {
    "<uuid>": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "<token>": re.compile(r"[0-9a-f]{64}"),
    "<version>": re.compile(r"\d+\.\d+\.\d+"),
    "<seconds>": re.compile(r"[1-9]\d*"),
    "<methods>": re.compile(r"[A-Z]+(, [A-Z]+)*"),
}
Record = dict[str, Any]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: str(path.relative_to(WIRE).with_suffix("")))
def test_the_server_answers_as_recorded(path: Path, home: Estate, settings: Settings) -> None:
    record = json.loads(path.read_text())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    for name, value in record.get("settings", {}).items():
        setattr(settings, name, value)
    for account in record.get("accounts", ()):
        make_account(home, **account)
    for step in record.get("given", ()):
        response = played(home, step)
        assert response.status_code == step.get("status", response.status_code), response.content
    compare(played(home, record["request"]), record["answer"])


def test_every_record_says_what_it_shows() -> None:
    assert len(RECORDS) > 200
    assert not [path for path in RECORDS if "§" not in json.loads(path.read_text())["contract"]]


def make_account(home: Estate, name: str, role: str, device_password: str) -> None:
    user = User.objects.create_user(name, password="what an operator would type")
    membership = Membership.objects.create(user=user, site=home.site, role=role)
    set_device_password(membership, device_password)


def played(home: Estate, request: Record) -> HttpResponse:
    data = request["raw"] if "raw" in request else json.dumps(request["body"]) if "body" in request else ""
    client = client_of(home, request.get("role", "administrator"))
    return client.generic(request["method"], request["path"], data, content_type="application/json")


def client_of(home: Estate, role: str) -> Client:
    match role:
        case "administrator":
            return home.client
        case "viewer":
            return estate(home.site.slug, Role.VIEWER).client
        case "foreign":
            return estate().client
        case "unknown":
            return Client(headers={"authorization": f"Bearer {'0' * 64}"})
        case "none":
            return Client()
    raise AssertionError(f"no role: {role}")


def compare(response: HttpResponse, answer: Record) -> None:
    assert (response.status_code, response["Content-Type"]) == (answer["status"], "application/json"), response.content
    expected = chosen(answer["body"], json.loads(response.content))
    assert response.content.decode() == json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    for name, value in answer.get("headers", {}).items():
        assert response.headers.get(name) == chosen(value, response.headers.get(name)), name


def chosen(expected: Any, actual: Any) -> Any:
    """What is expected, with what the server chose in place of the texts in angle brackets."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: chosen(value, actual.get(name)) for name, value in expected.items()}
    if isinstance(expected, str) and expected in CHOSEN and isinstance(actual, str):
        return actual if CHOSEN[expected].fullmatch(actual) else expected
    return expected

"""Recorded exchanges: a file of tests/wire/ is one request to a fresh site, and the answer it must get, byte for byte.

    contract   the section and the rule that the file shows
    settings   settings that differ (seldom)
    accounts   other accounts of the site: name, role; device_password if they can sign in as devices; guid (seldom)
    caller     what the administrator of the site has: guid, may_act_on_behalf (seldom)
    given      requests played first, each with the status it must get, if that matters
    request    method, path; role: administrator (if not said), viewer, none, unknown (a token nobody made), foreign
               (administrator of another site); body as JSON, or raw as text or as its lines; type (application/json if
               not said); accept
    answer     status, type (application/json if not said); body as JSON, or raw as text; headers: null for one that
               must not be there

What stands in angle brackets is whatever the server chose: see CHOSEN. Every XML answer is held against its schema too.
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
from tests.schemas import in_schema

WIRE = Path(__file__).parent / "wire"
RECORDS = sorted(WIRE.rglob("*.json"))
CHOSEN = {
    "<uuid>": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "<token>": r"[0-9a-f]{64}",
    "<version>": r"\d+\.\d+\.\d+",
    "<seconds>": r"[1-9]\d*",
    "<methods>": r"[A-Z]+(?:, [A-Z]+)*",
}
PLACES = re.compile(f"({'|'.join(CHOSEN)})")
JSON = "application/json"
Record = dict[str, Any]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: str(path.relative_to(WIRE).with_suffix("")))
def test_the_server_answers_as_recorded(path: Path, home: Estate, settings: Settings) -> None:
    record = json.loads(path.read_text())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the default one is slow by design
    for name, value in record.get("settings", {}).items():
        setattr(settings, name, value)
    for account in record.get("accounts", ()):
        make_account(home, **account)
    equip_caller(home, **record.get("caller", {}))
    for step in record.get("given", ()):
        response = played(home, step)
        assert response.status_code == step.get("status", response.status_code), response.content
    compare(played(home, record["request"]), record["answer"])


def test_every_record_says_what_it_shows() -> None:
    assert len(RECORDS) > 200
    assert not [path for path in RECORDS if "§" not in json.loads(path.read_text())["contract"]]


def make_account(home: Estate, name: str, role: str, device_password: str = "", **members: str) -> None:
    user = User.objects.create_user(name, password="what an operator would type", **members)
    membership = Membership.objects.create(user=user, site=home.site, role=role)
    if device_password:
        set_device_password(membership, device_password)


def equip_caller(home: Estate, guid: str = "", may_act_on_behalf: bool = False) -> None:
    Membership.objects.filter(pk=home.membership.pk).update(may_act_on_behalf=may_act_on_behalf)
    if guid:
        User.objects.filter(pk=home.membership.user.pk).update(guid=guid)


def played(home: Estate, request: Record) -> HttpResponse:
    client = client_of(home, request.get("role", "administrator"))
    headers = {"accept": request["accept"]} if "accept" in request else {}
    kind = request.get("type", JSON)
    return client.generic(request["method"], request["path"], sent(request), content_type=kind, headers=headers)


def sent(request: Record) -> str:
    if "body" in request:
        return json.dumps(request["body"])
    raw: str | list[str] = request.get("raw", "")
    return raw if isinstance(raw, str) else "\n".join(raw)


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
    kind, content = response["Content-Type"], response.content.decode()
    assert (response.status_code, kind) == (answer["status"], answer.get("type", JSON)), content
    raw = answer["raw"] if "raw" in answer else json.dumps(answer["body"], ensure_ascii=False, separators=(",", ":"))
    assert content == chosen(raw, content)
    for name, value in answer.get("headers", {}).items():
        assert response.headers.get(name) == chosen(value, response.headers.get(name)), name
    in_schema(response)


def chosen(expected: str | None, actual: str | None) -> str | None:
    """What is expected, with what the server chose in place of what stands in angle brackets."""
    if expected is None or actual is None:
        return expected
    parts = [CHOSEN.get(part, re.escape(part)) for part in PLACES.split(expected)]
    return actual if re.fullmatch("".join(parts), actual) else expected

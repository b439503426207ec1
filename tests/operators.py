"""Operators of the admin for tests: signed-in clients, addresses of pages, and forms as a browser would post them."""

import re
from html import unescape
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from linkmgr.accounts.models import Membership, Role, Site, User

PASSWORD = "a long enough password"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def operator(*sites: Site, role: str = Role.ADMINISTRATOR, superuser: bool = False) -> Client:
    """A client signed in to the admin, in this role at these sites."""
    user = User.objects.create(username=f"operator-{User.objects.count()}", is_staff=True, is_superuser=superuser)
    for site in sites:
        Membership.objects.create(user=user, site=site, role=role)
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def user_of(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def page(model: type[Model], name: str, *args: Any) -> str:
    """The address of an admin page: `changelist`, `add`, `change`, `delete` or `history`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def fields(response: HttpResponse) -> dict[str, Any]:
    """What the form of a page would post if nobody touched it."""
    formsets = [inline.formset for inline in response.context.get("inline_admin_formsets", ())]
    forms = [each for formset in formsets for each in (formset.management_form, *formset.forms)]
    bound = {field.html_name: field.value() for form in (response.context["adminform"].form, *forms) for field in form}
    return {name: _posted(value) for name, value in bound.items() if value is not None and value is not False}


def save(client: Client, address: str, **changed: Any) -> HttpResponse:
    """Open a form, change some fields (False unticks a box) and post it."""
    data = {**fields(client.get(address)), **changed}
    return client.post(address, {name: value for name, value in data.items() if value is not False})


def errors(response: HttpResponse) -> dict[str, list[str]]:
    """Field → texts of a form that was refused."""
    assert response.status_code == 200, response.status_code
    return {name: list(texts) for name, texts in response.context["adminform"].form.errors.items()}


def text(response: HttpResponse) -> str:
    """The words of a page, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def _posted(value: Any) -> Any:
    return "on" if value is True else value

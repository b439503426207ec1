"""The admin's import, step by step, as a browser would walk it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

from apartments.models import Apartment
from linkmgr.accounts.models import Site
from linkmgr.files.models import Upload
from tests.files import csv_of, saved
from tests.make import Item
from tests.operators import page, text


def upload(
    client: Client,
    site: Site,
    content: bytes | str,
    name: str = "estate.csv",
    *,
    model: type[Model] = Apartment,
    **more: Any,
) -> HttpResponse:
    """The page one is led to: the preview, the mapping, or the form again."""
    file = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    given = {"file": file, "site": site.pk, **more}
    return client.post(page(model, "import"), given, follow=True)


def upload_items(client: Client, site: Site, items: Sequence[Item], **more: Any) -> HttpResponse:
    return upload(client, site, csv_of(items), **more)


def content_of(tmp_path: Path, name: str, items: Sequence[Item]) -> bytes:
    return saved(tmp_path / name, items).read_bytes()


def step(
    client: Client, name: str, *, model: type[Model] = Apartment, made: Upload | None = None, **given: Any
) -> HttpResponse:
    """Post to a step of the latest upload: `apply`, `again`, `discard` or `columns`."""
    made = made or Upload.objects.latest("created_at")
    return client.post(page(model, f"import_{name}", made.pk), given, follow=True)


def preview(client: Client, *, model: type[Model] = Apartment, **query: Any) -> HttpResponse:
    return client.get(page(model, "import_preview", Upload.objects.latest("created_at").pk), query, follow=True)


def tabs(response: HttpResponse) -> dict[str, int]:
    """How many rows each tab of a preview has, without those that have none."""
    found = re.findall(r"(\w+) \(([\d,]+)\)", text(response))
    return {name.lower(): int(number.replace(",", "")) for name, number in found if number != "0"}


def rows(response: HttpResponse) -> list[str]:
    """The words of each row of a preview's table."""
    body = (
        response.content.decode()
        .partition('<table class="entries">')[2]
        .partition("<tbody>")[2]
        .partition("</tbody>")[0]
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]

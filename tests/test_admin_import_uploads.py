"""What may be uploaded, who sees an upload, and for how long."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from apartments.models import Apartment
from contacts.models import Contact
from linkmgr.accounts.models import Role
from linkmgr.files import uploads
from linkmgr.files.models import Piece, PlannedPage, Upload
from tests.files import csv_of, sheet
from tests.imports import content_of, preview, step, tabs, upload, upload_items
from tests.make import Estate, apartment
from tests.operators import BACKEND, operator, page, text, user_of

VIEWS = {"import_preview": "get", "import_refused": "get", "import_columns": "post"} | dict.fromkeys(
    ("import_again", "import_apply", "import_discard"), "post"
)


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def uploaded(client: Client, home: Estate) -> Upload:
    upload_items(client, home.site, [apartment()])
    return Upload.objects.latest("created_at")


def statuses(client: Client, made: Upload, model: Any = Apartment) -> set[int]:
    return {getattr(client, method)(page(model, name, made.pk)).status_code for name, method in VIEWS.items()}


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_belongs_to_the_operator_who_made_it(home: Estate, client: Client) -> None:
    made = uploaded(client, home)
    assert statuses(operator(home.site), made) == {404}
    assert statuses(operator(superuser=True), made) == {404}
    assert Upload.objects.filter(pk=made.pk).exists()


def test_who_administers_the_site_no_longer_does_not_see_it(home: Estate, away: Estate) -> None:
    client = operator(home.site, away.site)
    made = uploaded(client, home)
    user_of(client).memberships.filter(site=home.site).update(role=Role.VIEWER)
    assert statuses(client, made) == {404}


def test_it_is_of_one_kind(home: Estate, client: Client) -> None:
    assert statuses(client, uploaded(client, home), Contact) == {404}


def test_a_viewer_imports_nothing(home: Estate, client: Client) -> None:
    made, viewer = uploaded(client, home), operator(home.site, role=Role.VIEWER)
    assert statuses(viewer, made) == {403}
    assert viewer.get(page(Apartment, "import")).status_code == 403
    assert viewer.post(page(Apartment, "import")).status_code == 403
    assert page(Apartment, "import") not in viewer.get(page(Apartment, "changelist")).content.decode()


def test_a_file_goes_to_a_site_the_operator_administers(home: Estate, away: Estate) -> None:
    client = operator(home.site)
    user_of(client).memberships.create(site=away.site, role=Role.VIEWER)
    told = upload_items(client, away.site, [apartment()])
    assert "site" in told.context["adminform"].form.errors
    assert not Upload.objects.exists()


def test_the_only_site_is_chosen_already(home: Estate, away: Estate) -> None:
    (only,) = operator(home.site).get(page(Apartment, "import")).context["adminform"].form["site"].field.queryset
    assert only == home.site
    both = operator(home.site, away.site).get(page(Apartment, "import"))
    assert f'<option value="{away.site.pk}">' in both.content.decode()


def test_it_loads_into_the_chosen_site(home: Estate, away: Estate) -> None:
    client = operator(home.site, away.site)
    assert f"for {away.site}" in text(upload_items(client, away.site, [apartment()]))
    step(client, "apply")
    assert Apartment.objects.get().site == away.site


@pytest.mark.parametrize("name", ["again", "apply", "discard"])
def test_what_changes_something_is_posted(home: Estate, client: Client, name: str) -> None:
    assert client.get(page(Apartment, f"import_{name}", uploaded(client, home).pk)).status_code == 405


@pytest.mark.parametrize("name", ["columns", "again", "apply", "discard"])
def test_a_forged_post_is_refused(home: Estate, client: Client, name: str) -> None:
    made, strict = uploaded(client, home), Client(enforce_csrf_checks=True)
    strict.force_login(user_of(client), backend=BACKEND)
    assert strict.post(page(Apartment, f"import_{name}", made.pk)).status_code == 403
    assert strict.post(page(Apartment, "import")).status_code == 403


# ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_found_again_after_signing_in_anew(home: Estate, client: Client) -> None:
    made, later = uploaded(client, home), Client()
    later.force_login(user_of(client), backend=BACKEND)
    assert page(Apartment, "import_preview", made.pk) in later.get(page(Apartment, "import")).content.decode()
    assert tabs(preview(later)) == {"created": 1}
    assert "1 created" in text(step(later, "apply"))


def test_it_expires(home: Estate, client: Client) -> None:
    made = uploaded(client, home)
    assert timedelta(hours=23) < made.expires_at - made.created_at < timedelta(hours=25)
    Upload.objects.update(expires_at=Now())
    assert statuses(client, made) == {404}
    assert "estate.csv" not in text(client.get(page(Apartment, "import")))


def test_expired_ones_go_with_the_next_upload(home: Estate, client: Client) -> None:
    made = uploaded(client, home)
    Upload.objects.update(expires_at=Now())
    upload_items(operator(home.site), home.site, [apartment()])
    assert not Upload.objects.filter(pk=made.pk).exists()
    assert (Piece.objects.count(), PlannedPage.objects.count()) == (1, 1)


def test_applied_ones_no_longer_wait(home: Estate, client: Client) -> None:
    uploaded(client, home)
    step(client, "apply")
    assert "Not applied yet" not in text(client.get(page(Apartment, "import")))


# ── what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"", "The submitted file is empty."),
        ("a.csv", b"\n\n", "a.csv is empty."),
        ("a.png", b"\x89PNG\r\n", "a.png is a picture."),
        ("a.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx."),
        ("a.xlsx", b"PK\3\4 no zip", "is a damaged or cut off zip or workbook"),
        ("a.xlsx", b"link_id\n", "a.xlsx is CSV, not an XLSX workbook: rename it."),
        ("a.csv", b'link_id\n"never closed', "a.csv, line 2: a quote opens here that never closes."),
        ("a.json", b'[{"link_id": ', "a.json is cut off: "),
        ("a.ndjson", b"[" * 100_000, "a.ndjson"),
        ("a.json", b'{"apartments": [], "contacts": []}', "upload a file of apartments alone."),
        ("a.csv.gz", b"link_id", "is not compressed"),
        ("a.csv", b"link_id\n\xff\xff\xff\x98\n", "choose its encoding under Details."),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence_and_not_kept(
    home: Estate, client: Client, name: str, content: bytes, why: str
) -> None:
    told = upload(client, home.site, content, name)
    (error,) = told.context["adminform"].form.errors["file"]
    assert why in error
    assert "--" not in error
    assert not Upload.objects.exists()


def test_a_file_is_asked_for(home: Estate, client: Client) -> None:
    told = client.post(page(Apartment, "import"), {"site": home.site.pk})
    assert told.context["adminform"].form.errors["file"] == ["This field is required."]


def test_a_file_that_is_too_large_is_told_and_not_kept(home: Estate, client: Client, settings: Any) -> None:
    settings.MAX_BODY_BYTES = 1024 * 1024
    told = upload(client, home.site, b"link_id\n" + b"x" * settings.MAX_BODY_BYTES)
    (error,) = told.context["adminform"].form.errors["file"]
    assert error == "The file is too large. At most 1 MiB are taken here; a command takes more."
    assert not Upload.objects.exists()


def test_a_file_of_too_many_rows_is_told_and_not_kept(
    home: Estate, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_ROWS", 1_000)
    told = upload_items(client, home.site, [apartment() for _ in range(1_001)])
    (error,) = told.context["adminform"].form.errors["file"]
    assert error == "estate.csv has more than 1,000 rows: load it with `linkmgr bulk_import`."
    assert not Upload.objects.exists()


def test_a_file_of_several_pieces_is_put_together_again(home: Estate, client: Client) -> None:
    items = [apartment(apartment_name="x" * 255, photo_path="y" * 255) for _ in range(4_000)]
    assert tabs(upload_items(client, home.site, items)) == {"created": 4_000}
    assert Piece.objects.count() == 3


def test_the_details_say_how_a_file_is_read(home: Estate, client: Client) -> None:
    content = csv_of([apartment(apartment_name="Кухня")], delimiter="|").encode("koi8-r")
    upload(client, home.site, content, encoding="koi8-r", delimiter="|")
    step(client, "apply")
    assert Apartment.objects.get().apartment_name == "Кухня"


def test_a_sheet_is_named(home: Estate, client: Client, tmp_path: Path) -> None:
    content = sheet(tmp_path / "a.xlsx", csv_of([apartment()])).read_bytes()
    assert (
        "has no sheet &#x27;Estate&#x27;"
        in upload(client, home.site, content, "a.xlsx", sheet="Estate").content.decode()
    )
    assert tabs(upload(client, home.site, content, "a.xlsx", sheet="Sheet1")) == {"created": 1}


@pytest.mark.parametrize("name", ["я" * 250 + ".csv", "../../etc/passwd.csv", "a\0b.csv", "...csv", " .csv"])
def test_any_name_of_a_file_will_do(home: Estate, client: Client, name: str) -> None:
    assert tabs(upload(client, home.site, csv_of([apartment()]), name)) == {"created": 1}


def test_a_bundle_of_one_kind_is_a_list_of_it(home: Estate, client: Client, tmp_path: Path) -> None:
    content = content_of(tmp_path, "a.json", [apartment()]).replace(b"list_items", b"apartments")
    assert tabs(upload(client, home.site, content, "a.json")) == {"created": 1}

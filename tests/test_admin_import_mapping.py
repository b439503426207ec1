"""Mapping the columns of an uploaded table to ours."""

from typing import Any

import pytest
from django.test import Client

from apartments.files import APARTMENTS as LAYOUT
from apartments.models import Apartment
from linkmgr.files.mapping import guessed
from linkmgr.files.models import Upload
from tests.files import csv_of
from tests.imports import preview, step, tabs, upload, upload_items
from tests.make import Estate, apartment
from tests.operators import operator, page, text

OURS = ("link_id", "building", "unit", "floor", "room", "apartment_name")


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


def table(*header: str, rows: int = 1) -> str:
    lines = [f"{apartment()['link_id']},1,1,1,{room},Flat {room}" for room in range(rows)]
    return "\n".join([",".join(header), *lines, ""])


def mapped(client: Client, *columns: str) -> Any:
    return step(client, "columns", **{f"column_{at}": name for at, name in enumerate(columns)})


def test_a_header_that_is_ours_needs_no_mapping(home: Estate, client: Client) -> None:
    assert tabs(upload(client, home.site, table("Link ID", *OURS[1:]))) == {"created": 1}


def test_other_columns_are_mapped_before_the_preview(home: Estate, client: Client) -> None:
    asked = upload(client, home.site, table("Key", "House", *OURS[2:]))
    assert "Which column of the file is which of ours?" in text(asked)
    assert tabs(mapped(client, *OURS)) == {"created": 1}
    step(client, "apply")
    assert Apartment.objects.get().apartment_name == "Flat 0"


def test_similar_names_are_chosen_and_values_shown(home: Estate, client: Client) -> None:
    asked = upload(client, home.site, table("ID", "Buildng", "unit", "floor", "room", "Flat", rows=5))
    form = asked.context["form"]
    assert [field.initial for field in form.fields.values()] == ["link_id", "building", "unit", "floor", "room", ""]
    assert "Flat Flat 0 Flat 1 Flat 2 — do not read —" in text(asked)


@pytest.mark.parametrize(
    ("name", "ours"),
    [("ID", "link_id"), ("Name", "apartment_name"), ("path", ""), ("Aparment name", "apartment_name"), ("xyz", "")],
)
def test_a_name_is_taken_for_the_likeliest_column(name: str, ours: str) -> None:
    assert guessed([name], LAYOUT) == {name: ours}


def test_two_columns_are_not_guessed_to_be_the_same() -> None:
    assert guessed(["rooms", "room"], LAYOUT) == {"rooms": "", "room": "room"}


def test_two_columns_for_one_are_told_beside_it(home: Estate, client: Client) -> None:
    upload(client, home.site, table("Key", *OURS[1:]))
    told = mapped(client, "room", *OURS[1:])
    assert told.context["form"].errors == {"column_4": ["room is read from “Key” already."]}
    assert Upload.objects.get().counts == {}


def test_a_column_may_be_left_out(home: Estate, client: Client) -> None:
    upload(client, home.site, table(*OURS[:5], "Note"))
    assert tabs(mapped(client, *OURS[:5], "")) == {"refused": 1}
    assert "apartment_name is required" in text(preview(client))


def test_a_preview_leads_back_to_the_mapping(home: Estate, client: Client) -> None:
    upload(client, home.site, table(*OURS))
    mapped(client, *OURS[:2], "floor", "unit", *OURS[4:])
    made = Upload.objects.get()
    assert page(Apartment, "import_columns", made.pk) in preview(client).content.decode()
    again = client.get(page(Apartment, "import_columns", made.pk))
    assert again.context["form"].fields["column_2"].initial == "floor"


def test_before_its_columns_are_mapped_there_is_no_preview(home: Estate, client: Client) -> None:
    upload(client, home.site, table("Key", *OURS[1:]))
    assert "Which column of the file" in text(
        client.get(page(Apartment, "import_preview", Upload.objects.get().pk), follow=True)
    )
    assert "Which column of the file" in text(step(client, "apply"))
    assert not Apartment.objects.exists()


def test_refused_rows_keep_the_columns_of_their_file(home: Estate, client: Client) -> None:
    upload(client, home.site, table("Key", *OURS[1:]).replace("Flat 0", " "))
    mapped(client, *OURS)
    answer = client.get(page(Apartment, "import_refused", Upload.objects.get().pk))
    assert b"Key,building,unit,floor,room,apartment_name,error\r\n" in b"".join(answer.streaming_content)


def test_json_has_no_columns_to_map(home: Estate, client: Client) -> None:
    upload(client, home.site, "[]", "a.json")
    assert client.get(page(Apartment, "import_columns", Upload.objects.get().pk)).status_code == 404


def test_a_file_of_another_kind_is_asked_about(home: Estate, client: Client) -> None:
    asked = upload_items(client, home.site, [{"name": "Anna", "number": "0001"}])
    assert "Which column of the file is which of ours?" in text(asked)


def test_a_file_that_breaks_further_down_is_told_at_the_mapping(home: Estate, client: Client) -> None:
    upload(client, home.site, table("Key", *OURS[1:], rows=5) + '"')
    told = mapped(client, *OURS)
    assert "a quote opens here that never closes." in text(told)
    assert Upload.objects.get().counts == {}


@pytest.mark.parametrize("columns", [201, 100_000])
def test_a_huge_header_is_refused(home: Estate, client: Client, columns: int) -> None:
    told = upload(client, home.site, ",".join(f"c{at}" for at in range(columns)) + "\n")
    assert f"has {columns} columns, which is too many" in text(told)
    assert not Upload.objects.exists()


def test_a_long_name_is_shortened(home: Estate, client: Client) -> None:
    asked = upload(client, home.site, csv_of([{"n" * 5_000: "v" * 5_000}]))
    assert "n" * 59 + "…" in text(asked)
    assert "v" * 61 not in text(asked)

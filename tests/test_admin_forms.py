"""Forms judge as the API does, tell it at the right field, and accept nothing that the database refuses."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apartments.models import Apartment
from contacts.models import Contact
from tests.make import CONTACTS_V0, TIME_PROFILES, Estate, contact, custom, time_profile
from tests.operators import errors, operator, page, save
from timeprofiles.models import TimeProfile

HUGE = "9" * 5_000
APARTMENT = {"apartment_name": "Flat", "building": 1, "unit": 2, "floor": 3, "room": 4}
CONTACT = {"name": "Anna", "type": "regular", "number": "0001-01-01-01"}
PROFILE = {"name": "Day", "date_from": "2026-01-01 08:00", "date_to": "2026-01-01 20:00"}
ONCE = '{"repeat_enable": false}'


@pytest.fixture
def client(home: Estate) -> Client:
    return operator(home.site)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("building", value) for value in ("0", "10000", "-1", HUGE, "1.5", "x", "")),
        *(("floor", value) for value in ("99", "-1")),
        *(("room", value) for value in ("100", HUGE)),
        *(("apartment_name", value) for value in ("", " x", "x ", "\u2003x", "a\nb", "x\0", "x" * 256)),
        *(("residents_count", value) for value in ("-1", "32768", HUGE, "")),
        *((name, "x" * 256) for name in ("photo_path", "route_path")),
        *(("link_id", value) for value in ("", "x", "91c615e3-1040-4815-8ecb", "\0", HUGE)),
    ],
)
def test_a_faulty_apartment_is_told_at_its_field(client: Client, field: str, value: str) -> None:
    assert [*errors(save(client, page(Apartment, "add"), **APARTMENT | {field: value}))] == [field]


@pytest.mark.parametrize("link_id", ["91C615E3-1040-4815-8ECB-039A18B756B5", " 91c615e3-1040-4815-8ecb-039a18b756b5 "])
def test_a_link_id_is_taken_in_any_letter_case(client: Client, link_id: str) -> None:
    assert save(client, page(Apartment, "add"), **APARTMENT, link_id=link_id).status_code == 302
    assert str(Apartment.objects.get().link_id) == "91c615e3-1040-4815-8ecb-039a18b756b5"


def test_an_apartment_is_offered_a_link_id_and_the_defaults(client: Client) -> None:
    save(client, page(Apartment, "add"), **APARTMENT)
    stored = Apartment.objects.get()
    assert (stored.residents_count, stored.photo_path, stored.link_id.version) == (0, "", 4)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("regular", "0000-01-01-01"),
        ("regular", "0001-01-99-01"),
        ("regular", " 0001-01-01-01"),
        ("individual", "0001-01-01-01"),
        ("multi", "0001-01-00"),
        ("global", "9001"),
        ("p2p", "0001-01-01-01"),
        ("regular", "sip:a@b:0"),
        ("regular", "x" * 256),
        ("regular", "0001-01-01-01\0"),
    ],
)
def test_a_number_has_to_fit_its_type(client: Client, kind: str, number: str) -> None:
    assert [*errors(save(client, page(Contact, "add"), **CONTACT | {"type": kind, "number": number}))] == ["number"]


def test_a_contact_is_not_both_answered_and_in_the_black_list(client: Client) -> None:
    told = errors(save(client, page(Contact, "add"), **CONTACT, auto_answer="on", in_black_list="on"))
    assert told["auto_answer"] == ["A contact in the black list is not answered automatically."]


def test_an_unticked_flag_is_stored_as_such(client: Client, home: Estate) -> None:
    home.post(CONTACTS_V0, contact(is_favorite=True))
    stored = Contact.objects.get()
    save(client, page(Contact, "change", stored.pk), is_favorite=False)
    stored.refresh_from_db()
    assert not stored.is_favorite


def test_spaces_of_a_contact_are_kept(client: Client) -> None:
    save(client, page(Contact, "add"), **CONTACT | {"name": " Anna "})
    assert Contact.objects.get().name == " Anna "


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", "This field is required."),
        ("{", "This is not valid JSON."),
        ("NaN", "This is not valid JSON."),
        ("[" * 5_000 + "]" * 5_000, "This is not valid JSON."),
        ('{"repeat_enable": true, "x": "\\ud800"}', "This is not valid JSON."),
        ("[]", "must be an object in { }."),
        ("{}", "repeat_enable: is required."),
        ('{"repeat_enable": 1}', "repeat_enable: must be true or false."),
        ('{"repeat_enable": true}', "repeat_format: is required."),
    ],
)
def test_a_rule_that_cannot_be_read_is_told_why(client: Client, rule: str, told: str) -> None:
    assert errors(save(client, page(TimeProfile, "add"), **PROFILE, repeat_options=rule)) == {"repeat_options": [told]}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"repeat_type": "hour"},
            "repeat_format → repeat_type: must be one of custom, day, month, twoWeeks, week, year.",
        ),
        (custom("day", [], every=0), "repeat_format → repeat_custom → repeat_looper: must be 1 to 1000."),
        (custom("week", []), "repeat_format → repeat_custom → repeat_options: must not be empty."),
        (
            custom("month", {"format": "dayNumbers", "range": [1, 32]}),
            "repeat_format → repeat_custom → repeat_options → range → no. 2: must be 1 to 31.",
        ),
        (
            custom("day", [], every=10**60),
            "repeat_format → repeat_custom → repeat_looper: must be 1 to 1000.",
        ),
    ],
)
def test_a_fault_of_a_rule_is_told_with_its_place(client: Client, rule: dict[str, Any], told: str) -> None:
    text = json.dumps({"repeat_enable": True, "repeat_format": {"repeat_end": {"format": "never"}} | rule})
    assert errors(save(client, page(TimeProfile, "add"), **PROFILE, repeat_options=text)) == {"repeat_options": [told]}


def test_a_rule_is_stored_as_the_api_would_store_it(client: Client, home: Estate) -> None:
    rule = custom("week", ["MON", "FRI"]) | {"unknown": "member"}
    home.post(TIME_PROFILES, time_profile(rule))
    text = json.dumps({"repeat_enable": True, "repeat_format": rule})
    assert save(client, page(TimeProfile, "add"), **PROFILE, repeat_options=text).status_code == 302
    one, other = TimeProfile.objects.values_list("repeat_options", flat=True)
    assert one == other


@pytest.mark.parametrize(
    ("zone", "text", "seconds"),
    [
        ("UTC", "2026-01-31 08:00", 1_769_846_400),
        ("UTC", " 2026-01-31T08:00:00Z", 1_769_846_400),
        ("Europe/Prague", "2026-01-31 08:00", 1_769_842_800),
        ("Europe/Prague", "2026-01-31", 1_769_814_000),
        ("Europe/Prague", "2026-10-25 02:30:00+01:00", 1_792_891_800),
        ("Europe/Prague", "2026-10-25 02:30:00 +02:00", 1_792_888_200),
        ("Europe/Prague", "1769842800", 1_769_842_800),
        ("Pacific/Kiritimati", "253402300799", 253_402_300_799),
    ],
)
def test_moments_are_read_by_the_sites_clock(client: Client, home: Estate, zone: str, text: str, seconds: int) -> None:
    home.site.time_zone = zone
    home.site.save()
    data = PROFILE | {"date_from": "0", "date_to": text, "repeat_options": ONCE}
    assert save(client, page(TimeProfile, "add"), **data).status_code == 302
    stored = TimeProfile.objects.get()
    assert stored.date_to == seconds
    assert save(client, page(TimeProfile, "change", stored.pk), name="Other").status_code == 302
    stored.refresh_from_db()
    assert (stored.name, stored.date_to) == ("Other", seconds)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-01-31 25:00", "0001-01-01", "-1", "253402300800", HUGE, "1\0"]
)
def test_no_moment_is_told_at_its_field(client: Client, text: str) -> None:
    told = errors(save(client, page(TimeProfile, "add"), **PROFILE | {"date_from": text}, repeat_options=ONCE))
    assert [*told] == ["date_from"]


def test_the_end_is_not_before_the_beginning(client: Client) -> None:
    told = errors(save(client, page(TimeProfile, "add"), **PROFILE | {"date_to": "0"}, repeat_options=ONCE))
    assert told == {"date_to": ["Must not be before the beginning."]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=6),
    kind=st.sampled_from(["regular", "individual", "multi", "global", "p2p", "x"]),
    number=st.text("0129-sip:@a.", max_size=16) | st.from_regex(r"\A[0-9]{3,4}(-[0-9]{2}){2,3}(-[0-9])?\Z"),
)
def test_what_a_form_accepts_the_database_accepts(client: Client, name: str, kind: str, number: str) -> None:
    name = name.encode("utf-8", "replace").decode()
    data = {"name": name, "type": kind, "number": number}
    assert save(client, page(Contact, "add"), **data).status_code in (200, 302)

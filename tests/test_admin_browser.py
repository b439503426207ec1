"""The admin in a real browser: the ways operators go, by keyboard too, under the policy, and readable to all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apartments.models import Apartment, ApartmentState
from linkmgr.accounts.models import Role, Token, User
from linkmgr.history.models import ChangeSet
from linkmgr.notifications.models import Notification
from tests import browser
from tests.files import csv_of
from tests.make import APARTMENTS, CONTACTS_V0, TIME_PROFILES, Estate, apartment, contact, custom, estate, time_profile
from tests.operators import PASSWORD, page
from tests.states import change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CLIPBOARD = ["clipboard-read", "clipboard-write"]
LIST, ADD = page(Apartment, "changelist"), page(Apartment, "add")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture
def home(live_server: LiveServer) -> Estate:
    """A site with a few rows, and an operator who administers it."""
    made = estate()
    user = User.objects.create_user("operator", password=PASSWORD, is_staff=True)
    made.site.memberships.create(user=user, role=Role.ADMINISTRATOR)
    made.post(APARTMENTS, *(apartment(f"1-1-{floor}-1", apartment_name=f"Flat {floor}") for floor in range(5)))
    made.post(CONTACTS_V0, contact())
    made.post(TIME_PROFILES, time_profile(custom("week", ["MON"])))
    return made


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer, home: Estate) -> Iterator[Page]:
    """A tab signed in as the operator, whose console has to stay quiet."""
    context = chromium.new_context(base_url=live_server.url, permissions=CLIPBOARD)
    opened = context.new_page()
    with browser.quiet(opened):
        browser.sign_in(opened, live_server.url, "operator", PASSWORD)
        yield opened
    context.close()


def test_a_link_id_is_searched_and_copied(tab: Page) -> None:
    flat = Apartment.objects.get(apartment_name="Flat 3")
    tab.goto(LIST)
    tab.fill("#searchbar", "1-1-3")
    tab.click("text=Search >> visible=true")
    expect(tab.locator("#result_list tbody tr")).to_have_count(1)
    tab.click("button.copy")
    expect(tab.get_by_role("status")).to_have_text("Copied")
    assert browser.pasted(tab, "#searchbar") == str(flat.link_id)


def test_copying_works_without_https_too(tab: Page) -> None:
    tab.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    tab.goto(LIST)
    tab.locator("button.copy").first.click()
    expect(tab.get_by_role("status")).to_have_text("Copied")
    assert browser.pasted(tab, "#searchbar") == str(Apartment.objects.first().link_id)


def test_an_edit_with_an_error_is_corrected_and_saved(tab: Page) -> None:
    tab.goto(LIST)
    tab.click("text=Flat 0")
    tab.fill("#id_floor", "99")
    tab.click("input[name=_save]")
    expect(tab.locator(".field-floor .errorlist")).to_be_visible()
    tab.fill("#id_floor", "42")
    tab.click("input[name=_save]")
    expect(tab.locator(".messagelist .success")).to_contain_text("was changed successfully")
    assert Apartment.objects.get(apartment_name="Flat 0").floor == 42


def test_history_leads_to_the_change_set_and_back(tab: Page) -> None:
    flat = Apartment.objects.get(apartment_name="Flat 1")
    tab.goto(page(Apartment, "change", flat.pk))
    tab.fill("#id_apartment_name", "Concierge")
    tab.click("input[name=_continue]")
    tab.click(".historylink")
    expect(tab.locator("table.entries tbody tr").first).to_contain_text("Flat 1 → Concierge")
    tab.click("table.entries tbody tr:first-child a")
    expect(tab.locator("#content")).to_contain_text("1 apartment changed")
    tab.click(f"[aria-label='History of {flat.link_id}']")
    expect(tab.locator("h1")).to_have_text("History of apartment Concierge")


def test_everything_listed_is_deleted_after_asking(tab: Page) -> None:
    tab.goto(LIST)
    tab.check("#action-toggle")
    tab.select_option("select[name=action]", "delete_selected")
    tab.click(".actions button")
    tab.get_by_role("button", name="Delete 5 apartments").click()
    expect(tab.locator(".messagelist .success")).to_have_text("Deleted 5 apartments.")
    expect(tab.locator("#content")).to_contain_text("No apartments yet.")


def test_a_state_is_changed_and_those_concerned_are_notified(tab: Page) -> None:
    flat = Apartment.objects.get(apartment_name="Flat 1")
    tab.goto(page(Apartment, "change", flat.pk))
    tab.click("text=Add another Recipient")
    tab.fill("#id_recipients-0-address", "anna@example.com")
    tab.click("input[name=_continue]")
    tab.click("input[value='Change state']")
    tab.select_option("#id_state", label="Suspended")
    tab.fill("#id_message", "Unpaid")
    tab.check("#id_notify")
    tab.get_by_role("button", name="Change state of 1 apartment").click()
    expect(tab.locator(".messagelist")).to_contain_text("1 apartment changed to Suspended, 1 apartment with a notif")
    tab.goto(page(Apartment, "change", flat.pk))
    expect(tab.locator("table.entries")).to_contain_text("Active → Suspended")
    assert Notification.objects.get().address == "anna@example.com"


def test_a_tokens_text_is_shown_once(tab: Page, home: Estate) -> None:
    tab.goto(page(Token, "add"))
    tab.select_option("#id_membership", str(home.membership.pk))
    tab.select_option("#id_role", Role.VIEWER)
    tab.fill("#id_label", "Gate")
    tab.click("input[name=_save]")
    token = tab.inner_text("#token")
    tab.click("button.copy")
    expect(tab.get_by_role("status")).to_have_text("Copied")
    assert Token.objects.get(label="Gate").token_key == token[:15]
    tab.click("text=To the tokens")
    expect(tab.locator("#result_list")).to_contain_text("Gate")
    assert token not in tab.content()


def test_a_row_is_found_copied_and_changed_by_keyboard_alone(
    chromium: Browser, home: Estate, live_server: LiveServer
) -> None:
    context = chromium.new_context(base_url=live_server.url, permissions=CLIPBOARD)
    tab = context.new_page()
    tab.goto("/admin/")
    tab.wait_for_selector("#id_username:focus")  # given by the page itself, a moment after it is loaded
    tab.keyboard.type("operator")
    tab.keyboard.press("Tab")
    tab.keyboard.type(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#user-tools")
    browser.tab_to(tab, f"element.getAttribute('href') === '{LIST}'")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#result_list")
    browser.tab_to(tab, "element.matches('button.copy')")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("status")).to_have_text("Copied")
    assert tab.evaluate("document.activeElement.matches('button.copy')")
    browser.tab_to(tab, "element.textContent === 'Flat 1'")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#id_apartment_name")
    browser.tab_to(tab, "element.id === 'id_apartment_name'")
    tab.keyboard.type("Concierge")  # Tab has selected the old name
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".messagelist .success")
    assert Apartment.objects.filter(apartment_name="Concierge").exists()
    context.close()


def walk_an_import(tab: Page, path: Path) -> Iterator[str]:
    """From the list to the applied file; each page on the way."""
    items = [*(apartment(f"9-1-{floor}-1", apartment_name=f"New {floor}") for floor in range(3)), apartment("0-1-1-1")]
    path.write_text(csv_of(items).replace("link_id", "Key"))
    tab.goto(LIST)
    tab.click("text=Import")
    yield "upload"
    tab.get_by_role("button", name="Upload and preview").click()
    yield "errors"
    tab.get_by_label("File").set_input_files(path)
    tab.get_by_role("button", name="Upload and preview").click()
    yield "columns"
    tab.get_by_label("Key").select_option("link_id")
    tab.get_by_role("button", name="Preview").click()
    yield "created"
    tab.click("text=Refused (1)")
    yield "refused"
    tab.click("text=Map columns")
    tab.get_by_label("unit").select_option("room")
    tab.get_by_role("button", name="Preview").click()
    yield "columns with errors"
    tab.goto(f"{page(Apartment, 'import')}")
    yield "waiting"
    tab.click(f"text={path.name}")


def test_a_file_is_imported_and_exported(tab: Page, home: Estate, tmp_path: Path) -> None:
    for _ in walk_an_import(tab, tmp_path / "estate.csv"):
        pass
    tab.get_by_role("button", name="Apply: create 3, change 0").click()
    expect(tab.locator(".messagelist .success")).to_contain_text("Applied estate.csv: 3 created, 0 changed.")
    tab.click("summary:has-text('Export')")
    link = tab.get_by_role("link", name="CSV", exact=True).get_attribute("href")
    exported = tab.request.get(f"{link}")  # a click would end in an aborted page, as every download does
    assert f"apartments-{home.site.slug}-" in exported.headers["content-disposition"]
    assert exported.text().count("New") == 3


def test_the_pages_of_an_import_shut_nobody_out(tab: Page, home: Estate, tmp_path: Path) -> None:
    found = {name: browser.violations(tab) for name in walk_an_import(tab, tmp_path / "estate.csv")}
    home.post(APARTMENTS, apartment("9-1-0-1"))
    tab.get_by_role("button", name="Apply").click()
    expect(tab.locator(".errornote")).to_contain_text("1 row would no longer become what the preview showed")
    found["moved"] = browser.violations(tab)
    assert found == {name: [] for name in found}


def addresses() -> list[str]:
    flat, change_set = Apartment.objects.first(), ChangeSet.objects.first()
    return [
        "/admin/",
        *(page(model, "changelist") for model in (Apartment, ChangeSet, Token)),
        f"{LIST}?q=nothing",
        ADD,
        page(Token, "add"),
        *(page(Apartment, name, flat.pk) for name in ("change", "history", "delete")),
        page(ChangeSet, "change", change_set.pk),
    ]


def test_no_page_shuts_anybody_out(tab: Page) -> None:
    found = {}
    for address in addresses():
        tab.goto(address)
        found[address] = browser.violations(tab)
    assert found == {address: [] for address in found}


def test_a_form_with_errors_shuts_nobody_out(tab: Page) -> None:
    tab.goto(ADD)
    tab.click("input[name=_save]")
    assert browser.violations(tab) == []


def test_the_pages_of_states_and_notifications_shut_nobody_out(tab: Page, home: Estate) -> None:
    notified = apartment_with_a_failed_notification(home)
    User.objects.update(is_superuser=True)
    tab.goto(LIST)
    tab.check("#action-toggle")
    tab.select_option("select[name=action]", "change_state")
    tab.click(".actions button")
    found = {"change_state": browser.violations(tab)}
    for address in (
        page(Apartment, "change", notified.pk),
        page(ApartmentState, "changelist"),
        page(ApartmentState, "change", 1),
        page(Notification, "changelist"),
        page(Notification, "change", Notification.objects.get().pk),
    ):
        tab.goto(address)
        found[address] = browser.violations(tab)
    assert found == {address: [] for address in found}


def apartment_with_a_failed_notification(home: Estate) -> Apartment:
    flat = Apartment.objects.earliest("pk")
    flat.recipients.create(channel="email", address="anna@example.com")
    change(home, [str(flat.link_id)], send_notifications=True, message="Unpaid")
    Notification.objects.update(state="failed", reason="No such address", attempts=1, next_at=None, ended_at=Now())
    return flat


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_history_is_readable_by_day_and_night(tab: Page, scheme: str) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.goto(page(Apartment, "history", Apartment.objects.first().pk))
    assert browser.violations(tab) == []

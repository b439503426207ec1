"""The page of the API in a real browser: under the policy (CSP), without another host, and of use."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import browser
from tests.make import Estate, estate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OPERATION = "#operations-capabilities-capabilities_retrieve"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as running:
        yield running


@pytest.fixture
def home(live_server: LiveServer) -> Estate:
    return estate()


@pytest.fixture
def docs(chromium: Browser, live_server: LiveServer, home: Estate) -> Iterator[Page]:
    """The page, on which nothing is refused or missing, and from which nobody else is asked."""
    context = chromium.new_context()
    shown = context.new_page()
    asked: set[str] = set()
    shown.on("request", lambda request: asked.add(request.url))
    with browser.quiet(shown):
        shown.goto(f"{live_server.url}/api/docs")
        expect(shown.locator(OPERATION)).to_be_attached()
        yield shown
    context.close()
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []


def test_an_operation_expands(docs: Page) -> None:
    docs.locator("#operations-apartments-apartments_replace").click()
    expect(docs.locator("#operations-apartments-apartments_replace .opblock-body")).to_contain_text("If-Match")
    expect(docs.locator("#operations-apartments-apartments_replace")).to_contain_text("whole")


def test_an_operation_is_tried(docs: Page, home: Estate) -> None:
    docs.locator("button.authorize").first.click()
    docs.locator(".auth-container input").fill(home.token)
    docs.locator(".auth-btn-wrapper button.authorize").click()
    docs.locator(".auth-btn-wrapper .btn-done").click()
    docs.locator(OPERATION).click()
    docs.locator(f"{OPERATION} .try-out__btn").click()
    docs.locator(f"{OPERATION} .execute").click()
    expect(docs.locator(f"{OPERATION} .live-responses-table .response-col_status")).to_contain_text("200")
    expect(docs.locator(f"{OPERATION} .live-responses-table")).to_contain_text(home.site.slug)

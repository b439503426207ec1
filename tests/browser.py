"""A real browser for tests: finds one, signs in, notes what went wrong on its console, and asks axe about pages."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SEVERE = {"serious", "critical"}
DJANGOS_OWN = {("label-title-only", "searchbar")}
"""(rule, id): Django labels the search field with an image alone; screen readers read it, so it is left as it is."""
MOST_TABS = 80
LEFT = "net::ERR_ABORTED"
"""How the pictures and fonts of a page fail that is left before they have come: by a quick hand, not by a fault."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium, the system's or Playwright's own; skips the test where there is neither."""
    # Playwright's loop runs in this thread, and Django would take that for asynchronous code touching the database
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=_program(playwright), args=["--no-sandbox"])
            yield running
            running.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def _program(playwright: Playwright) -> str:
    known = [*filter(None, map(shutil.which, PROGRAMS)), playwright.chromium.executable_path]
    found = next((path for path in known if Path(path).exists()), None)
    return found or pytest.skip("no Chromium is installed")


@contextmanager
def quiet(page: Page) -> Iterator[None]:
    """Fails if anything is refused, missing or broken on the pages visited meanwhile, such as by the policy (CSP)."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("requestfailed", lambda request: told.append(f"{request.failure}: {request.url}"))
    yield
    assert [each for each in told if not each.startswith(LEFT)] == []


def sign_in(page: Page, server: str, name: str, password: str) -> None:
    page.goto(f"{server}/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("input[type=submit]")
    page.wait_for_selector("#user-tools")


def violations(page: Page) -> list[tuple[str, str]]:
    """(rule, element) of what axe finds severe on the page, but for what is Django's own."""
    found = Axe().run(page, options={"preload": False}).response["violations"]  # it preloads with inline styles
    severe = [(each["id"], node["html"]) for each in found if each["impact"] in SEVERE for node in each["nodes"]]
    return [(rule, html) for rule, html in severe if not any(rule == r and f'id="{i}"' in html for r, i in DJANGOS_OWN)]


def tab_to(page: Page, is_there: str) -> None:
    """Press Tab until a JavaScript condition on `element` holds, as somebody without a mouse would."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(f"(() => {{ const element = document.activeElement; return Boolean({is_there}); }})()"):
            return
    pytest.fail(f"the keyboard does not reach {is_there}")


def pasted(page: Page, field: str) -> str:
    """What the clipboard holds, as a paste into a field tells."""
    page.fill(field, "")
    page.focus(field)
    page.keyboard.press("Control+V")
    return page.input_value(field)

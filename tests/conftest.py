"""What every test may ask for."""

import logging
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as for_all
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from pytest_django import Settings

from tests import receivers
from tests.make import Estate, estate
from tests.receivers import Receiver

pytest.register_assert_rewrite("tests.browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few tests first: theirs take longest, and whoever begins one last keeps all others waiting."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: tests[item.path])


@pytest.fixture(scope="session", autouse=True)
def static_files_are_looked_for_when_asked() -> None:
    """Each client is a whole server to Django, and lists all static files first: half of the time of most tests."""
    for_all.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def home(db: None) -> Estate:
    """A site with an administrator, and nothing stored."""
    return estate()


@pytest.fixture
def away(db: None) -> Estate:
    """Another site with an administrator."""
    return estate()


@pytest.fixture
def web(settings: Settings) -> Iterator[Receiver]:
    """Where webhooks are told, on this machine: that is a private network, so it has to be allowed."""
    settings.PRIVATE_WEBHOOKS = True
    with receivers.receiver() as server:
        yield server


@pytest.fixture
def console(caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    """What the console shows: its lines, as they are written."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.get_name() == "console")
    with caplog.at_level(logging.DEBUG):
        yield lambda: [handler.format(each) for each in caplog.records]


@receiver(post_migrate)
def as_migrated(sender: Any, **_: Any) -> None:
    """Tests that commit empty every table afterwards, those included that a migration has filled."""
    if sender.label == "accounts":
        import_module("linkmgr.accounts.migrations.0002_default_site").create(apps, None)
    if sender.label == "apartments":
        import_module("apartments.migrations.0003_states").create(apps, None)

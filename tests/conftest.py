"""What every test may ask for."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from tests.make import Estate, estate


@pytest.fixture
def home(db: None) -> Estate:
    """A site with an administrator, and nothing stored."""
    return estate()


@pytest.fixture
def away(db: None) -> Estate:
    """Another site with an administrator."""
    return estate()


@receiver(post_migrate)
def as_migrated(sender: Any, **_: Any) -> None:
    """Tests that commit empty every table afterwards, those included that a migration has filled."""
    if sender.label == "accounts":
        import_module("linkmgr.accounts.migrations.0002_default_site").create(apps, None)
    if sender.label == "apartments":
        import_module("apartments.migrations.0003_states").create(apps, None)

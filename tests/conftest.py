"""What every test may ask for."""

import pytest

from tests.make import Estate, estate


@pytest.fixture
def home(db: None) -> Estate:
    """A site with an administrator, and nothing stored."""
    return estate()


@pytest.fixture
def away(db: None) -> Estate:
    """Another site with an administrator."""
    return estate()

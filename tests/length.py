"""What takes minutes is for LINKMGR_TEST_LONG=1; without it the same is tried with less."""

import os

import pytest

LONG = "LINKMGR_TEST_LONG" in os.environ
at_length = pytest.mark.skipif(not LONG, reason="takes minutes; LINKMGR_TEST_LONG=1")

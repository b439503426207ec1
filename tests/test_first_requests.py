"""The first requests of a worker may all come at once."""

import subprocess
import sys

import pytest

from tests.test_request_time import environment

pytestmark = [pytest.mark.django_db, pytest.mark.any_postgres]
THREADS = 24
TOGETHER = f"""
import sys
import threading
import linkmgr.wsgi
import msgspec
from linkmgr.bulk import check
from linkmgr.kinds import KINDS
from tests.make import apartment, contact, time_profile

raws = [msgspec.Raw(msgspec.json.encode(make())) for make in (apartment, contact, time_profile)]
begin = threading.Barrier({THREADS})
decoded = []

def decode(number):
    begin.wait()
    decoded.append(check._decode(KINDS[number % len(KINDS)].item, raws))

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=decode, args=[number]) for number in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(decoded))
"""


def test_threads_that_decode_for_the_first_time_together_do_not_crash() -> None:
    """Many such processes ended by a segmentation fault: Structs are made ready before there are threads."""
    command = [sys.executable, "-c", TOGETHER]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, f"{THREADS}\n"), done.stderr

"""Children that do not outlive their parent, even one that is ended by kill -9 (Linux)."""

import contextlib
import ctypes
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def end_with_parent(how: signal.Signals) -> Callable[[], None]:
    """For Popen's preexec_fn, or the child itself: the kernel sends it this signal when its parent is gone."""

    def ask_the_kernel() -> None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)

    return ask_the_kernel

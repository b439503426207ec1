"""The application as a worker of granian loads it.

A worker begins with its parent's handler of SIGTERM, which loses the signal until granian sets the worker's own: one
that is ended while it still imports would be waited for half a minute.
"""

import signal

signal.signal(signal.SIGTERM, signal.SIG_DFL)

from linkmgr.wsgi import application  # noqa: E402, F401 the import is what takes long

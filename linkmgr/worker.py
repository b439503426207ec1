"""The application as a worker of granian loads it.

A worker begins with its parent's handler of SIGTERM, which loses the signal until granian sets the worker's own: one
that is ended while it still imports would be waited for half a minute. It ends with its parent, even one that is
killed: granian's workers else go on serving, and keep the port from the next server.
"""

import gc
import resource
import signal

signal.signal(signal.SIGTERM, signal.SIG_DFL)

from linkmgr.orphans import end_with_parent  # noqa: E402 the imports are what takes long

end_with_parent(signal.SIGTERM)()

from django.conf import settings  # noqa: E402

from linkmgr.api.body import bytes_looked_at  # noqa: E402
from linkmgr.front import Front  # noqa: E402
from linkmgr.wsgi import application as wsgi  # noqa: E402

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is an open file, the idle ones too
application = Front(wsgi, settings.THREADS, looked_at=bytes_looked_at)
gc.freeze()  # what was imported stays: a collection amid 10 000 items need not go through it

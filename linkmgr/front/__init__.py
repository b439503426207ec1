"""What stands before the application: a request is taken in whole before a thread is taken for it.

A WSGI server gives each request a thread as soon as its headers are there, so that a few dozen clients that send a byte
a second keep all of them. Here, in the event loop of an ASGI server, bodies are waited for at no more cost than the
bytes that have come; only then the WSGI application is called, in a thread of a pool. Files are sent without one.
"""

from linkmgr.front.front import Front

__all__ = ["Front"]

"""A request of ASGI as PEP 3333 has it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
WHOLE_AT = "linkmgr.whole_at"
"""When the body was there, by the monotonic clock: from then on the client waits for us."""
WITHOUT_HTTP = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class FilePieces:
    """PEP 3333's wsgi.file_wrapper: pieces of a file, which any thread may read."""

    def __init__(self, file: IO[bytes], size: int = 65_536) -> None:
        self.close = file.close
        self._pieces = iter(partial(file.read, size), b"")

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def environ_of(scope: dict[str, Any]) -> Environ:
    """All but wsgi.input."""
    (client, _), (name, port) = scope.get("client") or ("", 0), scope.get("server") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": FilePieces,
    }
    for header, value in scope["headers"]:
        if b"_" not in header:  # or x_forwarded_for would be taken for x-forwarded-for
            _add(environ, header, value.decode("latin-1"))
    return environ


def has_body(environ: Environ) -> bool:
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


def _add(environ: Environ, header: bytes, value: str) -> None:
    key = WITHOUT_HTTP.get(header) or f"HTTP_{header.decode('latin-1').upper().replace('-', '_')}"
    if key in environ:
        value = f"{environ[key]}{';' if header == b'cookie' else ','} {value}"
    environ[key] = value

"""Before Django: a Content-Type that it fails to read would be answered by nobody."""

import codecs
from collections.abc import Callable
from typing import Any

from django.utils.http import parse_header_parameters

Application = Callable[[dict[str, Any], Any], Any]


def with_readable_type(application: Application) -> Application:
    """The WSGI application, which sees a Content-Type without parameters where those are none."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        environ["CONTENT_TYPE"] = _readable(environ.get("CONTENT_TYPE", ""))
        return application(environ, start_response)

    return call


def _readable(content_type: str) -> str:
    """`charset*=foo''x` is no parameter, and no encoding has a NUL in its name."""
    try:
        _, params = parse_header_parameters(content_type)
        codecs.lookup(params.get("charset", "utf-8"))
    except LookupError:  # unknown, but a name
        return content_type
    except ValueError:
        return content_type.partition(";")[0]
    return content_type

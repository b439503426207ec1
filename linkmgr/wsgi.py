"""What a web server loads. It does not start with settings that cannot be read or that no production may have."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import django
import msgspec
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from linkmgr.content_type import Application, with_readable_type
from linkmgr.statement_time import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linkmgr.settings")


def _application() -> Application:
    limit_statements()
    django.setup(set_prefix=False)
    _refuse_careless()
    _make_structs_ready()
    return with_readable_type(get_wsgi_application())


def _refuse_careless() -> None:
    from linkmgr.checks import SETTINGS  # needs the apps to be loaded

    found = run_checks(tags=[SETTINGS], include_deployment_checks=True)
    if errors := [check for check in found if check.level >= ERROR]:
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg} {error.hint}" for error in errors))


def _make_structs_ready() -> None:
    """msgspec (0.22) reads the annotations of a Struct when it is first decoded, and keeps the unfinished result where
    other threads find it: the first requests of a worker, when they came together, ended it by a segmentation fault."""
    assert get_resolver().url_patterns  # loads everything that is ever decoded
    for struct in _below(msgspec.Struct):
        with suppress(TypeError):  # of those that only describe answers some cannot be decoded
            msgspec.json.Decoder(struct)


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in struct.__subclasses__():
        yield each
        yield from _below(each)


try:
    application: Any = _application()
except ImproperlyConfigured as error:
    sys.exit(f"linkmgr: {error}")  # without a trace, in which a service manager's log would bury it

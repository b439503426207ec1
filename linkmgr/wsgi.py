"""What a web server loads. It does not start with settings that cannot be read or that no production may have."""

import os
import sys
from typing import Any

import django
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from linkmgr.content_type import Application, with_readable_type
from linkmgr.statement_time import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linkmgr.settings")


def _application() -> Application:
    limit_statements()
    django.setup(set_prefix=False)
    _refuse_careless()
    return with_readable_type(get_wsgi_application())


def _refuse_careless() -> None:
    from linkmgr.checks import SETTINGS  # needs the apps to be loaded

    found = run_checks(tags=[SETTINGS], include_deployment_checks=True)
    if errors := [check for check in found if check.level >= ERROR]:
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg} {error.hint}" for error in errors))


try:
    application: Any = _application()
except ImproperlyConfigured as error:
    sys.exit(f"linkmgr: {error}")  # without a trace, in which a service manager's log would bury it

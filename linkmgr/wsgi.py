"""What a web server loads. It refuses to start with settings that a production must not have."""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from linkmgr.content_type import with_readable_type
from linkmgr.statement_time import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linkmgr.settings")
limit_statements()
application = with_readable_type(get_wsgi_application())


def _refuse_careless() -> None:
    from linkmgr.checks import CARELESS  # needs the apps to be loaded

    found = run_checks(tags=[CARELESS], include_deployment_checks=True)
    if errors := [check for check in found if check.level >= ERROR]:
        raise ImproperlyConfigured("\n".join(f"{error.id}: {error.msg} {error.hint}" for error in errors))


_refuse_careless()

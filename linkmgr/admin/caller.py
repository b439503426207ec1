"""Who signs what is written in the admin."""

from typing import Any

from django.http import HttpRequest

from linkmgr.accounts.caller import Caller
from linkmgr.accounts.models import Site
from linkmgr.logs import current_request_id


def caller(request: HttpRequest, site: Site) -> Caller:
    """The operator at the site of the row, and the request's id in the logs."""
    operator: Any = request.user
    return Caller(operator, site, "admin", current_request_id())

"""System checks: settings a production must not have, a PostgreSQL too old, a kind that is not complete."""

import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from linkmgr.accounts.models import MOST_REQUESTS
from linkmgr.history.log import logs
from linkmgr.kinds import KINDS

SETTINGS = "linkmgr"
"""The tag of what every command looks at. The rest judges the code, is CI's, and loads all addresses: 0.4 s."""
LONGEST_REQUEST = 86_400
SHORTEST_TOKEN = 16
PRINTABLE = re.compile(r"[!-~]+")
OLDEST_POSTGRESQL = 150000
ORIGIN = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@register(SETTINGS, deploy=True)
def production(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    """E001–E003: what nobody should serve with."""
    careless = [
        (settings.SECRET_KEY == settings.INSECURE_SECRET_KEY, "E001", "The secret key is the published one.",
         "Set LINKMGR_SECRET_KEY to 50 random characters or more."),
        (settings.DEBUG, "E002", "DEBUG is on: error pages would show settings and data.", "Unset LINKMGR_DEBUG."),
        (not settings.ALLOWED_HOSTS, "E003", "No host is allowed, so no request would be answered.",
         "Set LINKMGR_ALLOWED_HOSTS to the names clients use, separated by commas."),
    ]  # fmt: skip
    return [Error(message, hint=hint, id=f"linkmgr.{number}") for is_so, number, message, hint in careless if is_so]


@register(SETTINGS)
def limits(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    """E006, E007: origins that no browser sends, and limits that limit nothing or everything."""
    wrong = [each for each in settings.CORS_ALLOWED_ORIGINS if not ORIGIN.fullmatch(each)]
    hint = "Name each as https://pages.example or http://localhost:3000, without a path; * is not possible."
    errors = [Error(f"LINKMGR_CORS_ORIGINS: {each!r} is no origin.", hint=hint, id="linkmgr.E006") for each in wrong]
    bounds = {
        "LINKMGR_RATE_LIMIT": (settings.RATE_LIMIT, MOST_REQUESTS),
        "LINKMGR_REQUEST_SECONDS": (settings.REQUEST_SECONDS, LONGEST_REQUEST),
    }
    return errors + [
        Error(f"{name} is {value}.", hint=f"Set it to 0 (no limit) to {most}.", id="linkmgr.E007")
        for name, (value, most) in bounds.items()
        if not 0 <= value <= most
    ]


@register(SETTINGS)
def metrics(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    """E008: metrics that cannot be told, or that anybody could ask for."""
    token, found = settings.METRICS_TOKEN, []
    if token and (len(token) < SHORTEST_TOKEN or not PRINTABLE.fullmatch(token)):
        hint = f"Set it to {SHORTEST_TOKEN} or more visible ASCII characters that nobody guesses."
        found.append(Error("LINKMGR_METRICS_TOKEN is too easy.", hint=hint, id="linkmgr.E008"))
    if token and not find_spec("prometheus_client"):
        hint = "Install linkmgr[metrics] (`uv sync --extra metrics`), or unset LINKMGR_METRICS_TOKEN."
        found.append(Error("Metrics need prometheus-client.", hint=hint, id="linkmgr.E008"))
    return found


@register(Tags.database)
def postgresql(app_configs: Any, databases: Sequence[str] | None = None, **options: Any) -> Sequence[CheckMessage]:
    """E004: a PostgreSQL older than 15."""
    errors = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            version = cursor.connection.info.server_version
        if version < OLDEST_POSTGRESQL:
            hint = "linkmgr needs PostgreSQL 15 or newer."
            errors.append(Error(f"PostgreSQL is too old ({version // 10000}).", hint=hint, id="linkmgr.E004"))
    return errors


@register()
def kinds(app_configs: Any, **options: Any) -> Sequence[CheckMessage]:
    """E005: a kind whose items say columns that its table has not, or that keeps no log."""
    errors = []
    for kind in KINDS:
        columns = kind.item.columns([])
        unknown = {*columns, *kind.item.optional} - {field.name for field in kind.model._meta.local_fields}
        if unknown or not set(kind.item.optional) <= set(columns):
            errors.append(
                Error(f"Items of {kind.name} have columns that its table has not: {unknown}.", id="linkmgr.E005")
            )
        if kind.model not in logs:
            errors.append(Error(f"{kind.name} keeps no log.", hint="Call keep_log(model).", id="linkmgr.E005"))
    return errors

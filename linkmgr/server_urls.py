"""URLs with a password in them: of one that cannot be read nothing is told but its setting."""

from collections.abc import Callable, Collection
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def read_url(name: str, url: str, parse: Callable[[str], dict[str, Any]], schemes: Collection[str]) -> dict[str, Any]:
    """Django's settings for the URL. Raises ImproperlyConfigured."""
    if url.partition("://")[0] in schemes:  # of another one the parser warns, and tells it whole
        try:
            return parse(url)
        except ValueError:
            pass  # its text has a part of the URL, which may be one of the password
    raise ImproperlyConfigured(
        f"{name} cannot be read: it begins with {' or '.join(f'{scheme}://' for scheme in sorted(schemes))}, and "
        "characters such as / # ? [ of a password are percent-encoded (%2F %23 %3F %5B)"
    )

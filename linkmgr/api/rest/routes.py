"""Addresses of collections: with and without a slash at the end they are the same."""

from typing import Any

from django.urls import URLPattern, path

import linkmgr.api.guids  # noqa: F401 what `guid` is

Actions = dict[str, str]
READ: Actions = {"get": "list"}
SHOW: Actions = {"get": "retrieve"}


def collection(name: str, viewset: Any, *, key: str = "guid", bulk: Any = None) -> list[URLPattern]:
    """`/api/v1/<name>/`, `/api/v1/<name>/<key>` and, of what is written, `/api/v1/<name>/bulk`."""
    writes = bulk is not None
    listing = READ | ({"post": "create"} if writes else {})
    member = SHOW | ({"put": "update", "patch": "partial_update", "delete": "destroy"} if writes else {})
    found = [
        *_both(f"api/v1/{name}", viewset.as_view(listing), name, canonical="/"),
        *_both(f"api/v1/{name}/<{key}:key>", viewset.as_view(member), f"{name}-member"),
    ]
    return found + (_both(f"api/v1/{name}/bulk", bulk.as_view({"post": "bulk"}), f"{name}-bulk") if writes else [])


def action(address: str, viewset: Any, name: str) -> list[URLPattern]:
    """What is told besides, by the method of that name: `/api/v1/<address>`."""
    return _both(f"api/v1/{address}", viewset.as_view({"get": name}), f"{address.partition('/')[0]}-{name}")


def alone(name: str, viewset: Any) -> list[URLPattern]:
    """What is told at one address, by `show`: `/api/v1/<name>`."""
    return _both(f"api/v1/{name}", viewset.as_view({"get": "show"}), name)


def _both(address: str, view: Any, name: str, canonical: str = "") -> list[URLPattern]:
    other = "" if canonical else "/"
    return [path(address + canonical, view, name=name), path(address + other, view)]

"""What an answer to a write tells beside its body: the record of what changed, and where the milliseconds went."""

from typing import TypeVar
from uuid import UUID

from django.http.response import HttpResponseBase

from linkmgr.timing import server_timing

Response = TypeVar("Response", bound=HttpResponseBase)


def recorded(response: Response, change_set: UUID | str | None) -> Response:
    """The answer with these headers: none of a record if nothing changed, none of time if it was not `measured`."""
    if change_set:
        response["X-Change-Set"] = str(change_set)
    if steps := server_timing():
        response["Server-Timing"] = steps
    return response

"""What an answer tells a token of its limit: two generations of the IETF's draft, as clients know the one or the other.

`RateLimit` and `RateLimit-Policy` as from draft-ietf-httpapi-ratelimit-headers-08, the other three as until -07.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from linkmgr.accounts.rates import Spent

WINDOW = 60


class RateLimitHeaders:
    """On every answer to a token that has a limit, faults included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        spent: Spent | None = getattr(request, "spent", None)
        if spent:
            response["RateLimit-Policy"] = f'"token";q={spent.limit};w={WINDOW}'
            response["RateLimit"] = f'"token";r={spent.remaining};t={spent.reset}'
            response["RateLimit-Limit"] = str(spent.limit)
            response["RateLimit-Remaining"] = str(spent.remaining)
            response["RateLimit-Reset"] = str(spent.reset)
        return response

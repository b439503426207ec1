"""What every kind's addresses share: POST to create or update, DELETE by link_id, GET to list."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from linkmgr import counting
from linkmgr.accounts.caller import Caller, Reach
from linkmgr.accounts.tokens import caller_of, token_of
from linkmgr.api import voices
from linkmgr.api.body import (
    Options,
    WrongBody,
    read_items,
    read_link_ids,
    read_number,
    read_options,
)
from linkmgr.api.recorded import recorded
from linkmgr.api.voices import JSON
from linkmgr.bulk.check import OnFault
from linkmgr.bulk.delete import delete
from linkmgr.bulk.faults import Fault, Need, Problem
from linkmgr.bulk.kind import Kind
from linkmgr.bulk.scope import visible
from linkmgr.bulk.upsert import Report, upsert
from linkmgr.lists.order import Order, Slice, rows_between, rows_gone_through
from linkmgr.logs import current_request_id
from linkmgr.timing import measured, spent

PAGE_SIZES = (10, 20, 30, 50)


class DeviceView(APIView):
    """Any device-style address."""

    http_method_names: tuple[str, ...] = ("get", "post", "delete", "head")


class KindView(DeviceView):
    """Any device-style address of one kind."""

    kind: ClassVar[Kind]

    @property
    def reach(self) -> Reach:
        return self.kind.reach


class LinkItems(KindView):
    """`…/items/link` of one kind in one voice. A subclass says which, and nothing else."""

    sorting: ClassVar[dict[str, tuple[str, ...]]]
    on_fault: ClassVar[OnFault] = OnFault.REFUSE

    def post(self, request: Request) -> HttpResponse:
        options = read_options(request)
        with measured(options.explain):
            with spent("decode"):
                items = read_items(request, self.kind.min_items, self.kind.max_items)
            on_fault = OnFault.PARTIAL if options.partial else self.on_fault
            with counting.refused_if_it_fails(self.kind.name, 0 if options.dry_run else len(items)):
                report = upsert(self.kind, items, by=caller(request), on_fault=on_fault, dry_run=options.dry_run)
            return _told(self.kind, report, options)

    def delete(self, request: Request) -> HttpResponse:
        return delete_by_link_id(self.kind, request)

    def get(self, request: Request) -> HttpResponse:
        limit, page = read_number(request, "limit", PAGE_SIZES[0]), read_number(request, "page_number", 1)
        if limit not in PAGE_SIZES:
            raise WrongBody(Fault(("limit",), Problem.VALUE, Need("integer", choices=tuple(map(str, PAGE_SIZES)))))
        field = _one_of(request, "sort_field", tuple(self.sorting))
        ascending = _one_of(request, "sort_type", ("asc", "desc")) == "asc"
        names = [name if ascending else f"-{name}" for name in (*self.sorting[field], "link_id")]
        found = _rows_between(self.kind, caller(request), names, (page - 1) * limit, page * limit)
        listed = {
            "list_items": [self.kind.item.of(row) for row in found.rows],
            "list_option": {
                "pagination": {
                    "total_items": found.total,
                    "items_limit": limit,
                    "total_pages": -(-found.total // limit),
                    "current_page": msgspec.Raw(b"%d" % page),  # may be longer than 64 bits
                },
                "sort": {"field": field, "asc": ascending, "available_fields": list(self.sorting)},
            },
        }
        return HttpResponse(msgspec.json.encode(listed), content_type=JSON)


def _rows_between(kind: Kind, by: Caller, fields: Sequence[str], start: int, stop: int) -> Slice:
    stored = visible(kind, by)
    if by.buildings is not None:
        return rows_gone_through(stored, fields, start, stop)
    return rows_between(stored, Order(kind.model, (by.site.pk,), tuple(fields)), start, stop)


class LinkDelete(KindView):
    """`…/link/delete`: the DELETE above for clients that can only POST (seed 001)."""

    def post(self, request: Request) -> HttpResponse:
        return delete_by_link_id(self.kind, request)


def delete_by_link_id(kind: Kind, request: Request) -> HttpResponse:
    options = read_options(request)
    link_ids = read_link_ids(request, kind.min_items, kind.max_items)
    return _told(kind, delete(kind, link_ids, by=caller(request), dry_run=options.dry_run), options)


def caller(request: Request) -> Caller:
    return caller_of(token_of(request), current_request_id())


def _told(kind: Kind, report: Report, options: Options) -> HttpResponse:
    if counting.is_on() and not options.dry_run:
        counting.items(kind.name, Counter(result.outcome for result in report.results))
    with spent("answer"):
        response = HttpResponse(voices.results(report.results, explain=options.explain), content_type=JSON)
    return recorded(response, report.change_set)


def _one_of(request: Request, name: str, words: tuple[str, ...]) -> str:
    """A word of the query string, the first being the default."""
    word = request.GET.get(name, words[0])
    if word not in words:
        raise WrongBody(Fault((name,), Problem.VALUE, Need("string", choices=words)))
    return word

"""Pages of long lists by their numbers, where nothing but the site and the order says which rows they have."""

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from linkmgr.accounts.models import Site
from linkmgr.lists.order import LONG, Order, length, rows_between


def order_of(request: HttpRequest, rows: QuerySet[Any]) -> Order | None:
    """The order of a list in the admin; None of one that is filtered or searched, or sorted by more than columns."""
    if not {*request.GET} <= {PAGE_VAR, ORDER_VAR}:
        return None
    columns = {field.name: field.column for field in rows.model._meta.concrete_fields if not field.is_relation}
    columns["pk"] = rows.model._meta.pk.column
    fields = []
    for field in map(str, rows.query.order_by):
        name = field.removeprefix("-")
        if name not in columns:
            return None
        fields.append(field.replace(name, columns[name]))
    return Order(rows.model, _sites(request), tuple(fields))


def _sites(request: HttpRequest) -> tuple[int, ...] | None:
    user: Any = request.user
    return None if user.is_superuser else tuple(Site.objects.of_user(user).values_list("pk", flat=True))


class SortedPaginator(Paginator):  # type: ignore[type-arg]
    def __init__(self, rows: QuerySet[Any], per_page: int, order: Order, **options: Any) -> None:
        super().__init__(rows, per_page, **options)
        self._order = order

    @cached_property
    def count(self) -> int:
        return length(self.object_list, self._order)  # type: ignore[arg-type]

    def page(self, number: int | str) -> "Page[Any]":
        start = (self.validate_number(number) - 1) * self.per_page
        if self.count <= LONG:
            return super().page(number)
        found = rows_between(self.object_list, self._order, start, start + self.per_page)  # type: ignore[arg-type]
        return Page(found.rows, int(number), self)

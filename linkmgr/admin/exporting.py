"""Exports of the admin: the rows that a list shows, all pages of them, as a file that an import takes back."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from linkmgr.accounts.models import Site
from linkmgr.files.export import Selection, export
from linkmgr.files.formats import Format, Unwritable
from linkmgr.files.layout import Layout
from linkmgr.files.targets import Target

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ndjson": "application/x-ndjson",
}
SEVERAL = "sites"


class ExportsFiles(admin.ModelAdmin):  # type: ignore[type-arg]
    """For LinkedAdmin: the list as a file, for everybody who sees it."""

    layout: ClassVar[Layout]
    exports = tuple(CONTENT_TYPES)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [
            path("export/<str:ending>/", self.admin_site.admin_view(self.export_view), name=name),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, ending: str) -> HttpResponseBase:
        """The query string is that of the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if ending not in CONTENT_TYPES:
            raise Http404(f"no export as {ending}")
        try:
            file = written(Selection(self.layout, self._listed(request)), Format(ending))
        except Unwritable as error:
            self.message_user(request, f"{error}.", messages.ERROR)
            return self._back(request)
        return attachment(file, f"{self.layout.name}-{_place(request)}-{timezone.localdate()}.{ending}")

    def _listed(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows of the list, of all its pages."""
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        except (IncorrectLookupParameters, DataError, ValueError) as error:
            raise Http404("a filter that means nothing") from error
        return rows

    def _back(self, request: HttpRequest) -> HttpResponse:
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")


def written(selection: Selection, format_: Format) -> IO[bytes]:
    """A file without a name that goes with the answer: however many rows, they are never in memory."""
    with TemporaryDirectory(prefix="linkmgr-") as directory:
        target = Target(Path(directory) / f"export.{format_}", format_, compressed=False)
        export([selection], target, lambda layout, rows: None)
        assert target.path
        return target.path.open("rb")


def attachment(file: IO[bytes], name: str) -> FileResponse:
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[name.rpartition(".")[2]])


def _place(request: HttpRequest) -> str:
    """The short name of the only site that the list can show rows of."""
    sites = {str(site.pk): site.slug for site in Site.objects.of_user(request.user)}
    only = next(iter(sites.values())) if len(sites) == 1 else None
    return only or sites.get(request.GET.get("site", ""), SEVERAL)

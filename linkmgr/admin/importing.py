"""Imports of the admin: upload a file, map its columns, look at what it would do, and apply exactly that."""

import re
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from linkmgr.accounts.scoped import roles, sees_several_sites
from linkmgr.admin.caller import caller
from linkmgr.admin.exporting import attachment
from linkmgr.admin.import_forms import MappingForm, UploadForm
from linkmgr.admin.preview import Preview
from linkmgr.bulk.check import TooDeep
from linkmgr.files import uploads
from linkmgr.files.formats import Unreadable
from linkmgr.files.layout import Layout
from linkmgr.files.load import Loaded
from linkmgr.files.models import Happens, Upload
from linkmgr.files.moved import Moved
from linkmgr.files.receiving import is_too_large
from linkmgr.files.records import WrongHeader

FIELDSETS = [
    (None, {"fields": ("file", "site")}),
    ("Details", {"fields": ("encoding", "delimiter", "sheet"), "classes": ("collapse",)}),
]
UNUSABLE = (Unreadable, WrongHeader, TooDeep)
HINTS = {r" or say --format \w+": "", r"say --encoding": "choose its encoding under Details"}
"""What a command says → what it means on a page."""

View = Callable[[HttpRequest, Upload], HttpResponseBase]


class ImportsFiles(admin.ModelAdmin):  # type: ignore[type-arg]
    """For LinkedAdmin. An upload is there for nobody but the operator who made it, an administrator of its site."""

    layout: ClassVar[Layout]

    def get_urls(self) -> list[URLPattern]:
        views: list[tuple[str, str, View]] = [
            ("", "import_preview", self._planned(self.preview_view)),
            ("columns/", "import_columns", self.columns_view),
            ("refused/", "import_refused", self._planned(self.refused_view)),
            ("again/", "import_again", require_POST(self._planned(self.again_view))),
            ("apply/", "import_apply", require_POST(self._planned(self.apply_view))),
            ("discard/", "import_discard", require_POST(self.discard_view)),
        ]
        opened = [path(f"import/<uuid:pk>/{end}", self._of(view), name=self._named(name)) for end, name, view in views]
        started = path("import/", self.admin_site.admin_view(self.import_view), name=self._named("import"))
        return [started, *opened, *super().get_urls()]

    # ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def import_view(self, request: HttpRequest) -> HttpResponseBase:
        """Asks for a file, and tells which ones of this operator wait to be applied."""
        self._refuse_viewers(request)
        large = is_too_large(int(request.META.get("CONTENT_LENGTH") or 0))
        form = UploadForm(request.POST or None, request.FILES or None, user=request.user, too_large=large)
        if request.method == "POST" and form.is_valid():
            try:
                return self._keep(request, form)
            except UNUSABLE as error:
                form.add_error("file", told(error))
        fields: Any = AdminForm(form, FIELDSETS, {})  # type: ignore[arg-type]
        waiting = Upload.objects.of_operator(request.user).filter(layout=self.layout.name, change_set=None)
        return self._page(
            request, "import", adminform=fields, waiting=waiting.select_related("site"), columns=self.layout.columns
        )

    def columns_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        """Asks which column is which; an answer leads to the preview."""
        if not upload.columns:
            raise Http404("a file without columns")
        form = MappingForm(request.POST or None, upload=upload, layout=self.layout)
        if request.method == "POST" and form.is_valid():
            try:
                uploads.plan(upload, self.layout, caller(request, upload.site), form.renamed)
                return self._to("import_preview", upload)
            except UNUSABLE as error:
                form.add_error(None, told(error))
        return self._page(request, "import_columns", upload=upload, form=form)

    def preview_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        return self._page(request, "import_preview", upload=upload, preview=Preview(upload, request.GET))

    def refused_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        """The refused rows as a file with an `error` column, to be corrected and uploaded."""
        if not upload.counts[Happens.REFUSED]:
            raise Http404("no row was refused")
        file, ending = uploads.refused_rows(upload, self.layout)
        return attachment(file, f"{self.layout.name}-refused.{ending}")

    # ── what changes something ───────────────────────────────────────────────────────────────────────────────────────

    def again_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        uploads.plan(upload, self.layout, caller(request, upload.site), upload.renamed)
        return self._to("import_preview", upload)

    def apply_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        try:
            done = uploads.apply(upload, self.layout, caller(request, upload.site))
        except Moved as error:
            return self._page(request, "import_moved", upload=upload, moved=error)
        self.message_user(request, _applied(upload, done), messages.SUCCESS)
        return self._to("changelist")

    def discard_view(self, request: HttpRequest, upload: Upload) -> HttpResponseBase:
        upload.delete()
        return self._to("import")

    def _keep(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        upload, file = form.instance, form.cleaned_data["file"]
        upload.name, upload.operator = file.name, request.user
        planned = uploads.keep(upload, file, self.layout, caller(request, upload.site))
        return self._to("import_preview" if planned else "import_columns", upload)

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────

    def _of(self, view: View) -> Callable[..., HttpResponseBase]:
        """The view of an upload that is there for this operator, and was not applied yet."""

        def opened(request: HttpRequest, pk: UUID) -> HttpResponseBase:
            self._refuse_viewers(request)
            known = Upload.objects.of_operator(request.user).filter(layout=self.layout.name).select_related("site")
            try:
                upload = known.get(pk=pk)
                return self._applied_already(request, upload) if upload.change_set else view(request, upload)
            except Upload.DoesNotExist as error:
                raise Http404("no such upload") from error
            except uploads.AppliedAlready:
                return self._applied_already(request, upload)

        return self.admin_site.admin_view(opened)

    def _planned(self, view: View) -> View:
        """The view of an upload whose columns are known; before, they are asked for."""
        return lambda request, upload: view(request, upload) if upload.counts else self._to("import_columns", upload)

    def _refuse_viewers(self, request: HttpRequest) -> None:
        if not roles(request).administers():
            raise PermissionDenied

    def _applied_already(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        text = format_html("Already applied: {}. {}.", upload.name, _change_set(upload))
        self.message_user(request, text, messages.WARNING)
        return self._to("changelist")

    def _page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "media": self.media,
            "several_sites": sees_several_sites(request),
            **more,
        }
        return TemplateResponse(request, f"admin/linkmgr/{template}.html", context)

    def _named(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _to(self, name: str, upload: Upload | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{self._named(name)}", args=[upload.pk] if upload else []))


def told(error: Exception) -> str:
    """Why a file cannot be used, in one sentence."""
    text = str(error) or "An item is nested too deep"
    for pattern, words in HINTS.items():
        text = re.sub(pattern, words, text)
    return f"{text}."


def _applied(upload: Upload, done: Loaded) -> SafeString:
    if not upload.change_set:
        return format_html("Nothing changed: {} has what is stored.", upload.name)
    refused = f" {len(done.refused):,} rows were refused." if done.refused else ""
    counts = f"{done.created:,} created, {done.changed:,} changed"
    return format_html("Applied {}: {}.{} {}.", upload.name, counts, refused, _change_set(upload))


def _change_set(upload: Upload) -> SafeString:
    address = reverse("admin:history_changeset_change", args=[upload.change_set])
    return format_html('<a href="{}">Change set {}</a>', address, str(upload.change_set)[:8])

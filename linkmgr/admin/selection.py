"""What an action of a list asks before it acts: which rows it is about, and whether they are still as many."""

from functools import cached_property
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from linkmgr.accounts.models import Site

NAMED = 20


class Selection:
    """The rows an action was chosen for, be it a page or everything that a search found: counted, never loaded."""

    def __init__(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        self.rows = rows
        self.count = rows.count()
        self.answered = "post" in request.POST
        self._request = request

    @property
    def confirmed(self) -> bool:
        """The operator has said yes, and as many rows are still selected as were then.

        Raises PermissionDenied if rows of sites are among them that the operator is no administrator of.
        """
        if not (self.answered and self._as_many):
            return False
        if self.lacking:
            raise PermissionDenied
        return True

    @cached_property
    def lacking(self) -> bool:
        return bool(self.rows.exclude(site__in=Site.objects.administered_by(self._request.user)).exists())

    @property
    def objects_name(self) -> str:
        return str(model_ngettext(self.rows.model._meta, self.count))

    @property
    def sites(self) -> QuerySet[Site]:
        return Site.objects.filter(pk__in=self.rows.order_by().values("site")).order_by("pk")

    def names(self) -> list[str]:
        """A few of them."""
        names = [str(row) for row in self.rows[:NAMED]]
        return [*names, f"… and {self.count - NAMED:,} more"] if self.count > NAMED else names

    def ask(self, model_admin: Any, action: str, *, title: str, **more: Any) -> TemplateResponse:
        """The page that asks, a template of the action's name which extends admin/linkmgr/ask.html."""
        across = self._request.POST.get("select_across") == "1"
        chosen = self._request.POST.getlist(ACTION_CHECKBOX_NAME)
        context = {
            **model_admin.admin_site.each_context(self._request),
            "title": title,
            "opts": model_admin.opts,
            "media": model_admin.media,
            "action": action,
            "selection": self,
            "moved": self.answered and not self._as_many,
            "across": across,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "chosen": chosen[:1] if across else chosen,  # Django listens only if there is one
            **more,
        }
        return TemplateResponse(self._request, f"admin/linkmgr/{action}.html", context)

    @property
    def _as_many(self) -> bool:
        return self._request.POST.get("count") == str(self.count)

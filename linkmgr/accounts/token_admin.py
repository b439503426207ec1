"""Tokens in the admin: seen, made and revoked by the administrators of a site."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from linkmgr.accounts.models import Membership, Site, Token, User
from linkmgr.accounts.scoped import ScopedAdmin, SiteFilter, roles
from linkmgr.accounts.token_forms import TokenForm
from linkmgr.accounts.tokens import make_token


class TokenSiteFilter(SiteFilter):
    path = "membership__site"


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(state, state) for state in ("valid", "expired", "revoked")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any] | None:
        match self.value():
            case "valid":
                return queryset.usable()  # type: ignore[no-any-return]
            case "expired":
                return queryset.filter(revoked_at=None, expiry__lte=timezone.now())  # type: ignore[no-any-return]
            case "revoked":
                return queryset.exclude(revoked_at=None)  # type: ignore[no-any-return]
        return None


@admin.register(Token)
class TokenAdmin(ScopedAdmin):
    """A token's text is on the page that answers its making and nowhere else: neither in a message, which would be
    stored with the session, nor in the admin's own log."""

    form = TokenForm
    list_display = (
        "__str__",
        "account",
        "site",
        "may",
        "state",
        "rights_held",
        "limits",
        "created",
        "expiry",
        "last_used",
    )
    list_display_links = None
    list_filter = (TokenSiteFilter, StateFilter)
    list_select_related = ("user", "membership__site", "membership__user")
    list_per_page = 50
    ordering = ("-created",)
    search_fields = ("label", "user__username", "^token_key")
    search_help_text = "A label, an account, or the first characters of a token."
    actions = ("revoke",)
    change_list_template = "admin/linkmgr/change_list.html"

    def site_of(self, obj: Token) -> int:
        return obj.membership.site_id

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).administers(obj and self.site_of(obj))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """By its filters only: a query on the hash would tell it, letter by letter."""
        return lookup in {"site", "state"}

    @admin.display(description="account", ordering="user__username")
    def account(self, obj: Token) -> User:
        return obj.membership.user

    @admin.display(description="role", ordering="role")
    def may(self, obj: Token) -> str:
        return obj.role

    @admin.display(description="rights")
    def rights_held(self, obj: Token) -> str:
        return ", ".join(sorted(obj.held))

    @admin.display(description="limits", empty_value="")
    def limits(self, obj: Token) -> str:
        return obj.limits

    @admin.display(description="site", ordering="membership__site__name")
    def site(self, obj: Token) -> Site:
        return obj.membership.site

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "membership":
            sites = Site.objects.administered_by(request.user)
            known = Membership.objects.filter(site__in=sites).select_related("user", "site")
            options["queryset"] = known.order_by("site__name", "user__username")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One token at a time: its text has to be taken before the next."""
        once = {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().add_view(request, form_url, {**once, **(extra_context or {})})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        given = form.cleaned_data
        token: Any
        token, token.text = make_token(
            given["membership"],
            label=given["label"],
            role=given["role"],
            expires=given["expiry"] - timezone.now() if given["expiry"] else None,
            rights=given["rights"] or None,
            buildings=given["buildings"],
            requests_per_minute=given["requests_per_minute"],
        )
        return token

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """It is stored already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """It has none."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Token made",
            "opts": self.opts,
            "token": obj,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/accounts/token/made.html", context)

    @admin.action(permissions=["revoke"], description="Revoke selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        tokens = list(queryset.filter(revoked_at=None))
        for token in tokens:
            token.revoke()
            self.log_change(request, token, "Revoked.")
        self.message_user(request, f"{len(tokens)} tokens revoked.", messages.SUCCESS)

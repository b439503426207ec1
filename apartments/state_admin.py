"""States of apartments in the admin: the list every site shares, which superusers edit."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import ManyToManyField
from django.forms import BaseInlineFormSet, CheckboxInput, CheckboxSelectMultiple
from django.http import HttpRequest

from apartments.models import ApartmentState, Recipient
from linkmgr.accounts.scoped import SuperuserAdmin, roles


@admin.register(ApartmentState)
class ApartmentStateAdmin(SuperuserAdmin):
    list_display = ("name", "id", "code", "order", "access_enabled", "active")
    fields = ("id", "code", "name", "order", "access_enabled", "active", "may_become")
    formfield_overrides: ClassVar[dict[Any, Any]] = {ManyToManyField: {"widget": CheckboxSelectMultiple}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Integrations know a state by its id, and history names it so."""
        return ("id",) if obj else ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return roles(request).sees()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).sees()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecipientFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    deletion_widget: Any = CheckboxInput(attrs={"aria-label": "Delete the recipient"})


class RecipientInline(admin.TabularInline):  # type: ignore[type-arg]
    """Whom a change of the apartment's state is told to."""

    model = Recipient
    formset = RecipientFormSet
    extra = 0
    verbose_name_plural = "Recipients of notifications"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Screen readers need a name for each field, which Django gives to the column alone."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field:
            field.widget.attrs["aria-label"] = f"{db_field.verbose_name} of the recipient"
        return field

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).sees(obj and obj.site_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return roles(request).administers(obj and obj.site_id)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    has_delete_permission = has_change_permission

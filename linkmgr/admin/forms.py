"""Forms of kinds: they take what the API would take, keep it as given, and know when nothing changed."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.functional import cached_property


class LinkedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new row is offered a random link_id and the defaults that the database would give."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if type(field) is forms.CharField:
                field.strip = False  # a name may begin with a space; saving must not cut it off unasked
        if "link_id" in self.fields:
            self.fields["link_id"].label = "link_id"  # as integrators write it, not Link_id
        if self.instance.pk is None:
            self._offer_defaults()

    def _offer_defaults(self) -> None:
        for field in self._meta.model._meta.local_fields:
            default = getattr(field, "db_default", None)
            if field.name in self.fields and isinstance(default, str | bool | int):
                self.initial.setdefault(field.name, default)
        self.initial.setdefault("link_id", uuid4())

    @cached_property
    def changed_data(self) -> list[str]:
        """Fields that differ in value, not only in spelling (a UUID in capitals, a date in another form)."""
        spelled: list[str] = super().changed_data
        values = getattr(self, "cleaned_data", {})
        return [name for name in spelled if name not in values or values[name] != self.initial.get(name)]

    def _get_validation_exclusions(self) -> set[str]:
        """A stored row's site is not on the form, but its unique constraints hold within it."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"site"} if self.instance.pk else excluded

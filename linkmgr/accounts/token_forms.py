"""The form of a new token: whose it is, for how long, and what it may less than its role."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from linkmgr.accounts.models import BUILDINGS, MOST_REQUESTS, Membership, Right, Role, Token
from linkmgr.accounts.tokens import fault_of_rights

LONGEST_LIFE = timedelta(days=36_500)
NUMBER = re.compile(r"[0-9]{1,9}")


class BuildingsField(forms.CharField):
    """`3, 4, 17` → [3, 4, 17], each once, in order."""

    def to_python(self, value: Any) -> Any:
        words = [word for word in re.split(r"[,\s]+", super().to_python(value) or "") if word]
        low, high = BUILDINGS
        strange = [word for word in words if not (NUMBER.fullmatch(word) and low <= int(word) <= high)]
        if strange:
            raise ValidationError(f"“{strange[0][:20]}” is no building: they are numbers from {low} to {high}.")
        return sorted({int(word) for word in words})


class Choices(forms.CheckboxSelectMultiple):
    """With its name for those who hear the page: Django's own page of a form leaves a group without one."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.group = label

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        boxes = super().render(name, value, attrs, renderer)
        return format_html('<div role="group" aria-label="{}">{}</div>', self.group, boxes)


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    rights = forms.MultipleChoiceField(
        required=False,
        choices=Right.choices,
        widget=Choices("Only these rights"),
        label="Only these rights",
        help_text="None ticked: all that its role has.",
    )
    buildings = BuildingsField(
        required=False,
        strip=True,
        max_length=10_000,
        label="Only these buildings",
        help_text="Numbers separated by commas, such as 3, 4. The token sees and touches apartments of these only, "
        "reads time profiles, and has no contacts. Empty: everything.",
    )
    requests_per_minute = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_REQUESTS,
        label="Requests per minute",
        help_text="Empty: as the server is set. 0: as many as it likes.",
    )
    expiry = forms.DateTimeField(
        required=False,
        label="Expires",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Empty: it is valid until it is revoked.",
    )

    class Meta:
        model = Token
        fields = ("membership", "role", "label", "rights", "buildings", "requests_per_minute", "expiry")

    def clean_expiry(self) -> Any:
        expiry = self.cleaned_data["expiry"]
        if expiry and not timedelta() < expiry - timezone.now() < LONGEST_LIFE:
            raise ValidationError("Must be in the future, and not more than a hundred years away.")
        return expiry

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        membership: Membership | None = given.get("membership")
        role, rights = given.get("role"), given.get("rights")
        if membership and role == Role.ADMINISTRATOR != membership.role:
            self.add_error("role", f"{membership.user} is only a {membership.role} of {membership.site}.")
        elif role and rights and (fault := fault_of_rights(rights, role)):
            self.add_error("rights", fault)
        return given

"""Forms of memberships, with the right to sign in as a device."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from linkmgr.accounts.models import Membership
from linkmgr.accounts.sign_in import set_device_password


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    """A device's password is set here and never shown; only whether there is one."""

    new_device_password = forms.CharField(
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Lets the account sign in at this site as devices do. Not the account's own password.",
    )
    no_device = forms.BooleanField(required=False, label="Take the device password away")

    class Meta:
        model = Membership
        fields = ("site", "role", "may_act_on_behalf")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["site"].disabled = True  # or its tokens would move to another site with it

    def clean_new_device_password(self) -> str:
        password: str = self.cleaned_data["new_device_password"]
        if password and self.instance.user.check_password(password):
            raise ValidationError("A device's password must not be the account's own.")
        return password

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("new_device_password") and given.get("no_device"):
            self.add_error("no_device", "Either a new device password, or none.")
        return given

    @property
    def is_device(self) -> bool:
        """Will this membership be the one the account signs in as a device at?"""
        given = getattr(self, "cleaned_data", {})
        if given.get("DELETE") or given.get("no_device"):
            return False
        return bool(self.instance.device_password or given.get("new_device_password"))

    def set_device_password(self) -> None:
        """After saving: do what the two extra fields say."""
        password = self.cleaned_data.get("new_device_password", "")
        if password or self.cleaned_data.get("no_device"):
            set_device_password(self.instance, password)


class MembershipFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    forms: Any

    def clean(self) -> None:
        super().clean()
        if sum(form.is_device for form in self.forms) > 1:
            raise ValidationError(
                "A device names no site when it signs in, so an account can do that at one site only."
            )

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        kept = [form for form in self.forms if form.has_changed() and form not in self.deleted_forms]
        for form in sorted(kept, key=lambda form: form.is_device):  # first those that give the right up
            form.set_device_password()
        return saved

"""Contacts in the admin."""

from typing import Any

from django.contrib import admin

from contacts.bulk import CONTACT_V0
from contacts.files import CONTACTS
from contacts.models import Contact
from contacts.numbers import TYPED_NUMBER
from linkmgr.admin import LinkedAdmin, LinkedForm

NUMBERS = {
    "regular": "BBBB-UU-FF-RR (0001-00-00-00 to 9999-99-98-99) or sip:user@host[:port]",
    "individual": "BBB-UU-FF-RR-D (001-00-00-00-1 to 999-99-98-99-9) or sip:user@host[:port]",
    "multi": "BBBB-UU-DD (0001-00-01 to 9999-99-99) or sip:user@host[:port]",
    "global": "DDDD (0001 to 9000) or sip:user@host[:port]",
    "p2p": "sip:user@host[:port]",
}


class ContactForm(LinkedForm):
    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        kind, number = given.get("type"), given.get("number")
        if kind and number and not TYPED_NUMBER.fullmatch(f"{kind} {number}"):
            self.add_error("number", f"The number of a contact of this type must be {NUMBERS[kind]}.")
        if given.get("auto_answer") and given.get("in_black_list"):
            self.add_error("auto_answer", "A contact in the black list is not answered automatically.")
        return given


@admin.register(Contact)
class ContactAdmin(LinkedAdmin):
    kind = CONTACT_V0
    layout = CONTACTS
    form = ContactForm
    list_display = ("name", "type", "number", "is_favorite", "in_black_list", "copyable_link_id", "site", "updated_at")
    list_filter = ("type", "is_favorite", "is_default", "auto_answer", "in_black_list", "is_p2p")
    ordering = ("name",)
    search_fields = ("name", "number")
    search_help_text = "A name, a number or a part of it, or a link_id or its beginning."
    fieldsets = (
        (None, {"fields": ("site", "link_id", "name", "type", "number")}),
        ("Flags", {"fields": ("is_favorite", "is_default", "auto_answer", "in_black_list", "is_p2p")}),
        (None, {"fields": ("ringtone",)}),
    )

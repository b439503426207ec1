"""Changing the state of the apartments that are selected in the admin's list: change_state, as the API does it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from apartments.change_state import LONGEST_MESSAGE, LONGEST_REASON, Answer, Code, Order, change_state
from apartments.models import ApartmentState
from linkmgr.admin.caller import caller
from linkmgr.admin.selection import Selection
from linkmgr.bulk.kind import MOST_ITEMS
from linkmgr.bulk.turn import retried
from linkmgr.history.signed import Reason

TOLD = {
    Code.ALREADY_IN_STATE: (messages.INFO, "{} already in state {}."),
    Code.MOVE_NOT_ALLOWED: (messages.WARNING, "{} not changed: the move to {} is not allowed from the state before."),
    Code.APARTMENT_NOT_FOUND: (messages.WARNING, "{} not changed: deleted meanwhile."),
    Code.NOBODY_TO_NOTIFY: (messages.WARNING, "{} changed without a notification: no recipients."),
}

NOTHING_TOLD = [(messages.WARNING, "Nothing was changed: choose again.")]
"""The state, or all of the apartments, went away after they were chosen."""


class MessageField(forms.CharField):
    """Counts a line break as one character, as the browser does that sends two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ChangeStateForm(forms.Form):
    state = forms.ModelChoiceField(ApartmentState.objects.filter(active=True), label="New state")
    message = MessageField(
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept with the record, and sent with notifications.",
    )
    reason = forms.CharField(
        required=False, max_length=LONGEST_REASON, help_text="What the change is made for. Kept with the record."
    )
    notify = forms.BooleanField(
        required=False, label="Send notifications", help_text="To the recipients of each apartment that changes."
    )

    def order(self, ids: list[str]) -> Order:
        filled = self.cleaned_data
        reason = Reason(name=filled["reason"])
        return Order(ids, filled["state"].pk, reason=reason, message=filled["message"], notify=filled["notify"])


class Present(NamedTuple):
    """A state, and how many of the selected apartments are in it."""

    name: str
    apartments: int


class ChangesState(admin.ModelAdmin):  # type: ignore[type-arg]
    """For ApartmentAdmin: the action, and the page that asks for the new state."""

    @admin.action(permissions=["change"], description="Change state of selected %(verbose_name_plural)s")
    def change_state(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        selection = Selection(request, queryset)
        form = ChangeStateForm(request.POST if selection.answered else None)
        if not (selection.confirmed and form.is_valid()):
            fields: Any = AdminForm(form, [(None, {"fields": [*form.fields]})], {})  # type: ignore[arg-type]
            title = f"Change state of {self.opts.verbose_name_plural}"
            return selection.ask(self, "change_state", title=title, adminform=fields, before=[*_states(queryset)])
        answers = retried(lambda: _change(request, selection, form))
        for level, text in [*_told(answers, form.cleaned_data["state"])] or NOTHING_TOLD:
            self.message_user(request, text, level)
        return None


@transaction.atomic
def _change(request: HttpRequest, selection: Selection, form: ChangeStateForm) -> list[Answer]:
    """One call of change_state a site, or several of as many ids as one takes; all of them or none."""
    answers = []
    for site in selection.sites:
        link_ids = [str(link_id) for link_id in selection.rows.filter(site=site).values_list("link_id", flat=True)]
        for at in range(0, len(link_ids), MOST_ITEMS):
            order = form.order(link_ids[at : at + MOST_ITEMS])
            answers.append(change_state(order, by=caller(request, site)))
    return answers


def _states(rows: QuerySet[Any]) -> Iterator[Present]:
    """The states that the rows are in, in the order of the list of states."""
    names = dict(ApartmentState.objects.values_list("pk", "name"))
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    yield from (Present(name, counts[pk]) for pk, name in names.items() if pk in counts)


def _told(answers: list[Answer], state: ApartmentState) -> Iterator[tuple[int, str]]:
    """(level, text) of what became of them."""
    changed = sum(answer.changed for answer in answers)
    if changed:
        notified = sum(answer.notified for answer in answers)
        told = f", {_apartments(notified)} with a notification" if notified else ""
        yield messages.SUCCESS, f"{_apartments(changed)} changed to {state}{told}."
    counts = Counter(finding.code for answer in answers for finding in answer.findings)
    for code, (level, text) in TOLD.items():
        if counts[code]:
            yield level, text.format(_apartments(counts[code]), state)


def _apartments(count: int) -> str:
    return f"{count:,} apartment{'' if count == 1 else 's'}"

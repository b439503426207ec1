"""States and their changes on the wire (seed 003, contract §7): what comes in, what goes out, and its words."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from apartments.change_state import LONGEST_MESSAGE, LONGEST_REASON, Answer, Code, Order
from apartments.models import Apartment, ApartmentState
from apartments.state_history import Entry, changes_of_state
from linkmgr.accounts.models import User
from linkmgr.bulk.fields import TEXT, Guid, Moment
from linkmgr.bulk.kind import MOST_ITEMS
from linkmgr.history.signed import Reason

IN = "http://schemas.datacontract.org/2004/07/IO.Swagger.Models"
ERROR, WARNING, INFORMATION = 1, 2, 3
MESSAGES = {
    Code.APARTMENT_NOT_FOUND: (ERROR, "Apartment not found"),
    Code.STATE_NOT_FOUND: (ERROR, "State not found"),
    Code.MOVE_NOT_ALLOWED: (ERROR, "This change of state is not allowed"),
    Code.USER_NOT_FOUND: (ERROR, "User not found"),
    Code.NOT_A_GUID: (ERROR, "Not a guid"),
    Code.NO_IDS: (ERROR, "No ids given"),
    Code.TOO_MANY_IDS: (ERROR, f"Too many ids: at most {MOST_ITEMS} in one call"),
    Code.MESSAGE_TOO_LONG: (ERROR, f"Message too long: at most {LONGEST_MESSAGE} characters"),
    Code.ALREADY_IN_STATE: (INFORMATION, "Already in this state"),
    Code.REPEATED: (WARNING, "This id came before and is counted once"),
    Code.NOBODY_TO_NOTIFY: (WARNING, "Nobody to notify"),
}
NOTHING_CHANGED = "Nothing changed"

ReasonText = Annotated[str, Meta(max_length=LONGEST_REASON, extra_json_schema=TEXT)]
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class CodeList(msgspec.Struct):
    """What the change is made for; the rest of a CodeList is ignored."""

    id: ReasonText | None = None
    name: ReasonText | None = None


class ChangeState(msgspec.Struct):
    """The body. Every member may be absent as far as parsing goes."""

    ids: list[Any] | None = None
    user_id: Guid | None = None
    state_id: Int32 = 0
    parent: CodeList | None = None
    send_notifications: bool = False
    message: Annotated[str, Meta(extra_json_schema=TEXT)] | None = None

    def order(self) -> Order:
        parent = self.parent or CodeList()
        return Order(
            ids=self.ids or (),
            state_id=self.state_id,
            user_id=self.user_id,
            reason=Reason(parent.id or "", parent.name or ""),
            message=self.message or "",
            notify=self.send_notifications,
        )


class ResultMessage(msgspec.Struct):
    type: int
    code: int
    message: str
    field: str


class ResultData(msgspec.Struct):
    """How many apartments; each counts once, however often it was named."""

    requested: int
    changed: int
    unchanged: int
    failed: int
    notified: int


class Result(msgspec.Struct):
    messages: list[ResultMessage]
    count_of_errors: int
    id: UUID | None
    name: str | None
    data: ResultData
    url: str | None
    text: str
    inner_exception: str | None = None

    json_only = ("data",)

    @classmethod
    def of(cls, answer: Answer) -> "Result":
        messages = [ResultMessage(MESSAGES[code][0], code, MESSAGES[code][1], field) for code, field in answer.findings]
        done, name = answer.changed, answer.state.name if answer.state else None
        return cls(
            messages=messages,
            count_of_errors=sum(message.type == ERROR for message in messages),
            id=answer.change_set,
            name=name,
            data=ResultData(answer.requested, done, answer.unchanged, answer.failed, answer.notified),
            url=f"/api/v1/change-sets/{answer.change_set}" if answer.change_set else None,
            text=f"{done} of {answer.requested} apartments changed to {name}" if name else NOTHING_CHANGED,
        )


class State(msgspec.Struct):
    """One of the code list of states."""

    id: int
    code: str
    name: str
    order: int
    access_enabled: bool
    active: bool

    @classmethod
    def of(cls, stored: ApartmentState) -> "State":
        return cls(stored.pk, stored.code, stored.name, stored.order, stored.access_enabled, stored.active)


class Account(msgspec.Struct):
    id: UUID
    name: str

    @classmethod
    def of(cls, stored: User | None) -> "Account | None":
        return cls(stored.guid, stored.username) if stored else None


class StateChange(msgspec.Struct, rename={"was": "from"}):
    """One change of state. `by`, `via` and what follows are null if it was made in the database itself."""

    at: Moment
    was: State
    to: State
    by: Account | None
    on_behalf_of: Account | None
    via: str | None
    parent: CodeList | None
    message: str | None
    change_set: UUID | None

    @classmethod
    def of(cls, entry: Entry) -> "StateChange":
        signed: Any = entry.change_set
        return cls(
            at=entry.at,
            was=State.of(entry.was),
            to=State.of(entry.to),
            by=Account.of(signed and signed.by),
            on_behalf_of=Account.of(signed and signed.on_behalf_of),
            via=signed and signed.via,
            parent=CodeList(signed.reason_id, signed.reason_name)
            if signed and (signed.reason_id or signed.reason_name)
            else None,
            message=(signed and signed.note) or None,
            change_set=signed and signed.pk,
        )


class StateHistory(msgspec.Struct):
    """Newest first."""

    link_id: UUID
    state: State
    changes: list[StateChange]

    @classmethod
    def of(cls, apartment: Apartment) -> "StateHistory":
        changes = [StateChange.of(entry) for entry in changes_of_state(apartment)]
        return cls(apartment.link_id, State.of(apartment.state), changes)

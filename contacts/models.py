"""Contacts: whom a monitor can call."""

from django.db import models
from django.db.models import Q

from contacts.numbers import LONGEST_NUMBER, NumberFits
from linkmgr.bulk.models import Linked
from linkmgr.history.log import keep_log

LONGEST_NAME = 255
LONGEST_RINGTONE = 255
RINGTONE = "ring1.wav"


class Type(models.TextChoices):
    REGULAR = "regular", "regular: an apartment"
    INDIVIDUAL = "individual", "individual: one device of an apartment"
    MULTI = "multi", "multi: a panel of an entrance"
    GLOBAL = "global", "global: a device of the estate"
    P2P = "p2p", "p2p: a SIP address"


class Contact(Linked):
    name = models.CharField(max_length=LONGEST_NAME)
    type = models.CharField(max_length=10, choices=Type)
    number = models.CharField(
        max_length=LONGEST_NUMBER,
        help_text="regular 0001-01-01-01, individual 001-01-01-01-1, multi 0001-01-01, global 0001, "
        "or for any type sip:user@host[:port].",
    )
    is_favorite = models.BooleanField("favorite", db_default=False)
    is_default = models.BooleanField("default", db_default=False, help_text="Read and written by monitors of API v0.")
    auto_answer = models.BooleanField(db_default=False)
    in_black_list = models.BooleanField("in the black list", db_default=False)
    ringtone = models.CharField(max_length=LONGEST_RINGTONE, blank=True, db_default=RINGTONE, help_text="API v1 only.")
    is_p2p = models.BooleanField("P2P", db_default=False, help_text="API v1 only.")

    class Meta:
        ordering = ("name",)
        triggers = Linked.Meta.triggers
        constraints = (
            *Linked.Meta.constraints,
            models.CheckConstraint(condition=~Q(name=""), name="contact_name"),
            models.CheckConstraint(condition=Q(type__in=Type.values), name="contact_type"),
            models.CheckConstraint(
                condition=NumberFits("type", "number"),
                name="contact_number",
                violation_error_message="This is no number of that type.",
            ),
            models.CheckConstraint(
                condition=~Q(auto_answer=True, in_black_list=True),
                name="contact_flags",
                violation_error_message="A contact in the black list is not answered automatically.",
            ),
        )

    def __str__(self) -> str:
        return self.name


ContactChange = keep_log(Contact)

"""Apartments, each at one logical address of its site."""

import re
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Deferrable, F, Func, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from linkmgr.bulk.models import Linked, refers
from linkmgr.history.log import keep_log
from linkmgr.notifications.models import LONGEST_ADDRESS, Channel, shown, validate_address

ADDRESS_RANGES = {"building": (1, 9999), "unit": (0, 99), "floor": (0, 98), "room": (0, 99)}
"""Floor 99 is reserved (contract §2)."""
ADDRESS = tuple(ADDRESS_RANGES)
LONGEST_TEXT = 255
MOST_RESIDENTS = 32_767
NAME = re.compile(r"\S(?:.*\S)?")
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `\\S` excludes, for the database, whose own idea of space is another."""
_EXCLUDED = "".join(f"\\u{ord(space):04x}" for space in SPACES) + r"\u0000"
NAME_IN_JSON_SCHEMA = rf"^[^{_EXCLUDED}]([^\n\u0000]*[^{_EXCLUDED}])?$"
"""NAME for readers whose idea of space is another too."""


NEW_APARTMENTS = 1
"""The state they are in (contract §7)."""


class ApartmentState(models.Model):
    """One of the states an apartment can be in: the same list for all sites. Never deleted, since history names it."""

    id = models.SmallIntegerField(
        "id", primary_key=True, validators=[MinValueValidator(1)], help_text="The state_id of change_state."
    )
    code = models.SlugField(max_length=50, unique=True, help_text="Its name for programs.")
    name = models.CharField(
        max_length=100,
        unique=True,
        validators=[RegexValidator(r"\A[^\x00-\x1f\x7f]+\Z", "Must not have control characters.")],
    )
    order = models.SmallIntegerField(default=0, help_text="Place in lists.")
    access_enabled = models.BooleanField(default=True, help_text="May residents of such an apartment enter?")
    active = models.BooleanField(default=True, help_text="May apartments be brought into this state?")
    may_become: Any = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="+",
        verbose_name="may become",
        help_text="States an apartment can go to from here. If no state has any chosen, every change is allowed.",
    )

    class Meta:
        verbose_name = "apartment state"
        ordering = ("order", "id")
        constraints = (models.CheckConstraint(condition=Q(id__gte=1), name="apartmentstate_id"),)
        triggers = (pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),)

    def __str__(self) -> str:
        return self.name


def _state_exists(operation: Any) -> pgtrigger.Trigger:
    name = f"state_exists_{str(operation).lower()}"
    return refers(name, "state_id", ApartmentState._meta.db_table, operation)


def _part(name: str, help_text: str) -> "models.SmallIntegerField[int, int]":
    low, high = ADDRESS_RANGES[name]
    return models.SmallIntegerField(
        validators=[MinValueValidator(low), MaxValueValidator(high)], help_text=f"{help_text}, {low} to {high}."
    )


class Apartment(Linked):
    building = _part("building", "Building of the logical address")
    unit = _part("unit", "Entrance or section")
    floor = _part("floor", "Floor")
    room = _part("room", "Apartment on the floor")
    apartment_name = models.CharField(
        "name",
        max_length=LONGEST_TEXT,
        validators=[
            RegexValidator(rf"\A{NAME.pattern}\Z", "Must not begin or end with a space, and must stay on one line.")
        ],
    )
    residents_count = models.SmallIntegerField(
        "residents", db_default=0, validators=[MinValueValidator(0)], help_text=f"0 to {MOST_RESIDENTS}."
    )
    photo_path = models.CharField(max_length=LONGEST_TEXT, blank=True, db_default="")
    route_path = models.CharField(max_length=LONGEST_TEXT, blank=True, db_default="")
    state: Any = models.ForeignKey(
        ApartmentState,
        on_delete=models.DO_NOTHING,
        db_default=NEW_APARTMENTS,
        db_index=False,
        db_constraint=False,
        editable=False,
        related_name="+",
    )

    class Meta:
        ordering = ADDRESS
        triggers = (
            *Linked.Meta.triggers,
            _state_exists(pgtrigger.Insert),
            _state_exists(pgtrigger.Update),
        )
        constraints = (
            *Linked.Meta.constraints,
            models.UniqueConstraint(
                # checked at the end of each statement, so that one request may swap two addresses
                fields=["site", *ADDRESS],
                name="apartment_address",
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message="Another apartment has this address.",
            ),
            *(
                models.CheckConstraint(condition=Q(**{f"{name}__range": limits}), name=f"apartment_{name}")
                for name, limits in ADDRESS_RANGES.items()
            ),
            models.CheckConstraint(
                condition=Q(apartment_name=Func(F("apartment_name"), Value(SPACES), function="BTRIM"))
                & ~Q(apartment_name="")
                & Q(Exact(StrIndex("apartment_name", Value("\n")), 0)),
                name="apartment_name_trimmed",
            ),
            models.CheckConstraint(condition=Q(residents_count__gte=0), name="apartment_residents"),
        )

    def __str__(self) -> str:
        return self.apartment_name

    @property
    def address(self) -> str:
        return f"{self.building}-{self.unit}-{self.floor}-{self.room}"


ApartmentChange = keep_log(Apartment)


class Recipient(models.Model):
    """Where it is told that the state of an apartment has changed. Goes with its apartment (a foreign key that cascades
    in the database, so that the engine need not know of it)."""

    apartment = models.ForeignKey(
        Apartment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="recipients"
    )
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    address = models.CharField(max_length=LONGEST_ADDRESS, help_text="An e-mail address, or the URL of a webhook.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["apartment", "channel", "address"], name="recipient_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="recipient_channel"),
        )

    def __str__(self) -> str:
        return shown(self.channel, self.address)

    def clean(self) -> None:
        """Raises ValidationError for an address that its channel cannot have."""
        if self.address and self.channel in Channel.values:
            try:
                validate_address(self.channel, self.address)
            except ValidationError as error:
                raise ValidationError({"address": error.messages}) from error

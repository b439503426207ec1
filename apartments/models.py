"""Apartments, each at one logical address of its site."""

import re

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Deferrable, F, Func, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact

from linkmgr.bulk.models import Linked
from linkmgr.history.log import keep_log

ADDRESS_RANGES = {"building": (1, 9999), "unit": (0, 99), "floor": (0, 98), "room": (0, 99)}
"""Floor 99 is reserved (contract §2)."""
ADDRESS = tuple(ADDRESS_RANGES)
LONGEST_TEXT = 255
MOST_RESIDENTS = 32_767
NAME = re.compile(r"\S(?:.*\S)?")
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `\\S` excludes, for the database, whose own idea of space is another."""


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

    class Meta:
        ordering = ADDRESS
        triggers = Linked.Meta.triggers
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

"""django-ninja + `bulk_create(update_conflicts=True)`.

Sources: django-ninja, "Request Body", "Response Schema" and "Authentication"; Django, `QuerySet.bulk_create`.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI, Schema
from ninja.security import HttpBearer
from pydantic import ConfigDict, Field, ValidationError, model_validator

from benchmarks.peers.models import NinjaContact, Token
from benchmarks.peers.rules import FIELDS, LONGEST, digest, number_fits


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        return Token.objects.filter(digest=digest(token)).first()


api = NinjaAPI(auth=Bearer())


class ContactIn(Schema):
    model_config = ConfigDict(strict=True)

    link_id: Annotated[UUID, Field(strict=False)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    type: Literal["regular", "individual", "multi", "global"]
    number: Annotated[str, Field(max_length=LONGEST)]
    is_favorite: bool = False
    is_default: bool = False
    auto_answer: bool = False
    in_black_list: bool = False

    @model_validator(mode="after")
    def together(self) -> Self:
        if not number_fits(self.type, self.number):
            raise ValueError("number does not fit the type")
        if self.auto_answer and self.in_black_list:
            raise ValueError("both flags")
        return self


class Items(Schema):
    list_items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)]


class Result(Schema):
    link_id: str | None
    success: bool
    extended_info: str


class Results(Schema):
    result: list[Result]


@api.post("/contacts", response=Results)
def link(request: Any, items: Items) -> dict[str, Any]:
    read = [contact_of(item) for item in items.list_items]
    contacts = {contact.link_id: contact for contact in read if contact}
    now, site_id = timezone.now(), request.auth.site_id
    with transaction.atomic():
        stored = NinjaContact.objects.filter(site_id=site_id, link_id__in=contacts)
        known = set(stored.values_list("link_id", flat=True))
        NinjaContact.objects.bulk_create(
            [NinjaContact(site_id=site_id, updated_at=now, **each.dict()) for each in contacts.values()],
            update_conflicts=True,
            unique_fields=["link_id", "site_id"],
            update_fields=[*FIELDS, "updated_at"],
        )
    return {"result": [told(item, contact, known) for item, contact in zip(items.list_items, read, strict=True)]}


def contact_of(item: dict[str, Any]) -> ContactIn | None:
    try:
        return ContactIn.model_validate(item)
    except ValidationError:
        return None


def told(item: dict[str, Any], contact: ContactIn | None, known: set[UUID]) -> dict[str, Any]:
    if contact is None:
        return {"link_id": item.get("link_id"), "success": False, "extended_info": "invalid_entity_data"}
    info = "updated" if contact.link_id in known else "created"
    return {"link_id": str(contact.link_id), "success": True, "extended_info": info}

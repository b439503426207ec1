"""Django REST framework: a serializer with a ListSerializer of its own, and `bulk_create(update_conflicts=True)`.

Sources: DRF, "Customizing ListSerializer behavior", "Custom authentication" and "Validation"; Django,
`QuerySet.bulk_create`.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.peers.models import DrfContact
from benchmarks.peers.rules import FIELDS, LONGEST, TYPES, number_fits

Items = list[dict[str, Any]]
Valid = dict[str, Any]


class ContactList(serializers.ListSerializer[Any]):
    def create(self, validated_data: list[Valid]) -> set[UUID]:
        """Store all of them; the link_ids that were stored before."""
        contacts = {valid["link_id"]: valid for valid in validated_data}
        now, site_id = timezone.now(), self.context["site_id"]
        with transaction.atomic():
            stored = DrfContact.objects.filter(site_id=site_id, link_id__in=contacts)
            known = set(stored.values_list("link_id", flat=True))
            DrfContact.objects.bulk_create(
                [DrfContact(site_id=site_id, updated_at=now, **valid) for valid in contacts.values()],
                update_conflicts=True,
                unique_fields=["link_id", "site_id"],
                update_fields=[*FIELDS, "updated_at"],
            )
        return known


class ContactSerializer(serializers.Serializer[Any]):
    link_id = serializers.UUIDField()
    name = serializers.CharField(max_length=LONGEST, trim_whitespace=False)
    type = serializers.ChoiceField(TYPES)
    number = serializers.CharField(max_length=LONGEST)
    is_favorite = serializers.BooleanField(default=False)
    is_default = serializers.BooleanField(default=False)
    auto_answer = serializers.BooleanField(default=False)
    in_black_list = serializers.BooleanField(default=False)

    class Meta:
        list_serializer_class = ContactList

    def validate(self, attrs: Valid) -> Valid:
        if not number_fits(attrs["type"], attrs["number"]):
            raise serializers.ValidationError({"number": "does not fit the type"})
        if attrs["auto_answer"] and attrs["in_black_list"]:
            raise serializers.ValidationError({"auto_answer": "not with in_black_list"})
        return attrs


class Contacts(APIView):
    """A subclass says how valid items are stored."""

    serializer: ClassVar[type[ContactSerializer]] = ContactSerializer

    def post(self, request: Request) -> Response:
        items = request.data.get("list_items") if isinstance(request.data, dict) else None
        if not isinstance(items, list) or not 1 <= len(items) <= 10_000:
            raise ValidationError({"list_items": "1 to 10000 items"})
        context = {"site_id": request.auth.site_id}  # type: ignore[union-attr]
        read = self.serializer(data=items, many=True, context=context)
        good = items
        if not read.is_valid():
            faults: dict[int, Any] = read.errors  # by index, since DRF 3.18
            good = [item for at, item in enumerate(items) if at not in faults]
            read = self.serializer(data=good, many=True, context=context)
            read.is_valid(raise_exception=True)
        known = read.save()
        fine = {id(item) for item in good}
        return Response({"result": [told(item, id(item) in fine, known) for item in items]})


class BulkContacts(Contacts):
    pass


def told(item: dict[str, Any], good: bool, known: set[UUID]) -> dict[str, Any]:
    if not good:
        return {"link_id": item.get("link_id"), "success": False, "extended_info": "invalid_entity_data"}
    info = "updated" if UUID(item["link_id"]) in known else "created"
    return {"link_id": item["link_id"].lower(), "success": True, "extended_info": info}

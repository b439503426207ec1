"""Django REST framework + `update_or_create` of each item: what one writes first.

Source: Django, `QuerySet.update_or_create`; the rest is as in `drf`.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from benchmarks.peers import models
from benchmarks.peers.drf import ContactList, Contacts, ContactSerializer, Valid


class EachOfList(ContactList):
    def create(self, validated_data: list[Valid]) -> set[UUID]:
        now, site_id, known = timezone.now(), self.context["site_id"], set()
        with transaction.atomic():
            for valid in validated_data:
                defaults = {**valid, "updated_at": now}
                link_id = defaults.pop("link_id")
                key = {"site_id": site_id, "link_id": link_id}
                _, created = models.EachContact.objects.update_or_create(**key, defaults=defaults)
                if not created:
                    known.add(link_id)
        return known


class EachSerializer(ContactSerializer):
    class Meta:
        list_serializer_class = EachOfList


class EachContact(Contacts):
    serializer = EachSerializer

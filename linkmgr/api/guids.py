"""link_ids in addresses, in any letter case (contract §1)."""

from django.urls import register_converter
from django.urls.converters import UUIDConverter


class GuidConverter(UUIDConverter):
    regex = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


register_converter(GuidConverter, "guid")

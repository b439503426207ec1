"""Addresses of apartments: kind and voice, nothing else."""

from apartments.bulk import APARTMENT
from apartments.models import ADDRESS
from linkmgr.api.views import LinkItems


class ApartmentItems(LinkItems):
    kind = APARTMENT
    sorting = {"apartment_address": ADDRESS, "apartment_name": ("apartment_name",), "residents": ("residents_count",)}

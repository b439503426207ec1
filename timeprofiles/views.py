"""Addresses of time profiles: kind and voice, nothing else."""

from linkmgr.api.views import LinkDelete, LinkItems
from timeprofiles.bulk import TIME_PROFILE


class TimeProfileItems(LinkItems):
    kind = TIME_PROFILE
    sorting = {"name": ("name",), "date_from": ("date_from",), "date_to": ("date_to",)}


class TimeProfileDelete(LinkDelete):
    kind = TIME_PROFILE

"""What the schema generator needs to know about items and voices."""

from drf_spectacular.openapi import AutoSchema


class DeviceSchema(AutoSchema):
    pass

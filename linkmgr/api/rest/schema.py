"""How addresses of the resource API describe themselves."""

from drf_spectacular.openapi import AutoSchema


class RestSchema(AutoSchema):
    pass

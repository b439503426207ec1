"""How addresses of this dialect describe themselves."""

from typing import Any

import msgspec
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from linkmgr.api.components import schema_of
from linkmgr.api.webapi.body import MEDIA_TYPES
from linkmgr.api.webapi.negotiation import OFFERED


class Fault(msgspec.Struct):
    """A fault of the call."""

    Message: str
    ModelState: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET


class WebApiSchema(AutoSchema):
    """All of it follows from the view's `body`, `answer`, `listed` and `flags`."""

    def get_tags(self) -> list[str]:
        return ["records" if "change-sets" in self.path else "states"]

    def get_summary(self) -> str:
        return str(self.view.__doc__)

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        return [OpenApiParameter(name, bool, description=text) for name, text in view.flags.items()]

    def get_request_serializer(self) -> Any:
        view: Any = self.view
        return view.body if self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        view: Any = self.view
        answer = view.answer
        if view.listed:
            answer = schema_of(list[answer], self)  # type: ignore[valid-type]
        return {200: answer} | dict.fromkeys((400, 401, 403, 404, 413, 415, 429, 503), Fault)

    def map_parsers(self) -> list[str]:
        return [*MEDIA_TYPES]

    def map_renderers(self, attribute: str) -> list[str]:
        return [*OFFERED]

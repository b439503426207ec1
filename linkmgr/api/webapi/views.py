"""What every address of this dialect shares."""

from typing import Any, ClassVar

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from linkmgr.api.webapi.negotiation import answer_type, is_xml
from linkmgr.api.webapi.schema import WebApiSchema
from linkmgr.api.webapi.xml import render

NAMESPACE = "http://schemas.datacontract.org/2004/07/UP.Core.Data"


class WebApiView(APIView):
    """Any address of this dialect. All but `told` is for its description: `named` is the operation, `namespace` that of
    the body's XML."""

    named: ClassVar[str]
    tag: ClassVar[str] = "change-state"
    namespace: ClassVar[str] = ""
    body: ClassVar[type[msgspec.Struct] | None] = None
    answer: ClassVar[type[msgspec.Struct]]
    listed: ClassVar[bool] = False
    flags: ClassVar[dict[str, str]] = {}
    schema = WebApiSchema()
    http_method_names: tuple[str, ...] = ("get", "post", "head")

    def told(self, request: Request, value: Any) -> HttpResponse:
        """200 with a Struct, or an xml.Listed of Structs, in the form that the client prefers."""
        kind = answer_type(request)
        body = render(value, NAMESPACE) if is_xml(kind) else msgspec.json.encode(value)
        return HttpResponse(body, content_type=f"{kind}; charset=utf-8")

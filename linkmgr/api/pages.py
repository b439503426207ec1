"""The OpenAPI document, and a page to read it and try it, which needs no foreign host."""

from collections.abc import Mapping

from django.http import HttpResponse
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from linkmgr.api import parts
from linkmgr.api.description import Description
from linkmgr.api.openapi import DOCUMENT, document
from linkmgr.api.parts import content, response
from linkmgr.api.rest.versions import etag_of


class PageSchema(Description):
    def tag(self) -> str:
        return "description"

    def operation_id(self) -> str:
        return f"{self.path.rpartition('/')[2]}_retrieve"

    def responses(self) -> Mapping[int, parts.Response]:
        told: dict[int, parts.Response] = self.view.told
        return told


class Document(APIView):
    """Show this document"""

    schema = PageSchema()
    told = {200: response("The document.", content({"type": "object"}, DOCUMENT), "ETag")}
    authentication_classes = ()
    permission_classes = ()
    http_method_names = ("get", "head")

    def get(self, request: Request) -> HttpResponse:
        headers = {"ETag": etag_of(document()), "Cache-Control": "no-cache"}  # the same for everybody
        return HttpResponse(document(), content_type=DOCUMENT, headers=headers)


class Docs(SpectacularSwaggerSplitView):
    """Show a page to read this document, and to try what it tells"""

    schema = PageSchema()
    told = {200: response("The page.", content({"type": "string"}, "text/html"))}
    http_method_names = ("get", "head")

    def get(self, request: Request) -> Response:
        """With `script`, what the page runs."""
        shown: Response = super().get(request)  # type: ignore[no-untyped-call]
        return shown

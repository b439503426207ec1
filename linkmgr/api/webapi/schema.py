"""How addresses of this dialect describe themselves: all of it follows from the view's `body`, `answer` and `flags`."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from linkmgr.api.components import component, members_of, schema_of
from linkmgr.api.description import Description
from linkmgr.api.parts import FLAG, Parameter, Response, Schema, content, faults, link, parameter, response
from linkmgr.api.webapi import body
from linkmgr.api.webapi.negotiation import OFFERED
from linkmgr.api.webapi.xml import ARRAYS
from linkmgr.bulk.fields import TEXT

READING, WRITING = (401, 403, 429, 503), (400, 401, 403, 413, 415, 429, 503)


class Fault(msgspec.Struct):
    """A fault of the call."""

    Message: str
    ModelState: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET


class WebApiSchema(Description):
    def tag(self) -> str:
        return str(self.view.tag)

    def operation_id(self) -> str:
        return str(self.view.named)

    def parameters(self) -> Iterable[Parameter]:
        return [parameter(name, FLAG, text) for name, text in self.view.flags.items()]

    def request_body(self) -> dict[str, Any] | None:
        if self.view.body is None:
            return None
        told = schema_of(self.view.body, self.registry)
        contents = content(told, *body.JSON) | content(self._as_xml(), *body.XML) | {body.FORM: self._as_form()}
        return {"required": True, "content": contents}

    def responses(self) -> Mapping[int, Response]:
        answer = self.view.answer
        told = schema_of(answer, self.registry)
        statuses = WRITING if self.view.body else READING
        also = (404,) if "{" in self.path else ()
        if self.view.listed:
            told = {"type": "array", "items": told}
        headers = ("X-Change-Set",) if self.view.body else ()
        links = {"change_set": link("change_sets_retrieve", "The record of it.", {"id": "$response.body#/id"})}
        good = response("Done, or why not.", content(told, *OFFERED), *headers, links=links if self.view.body else None)
        return {200: good, **faults((*statuses, *also), self._fault)}

    def _fault(self, status: int) -> dict[str, Any]:
        return content(schema_of(Fault, self.registry), *OFFERED)

    def _as_xml(self) -> Schema:
        """In DataContract's namespaces; members that are null are left out, or `i:nil`."""
        own = self._of_characters(self._flat())
        own["xml"] = {"name": self.view.body.__name__, "namespace": self.view.namespace}
        for member in own["properties"].values():
            if member.get("type") == "array":
                member["xml"] = {"wrapped": True}
                member["items"]["xml"] = {"name": "guid", "namespace": ARRAYS}
        return component(f"{self.view.body.__name__}Xml", own, self.registry)

    def _as_form(self) -> dict[str, Any]:
        """`ids=…` repeated, or `ids[0]=…`; `parent[id]=…` or `parent.id=…`."""
        own = {**self._flat(), "minProperties": 1}
        for name, member in own["properties"].items():
            if member.get("type") == "array":
                own["properties"][name] = {"anyOf": [member, member["items"]]}
        inner = [name for name, member in own["properties"].items() if "$ref" in member]
        return {
            "schema": component(f"{self.view.body.__name__}Form", own, self.registry),
            "encoding": {name: {"style": "deepObject", "explode": True} for name in inner},
        }

    def _of_characters(self, schema: Any) -> Any:
        """XML has no NUL that could be refused."""
        if isinstance(schema, list):
            return [self._of_characters(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._of_characters(self.registry[name, "schemas"].schema)
        return {name: self._of_characters(part) for name, part in schema.items() if (name, part) not in TEXT.items()}

    def _flat(self) -> Schema:
        """Where all is text: nothing is null but what is not there, and lists are of texts."""
        own = members_of(self.view.body, self.registry)
        return {**own, "properties": {name: _some(member) for name, member in own["properties"].items()}}


def _some(member: Schema) -> Schema:
    """Without null, which an empty text is."""
    options = [option for option in member.get("anyOf", ()) if option != {"type": "null"}]
    some = dict(options[0]) if options else {name: part for name, part in member.items() if name != "default"}
    if options and some.get("format", some.get("pattern", TEXT["pattern"])) != TEXT["pattern"]:
        return {"anyOf": [some, {"type": "string", "maxLength": 0}]}
    if some.get("type") == "boolean":
        return {"anyOf": [some, {"type": "integer", "minimum": 0, "maximum": 1}]}
    return {**some, "items": {"type": "string"}} if some.get("type") == "array" else some

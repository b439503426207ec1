"""How addresses of the resource API describe themselves: all of it follows from the view's resource and action."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from linkmgr.api.body import NDJSON
from linkmgr.api.components import component, members_of, schema_of
from linkmgr.api.description import Description
from linkmgr.api.parts import UUID, Parameter, Response, Schema, body, content, faults, link, response
from linkmgr.api.rest import parameters
from linkmgr.api.rest.answers import BulkAnswer, Summary
from linkmgr.api.rest.problems import PROBLEM_JSON, ProblemDocument
from linkmgr.api.voices import JSON
from linkmgr.bulk.kind import MOST_ITEMS

COLLECTION = {"list", "create"}
"""Actions at the address with a slash at its end."""
WORDS = {"update": "replace", "partial_update": "change", "destroy": "delete", "show": "retrieve"}
ANY = (400, 401, 403, 429, 503)
WRITING = (409, 412, 413, 415, 422)
FAULTS = {
    "create": WRITING,
    "update": WRITING,
    "partial_update": WRITING,
    "destroy": (409, 412),
    "bulk": (409, 413, 415, 422),
}
MEMBER = "$response.body#/link_id"
FIRST = "$response.body#/items/0/"


class Described(NamedTuple):
    """An action that is none of a collection's own: what it answers, what it can be asked, and its faults besides."""

    answer: type[msgspec.Struct] | Schema
    parameters: tuple[Parameter, ...] = ()
    faults: tuple[int, ...] = ()
    media_type: str = JSON


class RestSchema(Description):
    """A view has a `resource`, `described` for actions of its own, and `media_types` if a member is told in others than
    JSON; or else the Struct it shows, `answer`."""

    @property
    def action(self) -> str:
        return str(self.view.action)

    @property
    def resource(self) -> Any:
        return getattr(self.view, "resource", None)

    @property
    def own(self) -> Described | None:
        """What the view says of the action itself."""
        said = getattr(self.view, "described", {}).get(self.action)
        if said is None and self.resource is None:
            return Described(self.view.answer)
        return said

    @property
    def noun(self) -> str:
        """What its members are called in names of components."""
        return str(self.resource.shown.__name__)

    def is_excluded(self) -> bool:
        """Of an address with and without a slash at its end the one that is not the canonical one."""
        return self.path.endswith("/") != (self.action in COLLECTION and self.resource is not None)

    def operation_id(self) -> str:
        return f"{self.tag().replace('-', '_')}_{WORDS.get(self.action, self.action)}"

    def tag(self) -> str:
        return self.resource.name if self.resource else self.path.rstrip("/").rpartition("/")[2]

    def documented(self) -> Any:
        return getattr(self.view, self.action)

    def key_schema(self) -> Schema:
        field = self.resource.model._meta.get_field(self.resource.key)
        return UUID if field.get_internal_type() == "UUIDField" else {"type": "integer", "minimum": 0}

    def parameters(self) -> Iterable[Parameter]:
        if self.own:
            return (*self.own.parameters, *parameters.TAGGED)
        match self.action:
            case "list":
                return parameters.of_list(self.resource)
            case "retrieve":
                return (parameters.of_fields(self.resource), *parameters.TAGGED)
            case "bulk":
                return parameters.BULK
        return (parameters.DRY_RUN, *parameters.TAGGED)

    def request_body(self) -> dict[str, Any] | None:
        match self.action:
            case "create" | "update" | "partial_update":
                return body(self._written())
            case "bulk":
                return self._bulk_body()
        return None

    def responses(self) -> Mapping[int, Response]:
        also = (404,) if "{" in self.path else ()
        more = (412, *self.own.faults) if self.own else FAULTS.get(self.action, (412,))
        return {**self._good(), **faults((*ANY, *also, *more), self._problem)}

    def _good(self) -> dict[int, Response]:
        if self.own:
            return self._read(self._own_answer())
        match self.action:
            case "list":
                return self._read(content(self._page()), "Link", links=self._links(FIRST, "retrieve"))
            case "retrieve":
                return self._read(content(self._member(), *getattr(self.view, "media_types", ())))
            case "destroy":
                return {204: response("It is deleted.", None, "X-Change-Set")}
            case "bulk":
                return {200: self._bulk_answer()}
        return self._written_answers()

    def _read(self, told: dict[str, Any], *headers: str, **more: Any) -> dict[int, Response]:
        unchanged = response("The client has this version already.", None, "ETag")
        return {200: response("What is stored.", told, "ETag", *headers, **more), 304: unchanged}

    def _own_answer(self) -> dict[str, Any]:
        assert self.own
        told = self.own.answer
        return content(told if isinstance(told, dict) else schema_of(told, self.registry), self.own.media_type)

    def _written_answers(self) -> dict[int, Response]:
        member, words = content(self._whole()), ("retrieve", "update", "partial_update", "destroy")
        links = self._links("", *words) | self._tagged("update", "partial_update", "destroy")
        created = response("It is created.", member, "ETag", "Location", "X-Change-Set", links=links)
        stored = response("It is stored.", member, "ETag", "X-Change-Set", links=links)
        return {"create": {201: created}, "update": {200: stored, 201: created}}.get(self.action, {200: stored})

    def _links(self, at: str, *actions: str) -> dict[str, Any]:
        """To a member that the answer tells."""
        if not hasattr(self.resource, "kind"):
            actions = tuple(each for each in actions if each == "retrieve")
        key = self.resource.key
        named = {action: WORDS.get(action, action) for action in actions}
        where = f"{at}{key}" if at else MEMBER
        return {
            word: link(f"{self._prefix()}_{word}", f"To {word} it.", {key: where}) for action, word in named.items()
        }

    def _tagged(self, *actions: str) -> dict[str, Any]:
        """The same, as long as it is this version."""
        parameters = {self.resource.key: MEMBER, "header.If-Match": "$response.header.ETag"}
        words = [WORDS[action] for action in actions]
        about = "as long as it is this version."
        return {
            f"{word}_this": link(f"{self._prefix()}_{word}", f"To {word} it, {about}", parameters) for word in words
        }

    def _prefix(self) -> str:
        return self.tag().replace("-", "_")

    def _problem(self, status: int) -> dict[str, Any]:
        document = schema_of(ProblemDocument, self.registry)
        if (self.action, status) != ("bulk", 422):
            return content(document, PROBLEM_JSON)
        summary = schema_of(Summary, self.registry)
        told = {**members_of(ProblemDocument, self.registry)}
        told["properties"] = {**told["properties"], "summary": summary}
        return content(component("BulkProblem", told, self.registry), PROBLEM_JSON) | self._lines(self._answer_lines())

    def _whole(self) -> Schema:
        return schema_of(self.resource.shown, self.registry)

    def _member(self) -> Schema:
        """What is told of one: with `fields` only a part of it."""
        part = {**members_of(self.resource.shown, self.registry), "required": []}
        del part["required"]
        part["description"] = "The members that `fields` named."
        return {"anyOf": [self._whole(), component(f"{self.noun}Part", part, self.registry)]}

    def _page(self) -> Schema:
        properties = {
            "items": {"type": "array", "items": self._member()},
            "total": {"type": "integer", "minimum": 0, "description": "How many there are on all pages, if asked for."},
            "next": {
                "anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}],
                "description": "The address of the next page; null on the last one.",
            },
        }
        page = {"type": "object", "properties": properties, "required": ["items", "next"]}
        return component(f"{self.noun}Page", page, self.registry)

    def _written(self) -> Schema:
        """An item as this action reads it."""
        item = members_of(self.resource.kind.item, self.registry)
        members, required = {**item["properties"]}, [name for name in item["required"] if name != "link_id"]
        if self.action == "create":
            members["link_id"] = {**members["link_id"], "description": "A new one is made without it."}
            return component(f"New{self.noun}", {**item, "properties": members, "required": required}, self.registry)
        shown = members_of(self.resource.shown, self.registry)["properties"]
        for name in ("link_id", *self.resource.read_only):
            members[name] = {**shown[name], "readOnly": True}
        if self.action == "update":
            changed = {**item, "properties": members, "required": required}
            return component(f"{self.noun}Replacement", changed, self.registry)
        # what members say together is said of all of them, and here some may stay as they are stored
        changed = {name: value for name, value in item.items() if name not in {"required", "allOf"}}
        return component(f"{self.noun}Patch", {**changed, "properties": members}, self.registry)

    def _bulk_body(self) -> dict[str, Any]:
        item = component(f"{self.noun}BulkItem", members_of(self.resource.kind.item, self.registry), self.registry)
        listed = {"type": "array", "maxItems": MOST_ITEMS, "items": item}
        items = {"type": "object", "properties": {"items": listed}, "required": ["items"]}
        named = component(f"{self.noun}Bulk", items, self.registry)
        lines = f"One `{self.noun}BulkItem` a line, as many as there are."
        return {"required": True, "content": content(named) | self._lines(lines)}

    def _bulk_answer(self) -> Response:
        answer = content(schema_of(BulkAnswer, self.registry)) | self._lines(self._answer_lines())
        links = self._links(FIRST, "retrieve", "destroy")
        about = "Each item is answered, in request order. Refused ones are not stored, the others are."
        return response(about, answer, "X-Change-Set", "Idempotency-Replayed", "Server-Timing", links=links)

    def _lines(self, about: str) -> dict[str, Any]:
        return content({"type": "string", "description": about}, NDJSON)

    def _answer_lines(self) -> str:
        lines = 'One `ItemAnswer` a line, and on the last one `{"summary": Summary}`.'
        return f"{lines} Told if the Accept header says so, or the body was such."

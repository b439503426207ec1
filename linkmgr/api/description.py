"""How any address describes itself in the OpenAPI document. Everything follows from its view; a dialect says how."""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from linkmgr.api.examples import with_examples
from linkmgr.api.parts import UUID, Parameter, Response, Schema, parameter


class Description(AutoSchema):
    """Of one operation. A subclass fills in the parts."""

    view: Any

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        self.registry, self.path, self.method = registry, path, method.upper()
        if self.is_excluded():
            return None
        operation = {
            "operationId": self.operation_id(),
            "tags": [self.tag()],
            **self._texts(),
            "parameters": [*self._path_parameters(), *self.parameters()],
            "requestBody": self.request_body(),
            "responses": {str(status): response for status, response in sorted(self.responses().items())},
            "security": self.get_auth() if self.view.authentication_classes else [],
        }
        told = {key: value for key, value in operation.items() if value or key == "security"}
        return with_examples(told)

    def operation_id(self) -> str:
        raise NotImplementedError

    def tag(self) -> str:
        raise NotImplementedError

    def documented(self) -> Any:
        """What has the docstring: its first line is the summary."""
        return self.view

    def parameters(self) -> Iterable[Parameter]:
        return ()

    def request_body(self) -> dict[str, Any] | None:
        return None

    def responses(self) -> Mapping[int, Response]:
        raise NotImplementedError

    def key_schema(self) -> Schema:
        """Of what stands in the path."""
        return UUID

    def _texts(self) -> dict[str, str]:
        summary, _, rest = str(self.documented().__doc__).strip().partition("\n")
        return {"summary": summary.removesuffix("."), "description": " ".join(rest.split())}

    def _path_parameters(self) -> Iterable[Parameter]:
        names = [part.partition("}")[0] for part in self.path.split("{")[1:]]
        return [parameter(name, self.key_schema(), where="path", required=True) for name in names]

"""A body of any of the five types → a Struct. JSON's types are its own; texts of XML and forms are read as the Struct
needs them."""

import codecs
import re
from functools import cache
from typing import Any, TypeVar

import msgspec
from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from msgspec import inspect

from linkmgr.api.body import WrongBody, decode_json, read_bytes
from linkmgr.api.webapi import form, xml
from linkmgr.api.webapi.negotiation import media_type
from linkmgr.api.webapi.tree import Node, Unreadable
from linkmgr.bulk.faults import Fault, Problem, find_faults

JSON, XML, FORM = (
    ("application/json", "text/json"),
    ("application/xml", "text/xml"),
    "application/x-www-form-urlencoded",
)
MEDIA_TYPES = (*JSON, *XML, FORM)
CHARSETS = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "cp1250", "cp1251", "cp1252"}
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
MOST_BYTES = 4 * 2**20
"""Ten times what the longest call needs. All of it becomes values before they are counted, so it is less than lists of
items may have."""
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)

S = TypeVar("S", bound=msgspec.Struct)


class Unsupported(Exception):
    """415: a body of a type that is none of MEDIA_TYPES; of none at all if `media_type` is empty."""

    def __init__(self, media_type: str) -> None:
        super().__init__(media_type)
        self.media_type = media_type


def read_struct(request: HttpRequest, kind: type[S], *, name: str, namespace: str) -> S:
    """The body as `kind`; `name` is what its faults are told under, `namespace` that of its XML.

    Raises Unsupported, body.TooLarge or WrongBody.
    """
    body = read_bytes(request, MOST_BYTES)
    try:
        node = _parse(request, body, f"{{{namespace}}}{kind.__name__}")
        return _convert(node, kind, name, texts=media_type(request) not in JSON)
    except Unreadable as error:
        raise WrongBody(Fault((name,), Problem.VALUE, word=error.word)) from error
    except RecursionError as error:
        raise WrongBody(Fault((name,), Problem.VALUE, word="too_deep")) from error


def _parse(request: HttpRequest, body: bytes, root: str) -> Node:
    own = media_type(request)
    if not body.strip():
        raise Unreadable("no_body")
    if own not in MEDIA_TYPES:
        raise Unsupported(own)
    charset = _charset(request)
    if own in XML:
        return xml.parse(body, charset, root)
    if own == FORM:
        return form.parse(body, charset)
    return _parse_json(body, charset)


def _parse_json(body: bytes, charset: str | None) -> Node:
    try:
        text = body.decode(charset or "utf-8").removeprefix("\ufeff")
        value = decode_json(text.encode())
    except ValueError as error:
        raise Unreadable("no_json") from error
    if value is None:
        raise Unreadable("no_body")
    if not isinstance(value, dict):
        raise Unreadable("no_object")
    return value


def _charset(request: HttpRequest) -> str | None:
    """The encoding that the Content-Type says. Raises Unsupported for one that no client of this dialect uses."""
    _, params = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    if "charset" not in params:
        return None
    try:
        named = codecs.lookup(params["charset"].strip('"')).name
    except (LookupError, ValueError):
        named = ""
    if named not in CHARSETS:
        raise Unsupported(request.META["CONTENT_TYPE"])
    return named


def _convert(node: Node, kind: type[S], name: str, *, texts: bool) -> S:
    value = _read(_shape(kind), node, texts=texts)
    if faults := [*find_faults(_shape(kind), value, (name,))]:
        raise WrongBody(*faults)
    return msgspec.convert(value, kind)


@cache
def _shape(kind: type[msgspec.Struct]) -> inspect.Type:
    return inspect.type_info(kind)


def _read(kind: inspect.Type, value: Any, *, texts: bool) -> Any:
    """A value as its type would have it: members by their names without regard to case, texts as what they say.

    What says nothing that the type knows stays as it is, for find_faults to judge.
    """
    match kind:
        case inspect.Metadata():
            return _read(kind.type, value, texts=texts)
        case inspect.UnionType() if value is None or (texts and isinstance(value, str) and not value.strip()):
            return None
        case inspect.UnionType():
            return _read(next(each for each in kind.types if not _is_none(each)), value, texts=texts)
        case inspect.StructType() if isinstance(value, dict):
            return _members(kind, value, texts=texts)
    return _said(kind, value) if texts else value


def _said(kind: inspect.Type, value: Any) -> Any:
    """What a text of XML or of a form says."""
    match kind:
        case inspect.StructType() if isinstance(value, str) and not value.strip():
            return {}
        case inspect.ListType() if isinstance(value, str):
            return [value] if value.strip() else []
        case inspect.StrType(pattern=str()) if isinstance(value, str):
            return value.strip()
        case inspect.IntType() if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
            return int(value)
        case inspect.BoolType() if isinstance(value, str):
            return BOOLEANS.get(value.strip().lower(), value)
    return value


def _members(kind: inspect.StructType, value: Node, *, texts: bool) -> Node:
    loosely = {name.lower(): member for name, member in value.items()}
    return {
        field.name: _read(field.type, value[field.name] if field.name in value else loosely[field.name], texts=texts)
        for field in kind.fields
        if field.name in loosely
    }


def _is_none(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.NoneType)

"""DataContract XML, in and out."""

import re
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from linkmgr.api.webapi.tree import Node, Unreadable

INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
NIL = f"{{{INSTANCE}}}nil"
MOST_LEVELS = 64
NO_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(body: bytes, encoding: str | None, root: str) -> Node:
    """The members of the root, `{namespace}Name`; their values are texts, nodes, lists of texts, or None for nil.

    Elements of other namespaces are skipped. Raises Unreadable for another root, a DOCTYPE, an entity, or what is
    no XML.
    """
    known = "utf-8" if encoding else None  # expat knows few others by their names
    parser = DefusedXMLParser(target=_Reader(root), encoding=known, forbid_dtd=True)  # type: ignore[no-untyped-call]
    try:
        parser.feed(body.decode(encoding).encode() if encoding else body)
        node: Node = parser.close()
    except DefusedXmlException as error:
        raise Unreadable("no_doctype") from error
    except (ParseError, LookupError, ValueError) as error:
        raise Unreadable("no_xml") from error
    return node


class _Reader:
    """Builds the node as the parser goes; what is too deep ends it, so nothing here recurses."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._namespace = root.partition("}")[0] + "}"
        self._open: list[_Open] = []
        self._skipped = 0
        self._read: Node = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) + self._skipped >= MOST_LEVELS:
            raise Unreadable("too_deep")
        if not self._open and tag != self._root:
            raise Unreadable("other_root")
        if self._skipped or not tag.startswith((self._namespace, f"{{{ARRAYS}}}")):
            self._skipped += 1
        else:
            self._open.append(_Open(tag, is_nil=attributes.get(NIL, "").strip() in {"true", "1"}))

    def data(self, text: str) -> None:
        if self._open and not self._skipped:
            self._open[-1].texts.append(text)

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        closed = self._open.pop()
        if self._open:
            self._open[-1].take(closed)
        elif closed.is_nil:
            raise Unreadable("no_body")
        else:
            self._read = closed.members

    def close(self) -> Node:
        return self._read


class _Open:
    """An element that is being read."""

    def __init__(self, tag: str, *, is_nil: bool) -> None:
        namespace, _, self.name = tag.rpartition("}")
        self.is_item = namespace == f"{{{ARRAYS}"  # rpartition took the closing brace
        self.is_nil = is_nil
        self.texts: list[str] = []
        self.members: Node = {}
        self.items: list[Any] = []

    def take(self, child: "_Open") -> None:
        if child.is_item:
            value = child.value()
            self.items.append(value.strip() if isinstance(value, str) else value)
        else:
            self.members[child.name] = child.value()

    def value(self) -> Any:
        if self.is_nil:
            return None
        return self.items or self.members or "".join(self.texts)


def render(value: Any, namespace: str) -> bytes:
    """A Struct, or a list of them of which `item` is the type, as Web API writes it: members in ordinal order, no
    declaration, null as nil."""
    name = f"ArrayOf{value.item.__name__}" if isinstance(value, Listed) else type(value).__name__
    root = Element(name, {"xmlns:i": INSTANCE, "xmlns": namespace})
    _fill(root, list(value) if isinstance(value, Listed) else value)
    return written(root)


def written(root: Element) -> bytes:
    """Without a declaration."""
    body: bytes = tostring(root, "utf-8", xml_declaration=False)
    return body.replace(b"\r", b"&#13;")  # or readers would take it for a line feed


class Listed(list[Any]):
    """A list that knows what it is a list of, also when it is empty."""

    def __init__(self, item: type[msgspec.Struct], values: Any) -> None:
        super().__init__(values)
        self.item = item


def _fill(element: Element, value: Any) -> None:
    match value:
        case None:
            element.set("i:nil", "true")
        case list():
            for member in value:
                _fill(SubElement(element, type(member).__name__), member)
        case msgspec.Struct():
            json_only = getattr(value, "json_only", ())
            names = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
            for wire, name in sorted(names):
                _fill(SubElement(element, wire), None if name in json_only else getattr(value, name))
        case _:
            element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return NO_XML_CHARACTER.sub("\ufffd", str(value))

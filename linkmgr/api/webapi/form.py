"""Forms (application/x-www-form-urlencoded): `ids[0]=…&ids[1]=…`, `ids[]=…`, `ids=…`, `parent[id]=…`, `parent.id=…`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from linkmgr.api.webapi.tree import Node, Unreadable

MOST_KEYS = 1_000
INDEXED = re.compile(r"([^\[\].]+)\[([0-9]{0,20})\]")
NESTED = re.compile(r"([^\[\].]+)(?:\[([^\[\]0-9][^\[\]]*)\]|\.(.+))")


def parse(body: bytes, encoding: str | None) -> Node:
    """Lists in the order of their indexes, then what came without one. Raises Unreadable for more than MOST_KEYS."""
    try:
        pairs = parse_qsl(
            body.decode(encoding or "utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_KEYS,
            encoding=encoding or "utf-8",
            errors="strict",
        )
    except UnicodeError as error:
        raise Unreadable("no_form") from error
    except ValueError as error:
        raise Unreadable("too_many_keys") from error
    return _tree(pairs)


def _tree(pairs: list[tuple[str, str]]) -> Node:
    """A name that comes once is a text, one that repeats or has brackets a list."""
    tree: Node = {}
    indexed: dict[str, list[tuple[float, str]]] = {}
    spelled: dict[str, str] = {}
    for key, value in pairs:
        if item := INDEXED.fullmatch(key):
            place = int(item[2]) if item[2] else float("inf")
            indexed.setdefault(_as_before(item[1], spelled), []).append((place, value))
        elif member := NESTED.fullmatch(key):
            _put(tree, _as_before(member[1], spelled), {member[2] or member[3]: value})
        else:
            _put(tree, _as_before(key, spelled), value)
    for name, values in indexed.items():
        bare = tree.get(name, [])
        unindexed = bare if isinstance(bare, list) else [bare]
        tree[name] = [value for _, value in sorted(values, key=lambda pair: pair[0])] + unindexed
    return tree


def _as_before(name: str, spelled: dict[str, str]) -> str:
    """As the same name was spelled where it came first: `ids` and `Ids` are one list."""
    return spelled.setdefault(name.lower(), name)


def _put(tree: Node, name: str, value: Any) -> None:
    known = tree.get(name)
    if isinstance(known, dict) and isinstance(value, dict):
        known.update(value)
    elif isinstance(known, list):
        known.append(value)
    elif name in tree:
        tree[name] = [known, value]
    else:
        tree[name] = value

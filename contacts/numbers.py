"""What a contact's number may be, for its type (contract §4): once for Python, once for PostgreSQL."""

import re
from string import Formatter
from typing import Any

from django.db.models import BooleanField, Func

LONGEST_NUMBER = 255

_LABEL = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HOST_NAME = rf"(?:{_LABEL}[.])*(?![0-9]+(?::|$)){_LABEL}"
_PORT = "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
SIP = rf"sip:[0-9A-Za-z+_.-]+@(?:{_BYTE}(?:[.]{_BYTE}){{3}}|{_HOST_NAME})(?::{_PORT})?"

SHAPES = {
    "regular": "(?!0000)[0-9]{4}-[0-9]{2}-(?!99)[0-9]{2}-[0-9]{2}",
    "individual": "(?!000)[0-9]{3}-[0-9]{2}-(?!99)[0-9]{2}-[0-9]{2}-[1-9]",
    "multi": "(?!0000)[0-9]{4}-[0-9]{2}-(?!00)[0-9]{2}",
    "global": "(?!0000)(?:[0-8][0-9]{3}|9000)",
}
TYPES = (*SHAPES, "p2p")
TYPED_NUMBER = re.compile(
    "|".join(f"{kind} {shape}" for kind, shape in SHAPES.items()) + f"|(?:{'|'.join(TYPES)}) {SIP}"
)
"""`type number` as one line."""


class NumberFits(Func):
    """The same as a condition in SQL, of (type, number). LIKE sees the shape for a tenth of what a regex costs, and it
    is judged on every row that is written; only SIP addresses pay for a regex of their own."""

    output_field = BooleanField()
    arity = 2
    template = f"""CASE
        WHEN {{number}} LIKE 'sip:%%' THEN {{number}} ~ '^(?:{SIP.replace("{", "{{").replace("}", "}}")})$'
        WHEN {{number}} ~ '[^0-9-]' THEN false
        WHEN {{kind}} = 'regular' THEN {{number}} LIKE '____-__-__-__' AND {{number}} NOT LIKE '%%-%%-%%-%%-%%'
            AND {{number}} NOT LIKE '0000-%%' AND {{number}} NOT LIKE '________99-%%'
        WHEN {{kind}} = 'individual' THEN {{number}} LIKE '___-__-__-__-_' AND {{number}} NOT LIKE '%%-%%-%%-%%-%%-%%'
            AND {{number}} NOT LIKE '000-%%' AND {{number}} NOT LIKE '_______99-%%' AND {{number}} NOT LIKE '%%0'
        WHEN {{kind}} = 'multi' THEN {{number}} LIKE '____-__-__' AND {{number}} NOT LIKE '%%-%%-%%-%%'
            AND {{number}} NOT LIKE '0000-%%' AND {{number}} NOT LIKE '%%00'
        WHEN {{kind}} = 'global' THEN {{number}} LIKE '____' AND {{number}} NOT LIKE '%%-%%'
            AND {{number}} <> '0000' AND ({{number}} NOT LIKE '9%%' OR {{number}} = '9000')
        ELSE false END"""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        """Both expressions are columns or casts of values; each is compiled once for every place it stands in."""
        sql, params = "", []
        for text, name, _, _ in Formatter().parse(self.template):
            sql += text
            if name:
                part, values = compiler.compile(self.get_source_expressions()[("kind", "number").index(name)])
                sql += part
                params += values
        return sql, tuple(params)

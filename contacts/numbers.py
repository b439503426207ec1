"""What a contact's number may be, for its type (contract §4): once for Python, once for PostgreSQL."""

import re
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
    """The same as a condition in SQL, of (type, number). Shapes go by translate(): a regex on each row would cost more
    than writing it."""

    output_field = BooleanField()
    arity = 2
    template = f"""CASE
        WHEN starts_with(%(number)s, 'sip:') THEN %(number)s ~ '^(?:{SIP})$'
        WHEN %(kind)s = 'regular' THEN translate(%(number)s, '123456789', '000000000') = '0000-00-00-00'
            AND left(%(number)s, 4) <> '0000' AND substr(%(number)s, 9, 2) <> '99'
        WHEN %(kind)s = 'individual' THEN translate(%(number)s, '123456789', '000000000') = '000-00-00-00-0'
            AND left(%(number)s, 3) <> '000' AND substr(%(number)s, 8, 2) <> '99' AND right(%(number)s, 1) <> '0'
        WHEN %(kind)s = 'multi' THEN translate(%(number)s, '123456789', '000000000') = '0000-00-00'
            AND left(%(number)s, 4) <> '0000' AND right(%(number)s, 2) <> '00'
        WHEN %(kind)s = 'global' THEN translate(%(number)s, '123456789', '000000000') = '0000'
            AND %(number)s <> '0000' AND (left(%(number)s, 1) <> '9' OR %(number)s = '9000')
        ELSE false END"""

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, tuple[Any, ...]]:
        (kind, kind_params), (number, number_params) = map(compiler.compile, self.get_source_expressions())
        parts = self.template.replace("%(kind)s", "\0kind\0").replace("%(number)s", "\0number\0").split("\0")
        sources = {"kind": (kind, kind_params), "number": (number, number_params)}
        texts = [sources[part][0] if part in sources else part for part in parts]
        return "".join(texts), tuple(param for part in parts if part in sources for param in sources[part][1])

"""WebApiVoice: faults of a call as Web API 2 tells them, and every word of theirs (contract §7)."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

import msgspec

from linkmgr.api.webapi.body import Unsupported
from linkmgr.api.webapi.negotiation import is_xml
from linkmgr.api.webapi.xml import written
from linkmgr.bulk.check import Refused
from linkmgr.bulk.faults import Fault
from linkmgr.bulk.reasons import dotted, reason

INVALID = "The request is invalid."
MESSAGES = {
    400: INVALID,
    401: "Authorization has been denied for this request.",
    403: "The account may not do this.",
    404: "No such resource was found.",
    405: "The requested resource does not support this http method.",
    413: "The request body is too large.",
    429: "There were too many requests.",
    500: "An error has occurred.",
    503: "The service is unavailable.",
}
UNSUPPORTED = "The request entity's media type '{}' is not supported for this resource."
UNTYPED = (
    "The request contains an entity body but no Content-Type header. "
    "The inferred media type 'application/octet-stream' is not supported for this resource."
)
UNUSABLE = ("body", "cannot be read")


class WebApiVoice:
    """Answers in the form that was negotiated: `kind`, one of negotiation.OFFERED."""

    def __init__(self, kind: str) -> None:
        self.content_type = f"{kind}; charset=utf-8"
        self._xml = is_xml(kind)

    def error(self, status: int) -> bytes:
        return self._told(MESSAGES[status])

    def unsupported(self, refused: Unsupported) -> bytes:
        return self._told(UNSUPPORTED.format(refused.media_type) if refused.media_type else UNTYPED)

    def wrong_body(self, faults: Sequence[Fault], *, unusable: bool, explain: bool) -> bytes:
        state: dict[str, list[str]] = {}
        for fault in faults:
            state.setdefault(dotted(fault.path), []).append(reason(fault))
        return self._told(INVALID, state or {UNUSABLE[0]: [UNUSABLE[1]]})

    def refused(self, refusal: Refused, *, explain: bool) -> bytes:
        raise NotImplementedError("this dialect answers faulty ids one by one")

    def _told(self, message: str, state: dict[str, list[str]] | None = None) -> bytes:
        if not self._xml:
            return msgspec.json.encode({"Message": message} | ({"ModelState": state} if state else {}))
        error = Element("Error")
        SubElement(error, "Message").text = message
        if state:
            members = SubElement(error, "ModelState")
            for name, texts in state.items():
                for text in texts:
                    SubElement(members, name).text = text
        return written(error)

"""The XML that the server answers, as contract §7 has it, and the check that an answer keeps to it."""

from pathlib import Path

from django.http import HttpResponse
from xmlschema import XMLSchema10

SCHEMA = XMLSchema10(Path(__file__).parent / "result.xsd")


def in_schema(response: HttpResponse) -> HttpResponse:
    """The same response. If it is XML, it keeps to the schema and has no declaration, which no schema can ask for."""
    if "/xml" in response["Content-Type"]:
        assert not response.content.startswith(b"<?"), response.content
        SCHEMA.validate(response.content.decode())
    return response

"""Examples of operations: `samples/<operationId>.json`, the seeds' own where there are some.

    {"request": {"<media type>": {"<name>": <body>}}, "<status>": {"<media type>": {"<name>": <body>}}}

XML is text, or the lines of it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"
Contents = dict[str, dict[str, Any]]


def with_examples(operation: dict[str, Any]) -> dict[str, Any]:
    """The operation with its examples, if it has any. Raises KeyError for those of an answer it never gives."""
    for place, contents in samples_of(operation["operationId"]).items():
        described = operation["requestBody"] if place == "request" else operation["responses"][place]
        for media_type, examples in contents.items():
            told = {name.replace(" ", "_"): {"summary": name, "value": value} for name, value in examples.items()}
            described["content"][media_type] = {**described["content"][media_type], "examples": told}
    return operation


@cache
def samples_of(operation: str) -> dict[str, Contents]:
    path = SAMPLES / f"{operation}.json"
    samples: dict[str, Contents] = json.loads(path.read_text()) if path.exists() else {}
    return {place: {kind: _texts(kind, each) for kind, each in contents.items()} for place, contents in samples.items()}


def _texts(media_type: str, examples: dict[str, Any]) -> dict[str, Any]:
    """Lines of what is no JSON, joined."""
    if "json" in media_type and "ndjson" not in media_type:
        return examples
    return {name: "\n".join(value) if isinstance(value, list) else value for name, value in examples.items()}

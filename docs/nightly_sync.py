"""Make a collection of linkmgr the same as a file: create what is new, update what differs, delete what is missing.

    LINKMGR=https://linkmgr.example TOKEN=… python3 nightly_sync.py contacts contacts.ndjson

The file has a member a line, as JSON. Nothing is deleted if a line was refused, or if more than a tenth would go. Needs
Python and nothing else; to be taken and changed. Exit status: 0 all is the same now, 1 something is not.
"""

import json
import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.request import Request, urlopen

SERVER, TOKEN = os.environ["LINKMGR"], os.environ["TOKEN"]
MOST_DELETED = 0.1
SECONDS = 600


def call(method: str, address: str, body: bytes | None = None, **headers: str) -> Iterator[bytes]:
    """The lines of the answer. Raises urllib.error.HTTPError for anything but success."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(address, body, {"Authorization": f"Bearer {TOKEN}", **named}, method=method)  # noqa: S310
    with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 the address is the operator's own
        yield from answer


def upload(kind: str, lines: bytes) -> bool:
    """Create and update. Was nothing refused?"""
    key = sha256(lines).hexdigest()  # the same file sent twice is answered as before, and done once
    answers = call(
        "POST",
        f"{SERVER}/api/v1/{kind}/bulk",
        lines,
        Content_Type="application/x-ndjson",
        Idempotency_Key=key,
    )
    for answer in map(json.loads, answers):
        if "summary" in answer:
            print(json.dumps(answer["summary"]))
            return bool(answer["summary"]["counts"]["refused"] == 0)
        if answer["outcome"] == "refused":
            print(f"line {answer['index'] + 1}: {json.dumps(answer['errors'])}", file=sys.stderr)
    return False  # the answer ended before its summary


def stored(kind: str) -> Iterator[str]:
    """Every link_id of the collection, page by page."""
    page = f"{SERVER}/api/v1/{kind}/?fields=link_id&limit=1000"
    while page:
        answer = json.loads(b"".join(call("GET", page)))
        yield from (member["link_id"] for member in answer["items"])
        page = answer["next"]


def delete_missing(kind: str, wanted: set[str]) -> bool:
    """Delete what is stored and not wanted. Was all of it?"""
    held = set(stored(kind))
    missing = held - wanted
    if len(missing) > MOST_DELETED * len(held):
        print(f"{len(missing)} of {len(held)} would be deleted: too many, so none is", file=sys.stderr)
        return False
    for link_id in sorted(missing):
        list(call("DELETE", f"{SERVER}/api/v1/{kind}/{link_id}"))
    print(f"deleted {len(missing)}")
    return True


def main(kind: str, path: str) -> int:
    lines = Path(path).read_bytes()
    wanted = {json.loads(line)["link_id"].lower() for line in lines.splitlines() if line.strip()}
    return 0 if upload(kind, lines) and delete_missing(kind, wanted) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

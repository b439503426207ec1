"""What a bulk request is answered: one answer an item and the counts, as JSON or NDJSON, written piece by piece."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from linkmgr.api.body import NDJSON
from linkmgr.api.rest.problems import DETAILS, NOT_VALID, PROBLEM_JSON, Error, error_of_outcome, errors_of
from linkmgr.api.voices import JSON
from linkmgr.bulk.outcome import Outcome
from linkmgr.bulk.stream import Answer, Streamed
from linkmgr.logs import current_request_id

REFUSED: Literal["refused"] = "refused"
PLAIN = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
ANSWERS_A_PIECE = 1_000

_encode = msgspec.json.Encoder().encode


class ItemAnswer(msgspec.Struct, omit_defaults=True):
    """What became of the item at this index, from 0. `link_id` is null if the item's own could not be read; `errors`
    are all its faults, if it is refused."""

    index: int
    link_id: UUID | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    errors: list[Error] = []


class Counts(msgspec.Struct):
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


class Summary(msgspec.Struct):
    """`stored` is false in a dry run, and if anything was refused with `all_or_nothing`; `change_set` names the record
    of what changed."""

    counts: Counts
    dry_run: bool
    stored: bool
    change_set: UUID | None


class BulkAnswer(msgspec.Struct):
    """One answer an item, in request order."""

    items: list[ItemAnswer]
    summary: Summary


class Prepared(NamedTuple):
    """An answer ready to be sent: `chunks` makes its bytes, as often as they are needed."""

    status: int
    content_type: str
    change_set: str
    chunks: Callable[[], Iterator[bytes]]


def prepared(done: Streamed, *, ndjson: bool, dry_run: bool) -> Prepared:
    """200, or 422 if nothing was stored because something was refused."""
    status = 422 if done.undone else 200
    summary = Summary(_counts(done), dry_run, not (done.undone or dry_run), done.change_set)
    change_set = str(done.change_set or "")
    if ndjson:
        return Prepared(status, NDJSON, change_set, lambda: _lines(done, summary))
    if status == 422:
        return Prepared(status, PROBLEM_JSON, change_set, lambda: _problem(done, summary))
    return Prepared(status, JSON, change_set, lambda: _document(done, summary))


def _counts(done: Streamed) -> Counts:
    created, updated, unchanged = (done.counts[outcome] for outcome in PLAIN)
    return Counts(created, updated, unchanged, done.refused)


def _lines(done: Streamed, summary: Summary) -> Iterator[bytes]:
    """An answer a line, and the summary on the last one."""
    for piece in _pieces(done):
        yield b"".join(_encode(each) + b"\n" for each in piece)
    yield _encode({"summary": summary}) + b"\n"


def _document(done: Streamed, summary: Summary) -> Iterator[bytes]:
    yield b'{"items":['
    for number, piece in enumerate(_pieces(done)):
        yield (b"," if number else b"") + b",".join(map(_encode, piece))
    yield b'],"summary":' + _encode(summary) + b"}"


def _problem(done: Streamed, summary: Summary) -> Iterator[bytes]:
    """Every fault of every item, by its path: `items[3].building`."""
    head = {
        "type": NOT_VALID,
        "title": "Nothing stored",
        "status": 422,
        "detail": f"{DETAILS[422]} {summary.counts.refused} items are refused, so none was stored.",
        "request_id": current_request_id(),
        "summary": summary,
    }
    yield _encode(head)[:-1] + b',"errors":['
    comma = b""
    for answer in done.answers:
        for error in _errors(answer):
            path = f"items[{answer.position}].{error.path}".removesuffix(".")
            yield comma + _encode(Error(path, error.code, error.text))
            comma = b","
    yield b"]}"


def _pieces(done: Streamed) -> Iterator[list[ItemAnswer]]:
    piece = []
    for answer in done.answers:
        piece.append(_told(answer))
        if len(piece) == ANSWERS_A_PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _told(answer: Answer) -> ItemAnswer:
    link_id: Any = answer.link_id  # written as a UUID is, so it need not become one
    if answer.outcome in PLAIN:
        return ItemAnswer(answer.position, link_id, answer.outcome.value)  # type: ignore[arg-type]
    return ItemAnswer(answer.position, link_id, REFUSED, _errors(answer))


def _errors(answer: Answer) -> list[Error]:
    if answer.faults:
        return errors_of(answer.faults)
    return [] if answer.outcome in PLAIN else [error_of_outcome(answer.outcome)]

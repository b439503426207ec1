"""Posts the demonstration estate over HTTP and tells what became of it."""

from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from linkmgr.demo.estate import Load, loads

COLUMNS = ("created", "updated", "has_dublicates", "invalid_entity_data")
SECONDS = 60


class LoadError(Exception):
    """The server did not answer a request of the demonstration as it should."""


class Loaded(NamedTuple):
    """`outcomes`: title → how many items had each outcome; `change_sets`: requests that changed something."""

    outcomes: dict[str, Counter[str]]
    change_sets: int


def load(host: str, port: int, token: str, console: Console) -> Loaded:
    """Load the estate with a progress bar, and print a table of outcomes. Raises LoadError."""
    requests, outcomes, change_sets = list(loads()), dict[str, Counter[str]](), 0
    connection = HTTPConnection(host, port, timeout=SECONDS)
    columns = (
        TextColumn("{task.description:16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("items"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Loading", total=sum(len(request.items) for request in requests))
        for request in requests:
            progress.update(task, description=request.title)
            told, changed = _post(connection, request, token)
            outcomes.setdefault(request.title, Counter()).update(told)
            change_sets += changed
            progress.advance(task, len(request.items))
    connection.close()
    _print(console, outcomes)
    return Loaded(outcomes, change_sets)


def _post(connection: HTTPConnection, request: Load, token: str) -> tuple[list[str], bool]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", request.path, msgspec.json.encode({"list_items": request.items}), headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        raise LoadError(f"{request.path}: {error}") from error
    if answer.status != 200:
        raise LoadError(f"{request.path} answered {answer.status}: {body[:300].decode(errors='replace')}")
    told = [result["extended_info"] for result in msgspec.json.decode(body)["result"]]
    return told, answer.headers["X-Change-Set"] is not None


def _print(console: Console, outcomes: dict[str, Counter[str]]) -> None:
    table = Table("", "items", *COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    for title, counted in outcomes.items():
        table.add_row(title, str(counted.total()), *(str(counted[column]) for column in COLUMNS))
    console.print(table)

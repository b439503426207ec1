"""Time profiles in files: moments by the site's clock; the rule as columns where it is a common one, else as JSON."""

import re
from datetime import date, datetime, time, tzinfo
from typing import Any

import msgspec

from linkmgr.files.formats.rows import Cell
from linkmgr.files.layout import Cells, Column, Group, Layout, NoValue, as_text
from timeprofiles.bulk import TIME_PROFILE
from timeprofiles.models import LONGEST_NAME
from timeprofiles.moments import NoMoment, read, shown

NO = "no"
SIMPLE = ("day", "week", "twoWeeks", "month", "year")
RULE = ("repeat", "repeat_until", "repeat_every", "repeat_on", "repeat_options")
RULE_PATH = ("repeat_options",)
MADE_A_NUMBER = "looks like a date that a spreadsheet made a number: format the column as a date, or as text"
SERIALS = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")
"""How spreadsheets count days from 1954 to 2119; as Unix seconds it would be a moment of 1 January 1970."""
NO_MOMENT = "must be a date such as 2026-01-31 08:00 by the site's clock, or Unix seconds"


def moment(cell: Cell, cells: Cells, zone: tzinfo) -> int:
    """Unix seconds. Raises NoValue."""
    if isinstance(cell, datetime):
        return int((cell if cell.tzinfo else cell.replace(tzinfo=zone)).timestamp())
    if isinstance(cell, date):
        return int(datetime.combine(cell, time(), zone).timestamp())
    if SERIALS.fullmatch(str(cell).strip()):
        raise NoValue(MADE_A_NUMBER)
    try:
        return read(str(cell), zone)
    except NoMoment as error:
        raise NoValue(NO_MOMENT) from error


# ── the rule ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def rule(cells: Cells, zone: tzinfo) -> Any:
    """`repeat_options` of a row. Raises NoValue with the column in front."""
    named = [name for name in RULE if name in cells]
    if "repeat_options" in cells:
        if len(named) > 1:
            raise NoValue(f"repeat_options: must be empty where {named[0]} is not")
        return _json(cells["repeat_options"])
    if "repeat" not in cells:
        raise NoValue("repeat: is required, or repeat_options")
    word = _text("repeat", cells).strip()
    if word.lower() in {NO, "false", "none", "0"}:
        if len(named) > 1:
            raise NoValue(f"{named[1]}: must be empty where repeat is {NO}")
        return {"repeat_enable": False}
    return {"repeat_enable": True, "repeat_format": _format(word, cells, zone)}


def _format(word: str, cells: Cells, zone: tzinfo) -> dict[str, Any]:
    kind = next((known for known in SIMPLE if known.lower() == word.lower()), None)
    if kind is None:
        raise NoValue(
            f"repeat: must be {NO}, {', '.join(SIMPLE[:-1])} or {SIMPLE[-1]}; other rules stand in repeat_options"
        )
    if "repeat_every" in cells or "repeat_on" in cells:
        return {"repeat_type": "custom", "repeat_end": _end(cells, zone), "repeat_custom": _custom(kind, cells)}
    return {"repeat_type": kind, "repeat_end": _end(cells, zone)}


def _end(cells: Cells, zone: tzinfo) -> dict[str, Any]:
    if "repeat_until" not in cells:
        return {"format": "never"}
    try:
        return {"format": "date", "date": moment(cells["repeat_until"], cells, zone)}
    except NoValue as error:
        raise NoValue(f"repeat_until: {error}") from error


def _custom(kind: str, cells: Cells) -> dict[str, Any]:
    """Every N-th day; week, on days of the week; month, on days of the month."""
    if kind not in {"day", "week", "month"}:
        raise NoValue(
            f"repeat: {kind} goes with neither repeat_every nor repeat_on; such rules stand in repeat_options"
        )
    words = _text("repeat_on", cells).replace(",", " ").split()
    if bool(words) is (kind == "day"):
        raise NoValue("repeat_on: " + ("must be empty for day" if words else f"is required for {kind}"))
    every = _text("repeat_every", cells).strip() or "1"
    custom: dict[str, Any] = {"repeat_point_type": kind, "repeat_looper": _number(every)}
    if kind == "week":
        custom["repeat_options"] = [word.upper() for word in words]
    if kind == "month":
        custom["repeat_options"] = {"format": "dayNumbers", "range": [*map(_number, words)]}
    return custom


def _number(word: str) -> Any:
    """The integer, if it is one of a few digits; else the word, for the check to refuse."""
    return int(word) if word.isdecimal() and len(word) < 10 else word


def _text(name: str, cells: Cells) -> str:
    """Raises NoValue with the column in front."""
    try:
        return as_text(cells.get(name, ""))
    except NoValue as error:
        raise NoValue(f"{name}: {error}") from error


def _json(cell: Cell) -> Any:
    try:
        return msgspec.json.decode(as_text(cell))
    except NoValue as error:
        raise NoValue(f"repeat_options: {error}") from error
    except (ValueError, RecursionError) as error:
        raise NoValue(f"repeat_options: is not JSON ({error})") from error


def columns_of(options: Any, zone: tzinfo) -> Cells:
    """The columns, if they would be read as this very rule; else the JSON."""
    cells = _columns(options, zone)
    try:
        if rule(cells, zone) == options:
            return cells
    except NoValue:
        pass
    return {"repeat_options": msgspec.json.encode(options).decode()}


def _columns(options: Any, zone: tzinfo) -> Cells:
    format_ = options.get("repeat_format")
    if not format_:
        return {"repeat": NO}
    custom = format_.get("repeat_custom") or {}
    on = custom.get("repeat_options")
    days = on.get("range") if isinstance(on, dict) else on
    until = format_["repeat_end"].get("date") if format_["repeat_end"]["format"] == "date" else None
    cells = {
        "repeat": custom.get("repeat_point_type") or format_["repeat_type"],
        "repeat_until": None if until is None else shown(until, zone),
        "repeat_every": custom.get("repeat_looper"),
        "repeat_on": " ".join(map(str, days)) if isinstance(days, list) and days else None,
    }
    return {name: cell for name, cell in cells.items() if cell is not None}


TIME_PROFILES = Layout(
    "time_profiles",
    TIME_PROFILE,
    Column("link_id", ("link_id",), "UUID by which panels and integrations know the time profile"),
    Column("name", ("name",), f"At most {LONGEST_NAME} characters"),
    Column("is_all_day", ("time_options", "is_all_day"), "true or false"),
    Column(
        "date_from",
        ("time_options", "date_from"),
        "2026-01-31 08:00 by the site's clock, or Unix seconds",
        moment,
        shown,
    ),
    Column("date_to", ("time_options", "date_to"), "The same", moment, shown),
    Column("repeat", (*RULE_PATH, "repeat_format", "repeat_type"), f"{NO}, {', '.join(SIMPLE)}"),
    Column("repeat_until", (*RULE_PATH, "repeat_format", "repeat_end"), "As date_from; empty: for ever"),
    Column(
        "repeat_every",
        (*RULE_PATH, "repeat_format", "repeat_custom", "repeat_looper"),
        "Every N-th, of day, week and month",
    ),
    Column(
        "repeat_on",
        (*RULE_PATH, "repeat_format", "repeat_custom", "repeat_options"),
        "Days: MON TUE of week, 1 15 of month",
    ),
    Column("repeat_options", RULE_PATH, "Any rule as JSON, instead of the four columns before"),
    group=Group(RULE_PATH, RULE, rule, columns_of),
)

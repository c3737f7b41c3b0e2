"""The events of a model: a list to search in, and one of them with everything about it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from vedette.core import rows
from vedette.core.words import count, plural
from vedette.web import documents, event_query
from vedette.web.answers import Answer, Problem
from vedette.web.call import Call
from vedette.web.event_query import About, Listed
from vedette.web.event_rows import Row, cell_of, cells_of
from vedette.web.events import Bounds
from vedette.web.pages.page import address, render, segment_of
from vedette.web.query import Query, read_query, spelt
from vedette.web.redaction import may_unmask
from vedette.web.routes import EVENTS, PAGED, WINDOW

LISTED = 25
SHOWN = 8  # columns of the table, unless others are chosen
BOUNDS = Bounds(5_000_000, 3.0)  # a person waits
FILTERS = (*WINDOW, *EVENTS)
SHOW = "show"  # a column that is chosen; may be there often


def page_events(call: Call) -> Answer:
    """Events of a model, the newest first, by any of the filters."""
    given = {name: value for name, value in call.pairs if value != "" and name != SHOW}
    chosen = [value for name, value in call.pairs if name == SHOW and value != ""]
    known = event_query.about(call, None)
    said, status, found, query = "", 200, None, None
    try:
        query = read_query(given.items(), (*FILTERS, "order", "redact", *PAGED))
        known = event_query.about(call, query.word("redact"))
        query = query if "limit" in given else query._replace(limit=LISTED)
        found = event_query.listed(call, query, known, "newest", BOUNDS)
    except Problem as problem:
        if problem.status not in (400, 403):
            raise
        said, status = problem.message, problem.status
    return render(
        call, "events.html.jinja", status, said=said, is_filtered=bool(given),
        given=dict.fromkeys(FILTERS, "") | given,
        **_listing(call, known, found, query, chosen, given),
    )  # fmt: skip


def page_event(call: Call) -> Answer:
    """One event with everything derived from it."""
    query = read_query(call.pairs, ("time", "redact"))
    known = event_query.about(call, query.word("redact"))
    document = event_query.whole_event(call, known, query.instant("time"))
    for column in document["columns"]:
        why = column["unusual"] or ""
        column["cell"] = cell_of(column["column"], column["value"], why, known.redaction)
    label = [cell_of(rows.LABEL, one["label"], "", known.redaction) for one in document["labels"]]
    return render(
        call,
        "event.html.jinja",
        event=document,
        labels=list(zip(label, document["labels"], strict=True)),
        model=known.view.name,
        may_unmask=may_unmask(call.key, known.view.name),
        latency=cell_of(rows.LATENCY, document["latency_s"], "", known.redaction).text,
    )


def _listing(
    call: Call,
    known: About,
    found: Listed | None,
    query: Query | None,
    chosen: Sequence[str],
    given: Mapping[str, str],
) -> dict[str, Any]:
    """What the template fills in."""
    model, listed = known.view.name, [] if found is None else list(found.rows)
    if found is not None and not found.newest:
        listed.reverse()  # a step towards the newer ones is shown like any other page
    every = _columns(call, known, listed, given)
    columns = [name for name in chosen if name in every] or every[:SHOWN]
    older, newer = _links(found, listed, query, given, chosen)
    return {
        "model": model,
        "columns": columns,
        "hidden_columns": len(every) - len(columns),
        "every": every,
        "chosen": chosen,
        "events": [
            {
                "id": row.id,
                "time": documents.instant(row.time),
                "cells": cells_of(row, columns, known.redaction),
                "why": _why(row, columns),
            }
            for row in listed
        ],
        "scanned": "" if found is None else _scanned(found),
        "older": older,
        "newer": newer,
        "segments": _segments(known),
        "has_baseline": known.baseline is not None,
        "masked": known.redaction.masked,
        "may_unmask": may_unmask(call.key, model),
        "data": address(
            f"/api/v1/models/{segment_of(model)}/events", **{"order": "newest", **given}
        ),
    }


def _why(row: Row, columns: Sequence[str]) -> list[str]:
    """The reasons of a row, those of the columns that are shown first."""
    return [row.reasons[name] for name in sorted(row.reasons, key=lambda name: name not in columns)]


def _columns(
    call: Call, known: About, listed: Sequence[Row], given: Mapping[str, str]
) -> list[str]:
    """Every column, those that matter most here first: filtered, unusual, important, then the
    model's answer and the order of the schema."""
    there = dict.fromkeys(name for row in listed for name in row.values)
    names = [] if known.schema is None else [field.name for field in known.schema.fields]
    every = [name for name in (*names, *there)
             if name not in rows.SYSTEM and (name in there or not listed)]  # fmt: skip
    unusual = Counter(name for row in listed for name in row.reasons)
    importance = call.service.settings_of(known.view.name).importance
    filtered = {given.get("where", ""), given.get("segment", "").partition("=")[0]}
    answers = (rows.PREDICTION, rows.SCORE)
    return sorted(
        dict.fromkeys(every),
        key=lambda name: (
            name not in filtered, -unusual[name], -importance.get(name, 1.0), name not in answers,
            known.redaction.hides(name),
        ),
    )  # fmt: skip


def _links(
    found: Listed | None,
    listed: Sequence[Row],
    query: Query | None,
    given: Mapping[str, str],
    chosen: Sequence[str],
) -> tuple[str | None, str | None]:
    """The queries of the pages before and after in time; None where there is none."""
    if found is None or query is None:
        return None, None
    kept = [(name, value) for name, value in given.items() if name not in ("cursor", "order")]
    kept += [(SHOW, name) for name in chosen]

    def to(order: str, cursor: str) -> str:
        return "?" + urlencode([*kept, ("order", order), ("cursor", cursor)])

    ends = [spelt((row.time, row.id)) for row in listed[:: max(len(listed) - 1, 1)]]
    came = query.cursor is not None
    if found.newest:
        older = to("newest", found.found.next) if found.found.next else None
        return older, to("oldest", ends[0]) if came and ends else None
    newer = to("oldest", found.found.next) if found.found.next else None
    return (to("newest", ends[-1]) if came and ends else None), newer


def _segments(known: About) -> list[str]:
    """The segments to choose from."""
    if known.baseline is None:
        return []
    return [
        f"{column}={name}"
        for column, names in known.baseline.segments.items()
        if not known.redaction.hides(column)
        for name in names
    ]


def _scanned(found: Listed) -> str:
    """How much was looked at, in a sentence."""
    page = found.found
    looked = f"{plural(page.scanned, 'event')} looked at"
    if not page.complete:
        side = "older" if found.newest else "newer"
        return f"{looked}; then the search was ended. There may be more: go on with {side} ones."
    if page.next is not None:
        return f"{looked}, until this page was full."
    return f"{looked}: all there are. {count(len(found.rows))} on this page."

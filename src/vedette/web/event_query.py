"""A request for events, answered.

Owns: what the API and the page of events both do with a query.  Does not own: either form of the
answer (`web.api`, `web.pages.events`).
"""

from typing import Any, NamedTuple

import pyarrow as pa

from vedette.core import rows
from vedette.core.model_names import as_model_name
from vedette.core.schema import Schema
from vedette.engine.batch import parents_of
from vedette.engine.views import ModelView
from vedette.ingest.otlp.origin import SERVICE
from vedette.profiles.baseline import Baseline
from vedette.profiles.unusual import Judge
from vedette.web.answers import Problem
from vedette.web.call import Call
from vedette.web.event import event_document
from vedette.web.event_logs import lines_of
from vedette.web.event_rows import Row, judge_of, rows_of
from vedette.web.events import Bounds, Found, One, Span, Wanted, one_of, page_of
from vedette.web.keys import READ
from vedette.web.query import Query
from vedette.web.redaction import Redaction, redaction
from vedette.web.sifting import read_sift
from vedette.web.veil import veil_of

ORDERS = ("oldest", "newest")


class About(NamedTuple):
    """What it takes to show events of a model."""

    view: ModelView
    schema: Schema | None
    baseline: Baseline | None
    judge: Judge | None
    redaction: Redaction

    @property
    def span(self) -> Span:
        """How its events lie in time, roughly."""
        first, last = self.view.first_time, self.view.last_time
        return Span() if first is None or last is None else Span(first, last, self.view.rows)


class Listed(NamedTuple):
    """A page of events."""

    rows: list[Row]
    found: Found
    newest: bool


def about(call: Call, redact: str | None) -> About:
    """What the caller may see of the model that the path names.  Errors: Problem."""
    view = call.view()
    schema = call.service.schema_of(view.name)
    baseline = veil_of(call).baseline(view.name, call.service.baseline_of(view.name))
    rules = redaction(call.key, view.name, schema, redact)
    return About(view, schema, baseline, judge_of(baseline), rules)


def listed(
    call: Call,
    query: Query,
    known: About,
    order: str = "oldest",
    bounds: Bounds = Bounds(),  # noqa: B008 - immutable
) -> Listed:
    """The events that a query asks for; `order` is the usual one.  Errors: Problem, StoreError."""
    newest = (query.choice("order", ORDERS) or order) == "newest"
    sift = read_sift(query, known.schema, known.baseline, known.redaction)
    wanted = Wanted(sift, query.start, query.end, query.cursor, newest, query.limit)
    found = page_of(call.service.log, known.view.name, wanted, known.span, bounds)
    asked = query.word("where")
    parents = {} if known.schema is None else parents_of(known.schema)
    derived = (asked,) if asked in parents else ()
    rows = rows_of(found.table, known.judge, known.schema, known.redaction, derived)
    return Listed(rows, found, newest)


def found_one(call: Call, known: About, at: int | None) -> One:
    """The event that the path names.  Errors: Problem, 404 also when the scan ended early."""
    found = one_of(call.service.log, known.view.name, call.path["event"], at, known.span)
    if not found.table.num_rows:
        hint = "." if found.complete else (
            f" among the newest {found.scanned:,} that were looked at; name its time (time=...)."
        )  # fmt: skip
        raise Problem(404, "no_event", f"There is no event of this id{hint}", "event")
    return found


def whole_event(call: Call, known: About, at: int | None) -> dict[str, Any]:
    """The event that the path names, with everything derived from it.  Errors: Problem."""
    model = known.view.name
    table = found_one(call, known, at).table
    document = event_document(
        call.service.scoring_of(model),
        call.service.log,
        call.service.store,
        call.settings.of(model),
        model,
        table,
        known.judge,
        known.schema,
        known.redaction,
        veil_of(call),
    )
    return document | _told(call, known, table)


def _told(call: Call, known: About, table: pa.Table) -> dict[str, Any]:
    """What its tracer said beside, and the lines of its trace that the caller may see."""
    row = table.to_pylist()[0]
    models = dict.fromkeys((known.view.name, as_model_name(str(row.get(SERVICE) or ""))))
    allowed = [name for name in models if name and call.key.may(READ, name)]
    trace, served = row.get(rows.TRACE), table[rows.TIME].cast(pa.int64())[0].as_py()
    lines, complete = (
        lines_of(call.service.log, allowed, trace, served, known.redaction) if trace else ([], True)
    )
    return {
        "span_id": row.get(rows.SPAN),
        "parent_id": row.get(rows.PARENT),
        "rest": known.redaction.value(rows.REST, row.get(rows.REST)),
        "logs": lines,
        "logs_complete": complete,
    }

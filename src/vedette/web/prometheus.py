"""What Prometheus answers, over vedette's series: Grafana needs no other data source.

Owns: the handlers below `/prometheus`, the shape of their answers and errors.  Does not own:
queries (`export.promql`), series (`export.series`).

A key sees the series of its models, without the columns and segments that it may not see.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from vedette.core.version import __version__
from vedette.export.promql.answer import instant, moment, over_range
from vedette.export.promql.kept import Kept
from vedette.export.promql.parsed import Selector, series_selector
from vedette.export.promql.values import BAD_DATA, STATUS, QueryError
from vedette.export.series.book import Bounds
from vedette.export.series.families import FAMILIES, HISTOGRAM
from vedette.export.series.series import Labels
from vedette.web.answers import Answer, json_answer
from vedette.web.call import Call
from vedette.web.veil import veil_of

MOST_LISTED = 100_000  # series of one listing
LEVEL = "2.42.0"  # of Prometheus, whose language and answers these are
MILLISECOND = 10**6  # in nanoseconds


def prom_query(call: Call) -> Answer:
    """An expression at one instant."""
    asked = _asked(call)
    return _answered(lambda: instant(kept_of(call), asked, call.now() // MILLISECOND))


def prom_query_range(call: Call) -> Answer:
    """An expression at every step of a range."""
    asked = _asked(call)
    return _answered(lambda: over_range(kept_of(call), asked))


def prom_series(call: Call) -> Answer:
    """The series that selectors mean."""
    return _answered(lambda: [dict(one) for one in _listed(call, needed=True)])


def prom_labels(call: Call) -> Answer:
    """The names of labels."""
    return _answered(lambda: sorted({name for one in _listed(call) for name, _ in one}))


def prom_label_values(call: Call) -> Answer:
    """The values of one label."""
    label = call.path["name"]
    return _answered(
        lambda: sorted({value for one in _listed(call) for name, value in one if name == label})
    )


def prom_metadata(call: Call) -> Answer:
    """What the series are called, their kinds and help."""
    asked = _asked(call)
    found = {
        own.name if own.kind == HISTOGRAM else own.names[0]: [
            {"type": own.kind, "help": own.help, "unit": own.unit}
        ]
        for own in FAMILIES.values()
    }
    wanted = asked.get("metric", "")
    return _answered(lambda: {k: v for k, v in found.items() if wanted in ("", k)})


def prom_buildinfo(call: Call) -> Answer:
    """Which Prometheus these answers are like."""
    return _answered(
        lambda: {"version": LEVEL, "revision": f"vedette {__version__}", "branch": "",
                 "buildUser": "", "buildDate": "", "goVersion": ""}
    )  # fmt: skip


prom_query_form = prom_query
prom_query_range_form = prom_query_range
prom_series_form = prom_series
prom_labels_form = prom_labels


def kept_of(call: Call) -> Kept:
    """The series that the caller may see."""
    veil = veil_of(call)
    models = [name for name in call.service.names() if call.key.may("read", name)]

    def allows(model: str, monitor: str, column: str, segment: str) -> bool:
        return not veil.hides_stream(model, (monitor, column, segment))

    return Kept(call.book, models, Bounds(allows, server=call.key.models == "*"))


def _pairs(call: Call) -> list[tuple[str, str]]:
    """Parameters of the address and of a form, which may stand in each other's place."""
    form = call.body.decode("utf-8", "replace")
    return [*call.pairs, *parse_qsl(form, keep_blank_values=True)]


def _asked(call: Call) -> Mapping[str, str]:
    return dict(_pairs(call))


def _listed(call: Call, *, needed: bool = False) -> list[Labels]:
    """The labels of every series that has a sample in the range asked for; of the whole past
    without one."""
    pairs = _pairs(call)
    asked = dict(pairs)
    selectors: list[Selector] = [series_selector(v) for name, v in pairs if name == "match[]"]
    if needed and not selectors:
        raise QueryError("no match[] parameter provided", BAD_DATA)
    start = moment(asked["start"], "start") if asked.get("start") else 0
    end = moment(asked["end"], "end") if asked.get("end") else call.now() // MILLISECOND
    if end < start:
        raise QueryError("end timestamp must not be before start time", BAD_DATA)
    kept = kept_of(call)
    found = {
        labels: None
        for selector in selectors or [[[]]]
        for _, labels in kept.meant(selector, start * MILLISECOND, end * MILLISECOND)
    }
    return sorted(found)[:MOST_LISTED]


def _answered(find: Callable[[], Any]) -> Answer:
    """An answer, or an error, as Prometheus writes them."""
    try:
        return json_answer({"status": "success", "data": find()})
    except QueryError as error:
        return json_answer(
            {"status": "error", "errorType": error.kind, "error": str(error)},
            STATUS.get(error.kind, 422),
        )

"""The document of an audit, arranged in the order in which the page shows it.

Owns: which findings, figures and tables appear where.  Does not own: markup
(`fairness.html.jinja`), drawings (`figures.forest`), cells (`fairness_tables`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vedette.core.rates import OTHERS, RATES
from vedette.core.words import count, percent, plural
from vedette.report.fairness_history import histories
from vedette.report.fairness_words import MEANS, short
from vedette.report.figures.fairness import HEIGHT
from vedette.report.figures.figure import Figure
from vedette.report.figures.forest import forest, height_of
from vedette.report.words import visible

LISTED = 10  # findings told at once; the others unfold
MOST = 30  # groups in one drawing: those with most rows
EMPTY = "(empty)"  # a name that is no text at all
CAP = 500  # comparisons of the page, and rows of a table: the document has all
Row = Mapping[str, Any]


class Drawn(NamedTuple):
    """A figure of the page, its place among the data of the script, and how high it will be."""

    at: int
    title: str
    note: str
    figure: Figure
    height: int
    says: str


class Panel(NamedTuple):
    """One set of groups."""

    key: str
    columns: str
    groups: list[tuple[str, str, str]]
    figures: list[Drawn]
    left_out: str


def told(document: Row) -> list[Row]:
    """What matters, worst first, each fact once."""
    return [
        one
        for one in document["findings"]
        if one["verdict"] in ("alarming", "notable") and not one["mirror"]
    ]


def untold(document: Row) -> list[tuple[str, list[str]]]:
    """What could not be told and why, by metric."""
    found: dict[str, list[str]] = {}
    for one in document["findings"]:
        if one["verdict"] == "unknown":
            name = RATES.get(one["component"], one["component"])
            name += f", {one['category']}" if one["category"] else ""
            found.setdefault(name, []).append(one["reason"])
    return [(name, _capped(reasons)) for name, reasons in found.items()]


def _capped(reasons: list[str]) -> list[str]:
    more = len(reasons) - CAP
    return reasons if more <= 0 else [*reasons[:CAP], f"{count(more)} more stand in the JSON"]


def panels(document: Row) -> list[Panel]:
    """Every set of groups with one drawing for each metric."""
    made: list[Panel] = []
    at = 0
    for one in document["sets"]:
        figures = []
        for metric in _metrics(document, one["key"]):
            drawn = _drawn(document, one, metric, at)
            figures.append(drawn)
            at += 1
        made.append(
            Panel(
                one["key"],
                " and ".join(f"`{column}`" for column in one["columns"]),
                [_group(group, one) for group in one["groups"]],
                figures,
                _left_out(one),
            )
        )
    return made


def courses(document: Row, before: int) -> list[Drawn]:
    """How selection went over time: one drawing for every set, after so many other figures."""
    return [
        Drawn(
            before + at, title, note, figure, HEIGHT,
            f"{title}, {note}; the same figures stand in the table",
        )
        for at, (title, note, figure) in enumerate(histories(document))
    ]  # fmt: skip


def first_of(document: Row, key: str, metric: str) -> list[Row]:
    """The rows of a metric that verdicts rest on: those of the first comparison."""
    rows = [row for row in document["rates"] if row["set"] == key and row["metric"] == metric]
    return [row for row in rows if row["against"] == rows[0]["against"]]


def _metrics(document: Row, key: str) -> list[str]:
    named = (row["metric"] for row in document["rates"] if row["set"] == key)
    return list(dict.fromkeys(named))


def _drawn(document: Row, one: Row, metric: str, at: int) -> Drawn:
    rows = sorted(first_of(document, one["key"], metric), key=_order)
    kept = sorted(rows, key=lambda row: -(row["n"] or 0))[:MOST]
    rows = [row for row in rows if row in kept]
    by_ratio = rows[0]["by"] == "ratio"
    against = rows[0]["against"]
    beside = against if against in OTHERS else short(against, one["columns"])
    note = f"times the rate of {beside}" if by_ratio else f"points above or below {beside}"
    title = RATES.get(metric, metric)
    bars = [_bar(row, one, by_ratio) for row in rows if row["rate"] is not None]
    left = len(rows) - len(bars)
    limit = None if rows[0]["verdict"] == "context" else rows[0]["limit"]
    figure = forest(title, bars, limit, by_ratio=by_ratio, note=note)
    says = f"{title} of {plural(len(rows), 'group')}, {note}; the same figures stand in the table"
    about = f"{MEANS.get(metric, '')}; {note}" + (f"; {left} not shown" if left else "")
    return Drawn(at, title[:1].upper() + title[1:], about, figure, height_of(len(bars)), says)


def _order(row: Row) -> tuple[bool, float]:
    value = row["ratio"] if row["by"] == "ratio" else row["difference"]
    return value is None, -(value or 0.0)


def _bar(row: Row, one: Row, by_ratio: bool) -> dict[str, Any]:
    part = "ratio" if by_ratio else "difference"
    told = f"{percent(row['rate'])} of {count(row['n'])}"
    return {
        "group": visible(short(row["group"], one["columns"])) or EMPTY,
        "value": row[part], "low": row[f"{part}_low"], "high": row[f"{part}_high"],
        "told": told, "n": row["n"], "rate": row["rate"], "verdict": row["verdict"],
    }  # fmt: skip


def _group(group: Row, one: Row) -> tuple[str, str, str]:
    rows = "not shown" if group["rows"] is None else count(group["rows"])
    share = "" if group["share"] is None else percent(group["share"])
    return short(group["group"], one["columns"]) or EMPTY, rows, share


def _left_out(one: Row) -> str:
    hidden = sum(group["rows"] is None for group in one["groups"])
    if not hidden:
        return ""
    return (
        f"{plural(hidden, 'group is', 'groups are')} not shown: too few rows, or the figures would "
        "give away a smaller group"
    )


def scripts(drawn: Sequence[Panel], over_time: Sequence[Drawn] = ()) -> list[dict[str, Any]]:
    """The specifications for the page's script, in their order."""
    every = [*(one for panel in drawn for one in panel.figures), *over_time]
    return [{"spec": one.figure.spec, "empty": one.figure.empty} for one in every]

"""The history of an audit as figures: one group of a set beside the others, step by step.

Owns: which rows of the document make a figure, what stands beside it.  Does not own: the drawing
(`figures.fairness`), the rows (they come with the document).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.rates import OTHERS, RATES
from vedette.core.windows import parse_instant
from vedette.core.words import percent
from vedette.report.fairness_words import short
from vedette.report.figures.fairness import gap
from vedette.report.figures.figure import Figure
from vedette.report.words import visible

Row = Mapping[str, Any]
MILLISECOND = 10**6  # ns


def histories(document: Row) -> list[tuple[str, str, Figure]]:
    """Every history with its title and what is to be known of it."""
    columns = {one["key"]: one["columns"] for one in document["sets"]}
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in document["history"]:
        found.setdefault((row["set"], row["metric"], row["group"]), []).append(row)
    return [_history(rows, columns[key]) for (key, *_), rows in found.items()]


def step_words(days: int) -> str:
    """How wide a step is.

    Example:
        >>> step_words(1), step_words(7), step_words(28)
        ('a day', 'a week', '4 weeks')
    """
    return "a day" if days == 1 else "a week" if days == 7 else f"{days // 7} weeks"


def _history(rows: Sequence[Row], columns: list[str]) -> tuple[str, str, Figure]:
    first = rows[0]
    name, against = RATES[first["metric"]], first["against"]
    group = visible(short(first["group"], columns))
    beside = against if against in OTHERS else visible(short(against, columns))
    limit = first["limit"]
    limits = [{"at": limit}, {"at": 1 / limit}]
    figure = gap(
        name, group, [_mark(row) for row in rows], limits, (), (),
        by_ratio=True, against=beside, step=step_words(first["days"]),
    )  # fmt: skip
    hidden = sum(row["ratio"] is None for row in rows)
    note = (
        f"times that of {beside}; a mark stands for {step_words(first['days'])}, the band for all "
        f"rows so far, at every look; intervals hold at {percent(first['level'])} each"
    )
    if hidden:
        note += "; steps of too few rows are not shown"
    return f"{name[:1].upper()}{name[1:]} of {group}", note, figure


def _mark(row: Row) -> dict[str, Any]:
    ends = {
        name: parse_instant(row[key]) // MILLISECOND
        for name, key in (("t0", "start"), ("t1", "end"))
    }
    told = {key: row[key] for key in ("rate", "other", "n", "other_n", "band_low", "band_high")}
    ratio = {"value": row["ratio"], "low": row["ratio_low"], "high": row["ratio_high"]}
    return {**ends, **ratio, **told, "mature": True}

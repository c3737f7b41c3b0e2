"""Cells of an audit's tables: one figure of a row as text.

Owns: how each kind of figure is spelt, and "–" for one that is not told.  Does not own: which
tables there are (`fairness_tables`), digits (`core.words`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from vedette.core.rates import RATES
from vedette.core.words import count, number, percent, times

Row = Mapping[str, Any]
Cell = Callable[[Row], str]


def text_cell(key: str) -> Cell:
    """Text as it is."""
    return lambda row: "" if row[key] is None else str(row[key])


def count_cell(key: str) -> Cell:
    """A whole number."""
    return lambda row: "–" if row[key] is None else count(int(row[key]))


def day_cell(key: str) -> Cell:
    """The day of an instant, in UTC."""
    return lambda row: str(row[key])[:10]


def percent_cell(key: str) -> Cell:
    """A share in percent."""
    return lambda row: "–" if row[key] is None else percent(row[key])


def number_cell(key: str, digits: int = 3) -> Cell:
    """A number."""
    return lambda row: "–" if row[key] is None else number(row[key], digits)


def times_cell(key: str) -> Cell:
    """A ratio."""
    return lambda row: "–" if row[key] is None else times(row[key])


def times_ends_cell(low: str, high: str) -> Cell:
    """Both ends of an interval of a ratio."""

    def cell(row: Row) -> str:
        if row[low] is None:
            return "–"
        return (
            f"{times(row[low])} to {times(row[high])}"
            if row[high] is not None
            else (f"{times(row[low])} or more")
        )

    return cell


def points_cell(key: str) -> Cell:
    """A difference of shares in points, with its sign."""
    return lambda row: "–" if row[key] is None else signed(100 * row[key])


def ends_cell(low: str, high: str, scale: float = 1.0) -> Cell:
    """Both ends of an interval."""

    def cell(row: Row) -> str:
        ends = [row[key] for key in (low, high)]
        if any(end is None for end in ends):
            return "–"
        return " to ".join(number(scale * end, 3) for end in ends)

    return cell


def share_ends_cell(low: str, high: str) -> Cell:
    """Both ends of an interval of a share."""

    def cell(row: Row) -> str:
        ends = [row[key] for key in (low, high)]
        return "–" if any(end is None for end in ends) else " to ".join(percent(e) for e in ends)

    return cell


def signed(value: float) -> str:
    """A number with its sign."""
    return f"{'+' if value > 0 else ''}{number(value, 3)}"


def metric_cell(row: Row) -> str:
    """The name of a metric."""
    return RATES.get(row["metric"], str(row["metric"]))


def p_cell(key: str) -> Cell:
    """A probability that chance does this."""

    def cell(row: Row) -> str:
        value = row[key]
        return "–" if value is None else "< 0.0001" if value < 1e-4 else number(value, 2)

    return cell


def flag_cell(key: str, word: str) -> Cell:
    """A word where something holds."""
    return lambda row: word if row[key] else ""


def quantile_cell(at: float) -> Cell:
    """The gap of a quantile."""

    def cell(row: Row) -> str:
        gap = next((one["gap"] for one in row["quantiles"] if one["at"] == at), None)
        return "–" if gap is None else signed(gap)

    return cell


def mean_cell(key: str) -> Cell:
    """A mean; of yes and no a share."""
    return lambda row: (
        "–" if row[key] is None else percent(row[key]) if row["share"] else number(row[key], 4)
    )


def difference_cell(row: Row) -> str:
    """A difference in the number's own unit, of shares in points."""
    value = row["difference"]
    if value is None:
        return "–"
    return f"{signed(100 * value)} points" if row["share"] else signed(value)


def difference_ends_cell(row: Row) -> str:
    """Both ends of its interval."""
    return ends_cell("difference_low", "difference_high", 100.0 if row["share"] else 1.0)(row)

"""The tables of an audit as cells of text.

Owns: which columns each table has, what stands in a cell.  Does not own: the figures (they come
with the document), markup.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from vedette.core.words import count, number, percent
from vedette.report.fairness_words import NAMES

ABOVE = "above the median"
FOLDED = ("widest", "measures", "spread", "bounds", "change")  # where they are long
LONG = 16  # rows
Row = Mapping[str, Any]
Cell = Callable[[Row], str]


class Sheet(NamedTuple):
    """A table: heads with whether they are numbers, rows with their verdict ("" for none); whether
    it is folded at first."""

    key: str
    title: str
    note: str
    heads: list[tuple[str, bool]]
    rows: list[tuple[str, list[str]]]
    folded: bool = False


class Kind(NamedTuple):
    """How a table of the document is shown."""

    title: str
    note: str
    columns: tuple[tuple[str, bool, Cell], ...]


def sheets(document: Row) -> list[Sheet]:
    """Every table that has rows."""
    found = []
    for key, kind in KINDS.items():
        rows = [row for row in document[TABLES.get(key, key)] if _belongs(key, row)]
        if not rows:
            continue
        heads = [(head, numeric) for head, numeric, _ in kind.columns]
        cells = [
            (_verdict(row), [cell(row) for _, _, cell in kind.columns]) for row in rows
        ]  # fmt: skip
        used = [at for at in range(len(heads)) if any(one[at] not in ("", "–") for _, one in cells)]
        found.append(
            Sheet(
                key,
                kind.title,
                kind.note,
                [heads[at] for at in used],
                [(verdict, [one[at] for at in used]) for verdict, one in cells],
                key in FOLDED and len(cells) > LONG,
            )
        )
    return found


def _belongs(key: str, row: Row) -> bool:
    if key in ("selection", "scoring"):
        return f"{key}_rate" in row
    return row.get("measure") != ABOVE  # that is the table of scoring


def _verdict(row: Row) -> str:
    verdict = str(row.get("verdict", ""))
    return verdict if verdict in ("alarming", "notable", "unknown", "calm") else ""


# --- cells ----------------------------------------------------------------------------------------


def _text(key: str) -> Cell:
    return lambda row: "" if row[key] is None else str(row[key])


def _count(key: str) -> Cell:
    return lambda row: "–" if row[key] is None else count(int(row[key]))


def _percent(key: str) -> Cell:
    return lambda row: "–" if row[key] is None else percent(row[key])


def _number(key: str, digits: int = 3) -> Cell:
    return lambda row: "–" if row[key] is None else number(row[key], digits)


def _points(key: str) -> Cell:
    return lambda row: "–" if row[key] is None else _signed(100 * row[key])


def _ends(low: str, high: str, scale: float = 1.0) -> Cell:
    def cell(row: Row) -> str:
        ends = [row[key] for key in (low, high)]
        if any(end is None for end in ends):
            return "–"
        return " to ".join(number(scale * end, 3) for end in ends)

    return cell


def _share_ends(low: str, high: str) -> Cell:
    def cell(row: Row) -> str:
        ends = [row[key] for key in (low, high)]
        return "–" if any(end is None for end in ends) else " to ".join(percent(e) for e in ends)

    return cell


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 3)}"


def _metric(row: Row) -> str:
    return NAMES.get(row["metric"], str(row["metric"]))


def _p(key: str) -> Cell:
    def cell(row: Row) -> str:
        value = row[key]
        return "–" if value is None else "< 0.0001" if value < 1e-4 else number(value, 2)

    return cell


def _flag(key: str, word: str) -> Cell:
    return lambda row: word if row[key] else ""


def _quantile(at: float) -> Cell:
    def cell(row: Row) -> str:
        gap = next((one["gap"] for one in row["quantiles"] if one["at"] == at), None)
        return "–" if gap is None else _signed(gap)

    return cell


def _mean(key: str) -> Cell:
    return lambda row: (
        "–" if row[key] is None else percent(row[key]) if row["share"] else number(row[key], 4)
    )


def _difference(row: Row) -> str:
    value = row["difference"]
    if value is None:
        return "–"
    return f"{_signed(100 * value)} points" if row["share"] else _signed(value)


def _difference_ends(row: Row) -> str:
    return _ends("difference_low", "difference_high", 100.0 if row["share"] else 1.0)(row)


GROUP = (("Group", False, _text("group")),)
ROWS = ("Rows", True, _count("rows"))
WHY = ("Why not", False, _text("reason"))


def _impact(part: str, rate: str) -> tuple[tuple[str, bool, Cell], ...]:
    return (
        *GROUP,
        ROWS,
        ("Of all rows", True, _percent("share")),
        (rate, True, _percent(f"{part}_rate")),
        ("Interval", True, _share_ends(f"{part}_low", f"{part}_high")),
        ("Ratio to the highest", True, _number(f"{part}_ratio")),
        ("Interval", True, _ends(f"{part}_ratio_low", f"{part}_ratio_high")),
        WHY,
    )


# Tables of the page that are parts of one table of the document.
TABLES = {"selection": "impact", "scoring": "impact"}
KINDS: Mapping[str, Kind] = {
    "selection": Kind(
        "Impact ratios of selection",
        "The share that was selected, and its ratio to that of the highest group. The highest is "
        "picked by noise: where groups are small their ratios lie below 1 without any disparity.",
        _impact("selection", "Selected"),
    ),
    "scoring": Kind(
        "Impact ratios of scores",
        "The share whose score lies above that of the middle row of all.",
        _impact("scoring", "Above the median"),
    ),
    "four_fifths": Kind(
        "Four fifths, with interval and test",
        "A point below the limit is no finding: the verdict asks whether the whole interval of the "
        "ratio to the rest lies beyond it.",
        (
            *GROUP,
            ("Rows", True, _count("n")),
            ("Selected", True, _percent("rate")),
            ("To the highest", True, _number("to_highest")),
            ("Point below the limit", False, _flag("flagged", "yes")),
            ("To the rest", True, _number("ratio")),
            ("Interval, all groups together", True, _ends("ratio_low", "ratio_high")),
            ("p, adjusted", True, _p("p_adjusted")),
        ),
    ),
    "widest": Kind(
        "The widest gaps",
        "Between the lowest and the highest group, beside what chance alone makes of as many "
        "groups of their sizes.",
        (
            ("Groups of", False, _text("set")),
            ("Metric", False, _metric),
            ("Lowest", False, _text("lowest")),
            ("Highest", False, _text("highest")),
            ("Gap", True, _points("gap")),
            ("By chance", True, _points("by_chance")),
            ("By chance at most", True, _points("by_chance_at_most")),
            ("Beyond chance", True, _points("beyond_chance")),
        ),
    ),
    "calibration": Kind(
        "Do scores mean the same",
        "Positive labels over the sum of scores: 1 where scores mean what they say. Scores that "
        "are off for everyone alike are wrong, not unfair: a group is judged beside the rest.",
        (
            *GROUP,
            ("Labelled rows", True, _count("n")),
            ("Observed", True, _number("observed", 4)),
            ("Expected", True, _number("expected", 4)),
            ("Ratio", True, _number("ratio")),
            ("Interval", True, _ends("low", "high")),
            ("Of the rest", True, _number("rest")),
            ("Over that", True, _number("relative")),
            ("Interval", True, _ends("relative_low", "relative_high")),
        ),
    ),
    "measures": Kind(
        "Other numbers by group",
        "Means and shares beside the rest; intervals hold for all groups together.",
        (
            ("Number", False, _text("measure")),
            *GROUP,
            ("Rows", True, _count("n")),
            ("Mean", True, _mean("mean")),
            ("Of the rest", True, _mean("other")),
            ("Difference", True, _difference),
            ("Interval", True, _difference_ends),
            ("p, adjusted", True, _p("p_adjusted")),
        ),
    ),
    "spread": Kind(
        "How they are spread",
        "Beside the rest: the gap of means in standard deviations, how far rows would have to move "
        "(Wasserstein, beyond what chance alone gives), and gaps of quantiles.",
        (
            ("Number", False, _text("measure")),
            *GROUP,
            ("Gap in sd", True, _number("smd")),
            ("Interval", True, _ends("smd_low", "smd_high")),
            ("Moved by", True, _number("wasserstein")),
            ("10 %", True, _quantile(0.1)),
            ("Median", True, _quantile(0.5)),
            ("90 %", True, _quantile(0.9)),
        ),
    ),
    "coverage": Kind(
        "Which rows have a label",
        "Where labels come unevenly, what is said of them may not hold of the rows without.",
        (
            *GROUP,
            ROWS,
            ("With a label", True, _percent("labelled")),
            ("Interval", True, _share_ends("low", "high")),
            ("Of the rest", True, _percent("rest")),
            ("Of the selected", True, _percent("of_selected")),
            ("Of the others", True, _percent("of_others")),
            ("Uneven", False, _flag("uneven", "by more than 5 points")),
            ("Selective", False, _flag("selective", "one decision has hardly any")),
        ),
    ),
    "bounds": Kind(
        "What missing labels leave open",
        "From all missing labels one way to all the other way: the rate lies between, whatever "
        "they are.",
        (
            *GROUP,
            ("Metric", False, _metric),
            ("Lies in", True, _share_ends("low", "high")),
            ("Of the rest in", True, _share_ends("rest_low", "rest_high")),
        ),
    ),
    "change": Kind(
        "Since the reference",
        "The gap to the rest now, less what it was.",
        (
            *GROUP,
            ("Metric", False, _metric),
            ("Gap then", True, _points("then")),
            ("Gap now", True, _points("now")),
            ("Change", True, _points("change")),
            ("Interval, all groups together", True, _ends("low", "high", 100.0)),
        ),
    ),
    "membership": Kind(
        "Groups known by chances alone",
        "Two estimates: weighted by the chances, which tends to understate a disparity, and of "
        "those with a high chance alone, which usually overstates it. Mostly the truth is between.",
        (
            *GROUP,
            ("Metric", False, _metric),
            ("Weighted", True, _percent("weighted_rate")),
            ("Likely members", True, _percent("thresholded_rate")),
            ("Gap, weighted", True, _points("weighted_difference")),
            ("Gap, likely members", True, _points("thresholded_difference")),
            ("Ratio, weighted", True, _number("weighted_ratio")),
            ("Ratio, likely members", True, _number("thresholded_ratio")),
        ),
    ),
    "proxies": Kind(
        "Which features reveal a group",
        "A model that is not told the group can act on what reveals it. AUC: the chance to tell a "
        "member from somebody else, 0.5 is luck.",
        (
            ("Groups of", False, _text("set")),
            ("Feature", False, lambda row: _features(row)),
            ("Reveals", False, lambda row: row["group"] if row["reveals"] else "nothing"),
            ("AUC", True, _number("auc")),
            ("Interval", True, _ends("low", "high")),
            ("Share of what there is to know", True, _percent("share")),
        ),
    ),
}


def _features(row: Row) -> str:
    names: Sequence[str] = row["features"]
    return names[0] if len(names) == 1 else f"all {len(names)} together"

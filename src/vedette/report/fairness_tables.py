"""The tables of an audit as cells of text.

Owns: which columns each table has, what stands in a cell.  Does not own: the figures (they come
with the document), markup.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vedette.report import fairness_cells as cells
from vedette.report.fairness_cells import Cell, Row

ABOVE = "above the median"
FOLDED = ("widest", "measures", "spread", "bounds", "change", "history")  # where they are long
LONG = 16  # rows
CAP = 500  # rows of a table on the page


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
        more = f" The first {CAP} of {len(rows)} rows: the JSON has all." if len(rows) > CAP else ""
        rows = rows[:CAP]
        heads = [(head, numeric) for head, numeric, _ in kind.columns]
        told = [(_verdict(row), [cell(row) for _, _, cell in kind.columns]) for row in rows]
        used = [at for at in range(len(heads)) if any(one[at] not in ("", "–") for _, one in told)]
        found.append(
            Sheet(
                key,
                kind.title,
                kind.note + more,
                [heads[at] for at in used],
                [(verdict, [one[at] for at in used]) for verdict, one in told],
                key in FOLDED and len(told) > LONG,
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


GROUP = (("Group", False, cells.text_cell("group")),)
ROWS = ("Rows", True, cells.count_cell("rows"))
WHY = ("Why not", False, cells.text_cell("reason"))


def _impact(part: str, rate: str) -> tuple[tuple[str, bool, Cell], ...]:
    return (
        *GROUP,
        ROWS,
        ("Of all rows", True, cells.percent_cell("share")),
        (rate, True, cells.percent_cell(f"{part}_rate")),
        ("Interval", True, cells.share_ends_cell(f"{part}_low", f"{part}_high")),
        ("Ratio to the highest", True, cells.times_cell(f"{part}_ratio")),
        ("Interval", True, cells.times_ends_cell(f"{part}_ratio_low", f"{part}_ratio_high")),
        WHY,
    )


# Tables of the page that are parts of one table of the document.
TABLES = {"selection": "impact", "scoring": "impact"}
KINDS: Mapping[str, Kind] = {
    "selection": Kind(
        "Impact ratios of selection",
        "The share that was selected, and its ratio to that of the highest group of those that are "
        "shown. The highest is picked by noise: where groups are small their ratios lie below 1 "
        "without any disparity.",
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
        "ratio to the rest lies beyond it. p is adjusted for all groups and, by false discoveries, "
        "for all metrics of a table: where little else differs it may be many times p alone.",
        (
            *GROUP,
            ("Rows", True, cells.count_cell("n")),
            ("Selected", True, cells.percent_cell("rate")),
            ("To the highest", True, cells.times_cell("to_highest")),
            ("Point below the limit", False, cells.flag_cell("flagged", "yes")),
            ("To the rest", True, cells.times_cell("ratio")),
            (
                "Interval, all groups together",
                True,
                cells.times_ends_cell("ratio_low", "ratio_high"),
            ),
            ("p alone", True, cells.p_cell("p")),
            ("p, adjusted", True, cells.p_cell("p_adjusted")),
        ),
    ),
    "widest": Kind(
        "The widest gaps",
        "Between the lowest and the highest group, beside what chance alone makes of as many "
        "groups of their sizes.",
        (
            ("Groups of", False, cells.text_cell("set")),
            ("Metric", False, cells.metric_cell),
            ("Lowest", False, cells.text_cell("lowest")),
            ("Highest", False, cells.text_cell("highest")),
            ("Gap", True, cells.points_cell("gap")),
            ("By chance", True, cells.points_cell("by_chance")),
            ("By chance at most", True, cells.points_cell("by_chance_at_most")),
            ("Beyond chance", True, cells.points_cell("beyond_chance")),
        ),
    ),
    "calibration": Kind(
        "Do scores mean the same",
        "Positive labels over the sum of scores: 1 where scores mean what they say. Scores that "
        "are off for everyone alike are wrong, not unfair: a group is judged beside the rest.",
        (
            *GROUP,
            ("Labelled rows", True, cells.count_cell("n")),
            ("Observed", True, cells.number_cell("observed", 4)),
            ("Expected", True, cells.number_cell("expected", 4)),
            ("Ratio", True, cells.times_cell("ratio")),
            ("Interval", True, cells.times_ends_cell("low", "high")),
            ("Of the rest", True, cells.times_cell("rest")),
            ("Over that", True, cells.times_cell("relative")),
            ("Interval", True, cells.times_ends_cell("relative_low", "relative_high")),
        ),
    ),
    "measures": Kind(
        "Other numbers by group",
        "Means and shares beside the rest; intervals hold for all groups together.",
        (
            ("Number", False, cells.text_cell("measure")),
            *GROUP,
            ("Rows", True, cells.count_cell("n")),
            ("Mean", True, cells.mean_cell("mean")),
            ("Of the rest", True, cells.mean_cell("other")),
            ("Difference", True, cells.difference_cell),
            ("Interval", True, cells.difference_ends_cell),
            ("p, adjusted", True, cells.p_cell("p_adjusted")),
        ),
    ),
    "spread": Kind(
        "How they are spread",
        "Beside the rest: the gap of means in standard deviations, how far rows would have to move "
        "(Wasserstein, beyond what chance alone gives), and gaps of quantiles.",
        (
            ("Number", False, cells.text_cell("measure")),
            *GROUP,
            ("Gap in sd", True, cells.number_cell("smd")),
            ("Interval", True, cells.ends_cell("smd_low", "smd_high")),
            ("Moved by", True, cells.number_cell("wasserstein")),
            ("10 %", True, cells.quantile_cell(0.1)),
            ("Median", True, cells.quantile_cell(0.5)),
            ("90 %", True, cells.quantile_cell(0.9)),
        ),
    ),
    "coverage": Kind(
        "Which rows have a label",
        "Where labels come unevenly, what is said of them may not hold of the rows without.",
        (
            *GROUP,
            ROWS,
            ("With a label", True, cells.percent_cell("labelled")),
            ("Interval", True, cells.share_ends_cell("low", "high")),
            ("Of the rest", True, cells.percent_cell("rest")),
            ("Of the selected", True, cells.percent_cell("of_selected")),
            ("Of the others", True, cells.percent_cell("of_others")),
            ("Uneven", False, cells.flag_cell("uneven", "by more than 5 points")),
            ("Selective", False, cells.flag_cell("selective", "one decision has hardly any")),
        ),
    ),
    "bounds": Kind(
        "What missing labels leave open",
        "From all missing labels one way to all the other way: the rate lies between, whatever "
        "they are.",
        (
            *GROUP,
            ("Metric", False, cells.metric_cell),
            ("Lies in", True, cells.share_ends_cell("low", "high")),
            ("Of the rest in", True, cells.share_ends_cell("rest_low", "rest_high")),
        ),
    ),
    "change": Kind(
        "Since the reference",
        "The gap to the rest now, less what it was.",
        (
            *GROUP,
            ("Metric", False, cells.metric_cell),
            ("Gap then", True, cells.points_cell("then")),
            ("Gap now", True, cells.points_cell("now")),
            ("Change", True, cells.points_cell("change")),
            ("Interval, all groups together", True, cells.ends_cell("low", "high", 100.0)),
            ("p", True, cells.p_cell("p")),
        ),
    ),
    "history": Kind(
        "Selection over time",
        "The group of each set that stands out most, beside the others, step by step. The band is "
        "of all rows that are shown so far, and holds at every look at once.",
        (
            ("Group", False, cells.text_cell("group")),
            ("Against", False, cells.text_cell("against")),
            ("From", False, cells.day_cell("start")),
            ("To", False, cells.day_cell("end")),
            ("Rows", True, cells.count_cell("n")),
            ("Selected", True, cells.count_cell("k")),
            ("Rate", True, cells.percent_cell("rate")),
            ("Theirs", True, cells.percent_cell("other")),
            ("Ratio", True, cells.times_cell("ratio")),
            ("Interval", True, cells.times_ends_cell("ratio_low", "ratio_high")),
            ("All so far", True, cells.times_cell("band")),
            ("Band", True, cells.times_ends_cell("band_low", "band_high")),
        ),
    ),
    "membership": Kind(
        "Groups known by chances alone",
        "Two estimates: weighted by the chances, which tends to understate a disparity, and of "
        "those with a high chance alone, which usually overstates it. Mostly the truth is between.",
        (
            *GROUP,
            ("Metric", False, cells.metric_cell),
            ("Weighted", True, cells.percent_cell("weighted_rate")),
            ("Likely members", True, cells.percent_cell("thresholded_rate")),
            ("Gap, weighted", True, cells.points_cell("weighted_difference")),
            ("Gap, likely members", True, cells.points_cell("thresholded_difference")),
            ("Ratio, weighted", True, cells.times_cell("weighted_ratio")),
            ("Ratio, likely members", True, cells.times_cell("thresholded_ratio")),
        ),
    ),
    "proxies": Kind(
        "Which features reveal a group",
        "A model that is not told the group can act on what reveals it. AUC: the chance to tell a "
        "member from somebody else, 0.5 is luck. Intervals hold one by one; that a feature reveals "
        "a group is said where p, paid for by all that were tried, rules chance out.",
        (
            ("Groups of", False, cells.text_cell("set")),
            ("Feature", False, lambda row: _features(row)),
            ("Reveals", False, lambda row: row["group"] if row["reveals"] else "nothing"),
            ("AUC", True, cells.number_cell("auc")),
            ("Interval", True, cells.ends_cell("low", "high")),
            ("p, adjusted", True, cells.p_cell("p")),
            ("Share of what there is to know", True, cells.percent_cell("share")),
        ),
    ),
}


def _features(row: Row) -> str:
    names: Sequence[str] = row["features"]
    return names[0] if len(names) == 1 else f"all {len(names)} together"

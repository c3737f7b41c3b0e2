"""Every figure of an audit by itself: what it is of, its value, interval and rows.

Owns: taking the tables of a document apart.  Does not own: the tables (`engine.audit.made`), which
figures answer what (`report.packs`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vedette.profiles.groups import AND, UNSTATED


class Told(NamedTuple):
    """Where a figure stands in a row: its name, value, both ends of its interval, its rows."""

    figure: str
    value: str
    low: str = ""
    high: str = ""
    rows: str = "n"
    level: str = ""  # the place of that of the interval


def _ends(name: str, rows: str = "n", level: str = "") -> Told:
    return Told(name, name, f"{name}_low", f"{name}_high", rows, level)


def _part(part: str) -> tuple[Told, ...]:
    rate = Told(f"{part}_rate", f"{part}_rate", f"{part}_low", f"{part}_high", f"{part}_n", "level")
    number = Told(f"{part}_number", f"{part}_k", rows=f"{part}_n")
    return number, rate, _ends(f"{part}_ratio", f"{part}_n", "level")


FIGURES: Mapping[str, tuple[Told, ...]] = {
    "rates": (
        Told("rate", "rate", "low", "high", level="level"),
        _ends("difference", level="level_together"),
        _ends("ratio", level="level_together"),
    ),
    "impact": (*_part("selection"), *_part("scoring")),
    "widest": (Told("gap", "gap"), Told("by_chance_at_most", "by_chance_at_most")),
    "calibration": (Told("ratio", "ratio", "low", "high"), _ends("relative")),
    "measures": (Told("mean", "mean"), _ends("difference")),
    "spread": (_ends("smd"), _ends("wasserstein")),
    "coverage": (Told("labelled", "labelled", "low", "high", "rows"),),
    "bounds": (Told("lies_in", "low", "low", "high"),),
    "change": (Told("change", "change", "low", "high"),),
    "membership": tuple(
        Told(f"{side}_{name}", f"{side}_{name}", f"{side}_{name}_low", f"{side}_{name}_high",
             f"{side}_n")
        for side in ("weighted", "thresholded")
        for name in ("difference", "ratio")
    ),
    "proxies": (Told("auc", "auc", "low", "high", "rows"),),
    "history": (
        _ends("ratio", level="level"),
        Told("all_so_far", "band", "band_low", "band_high", level="level"),
    ),
}  # fmt: skip
ABOUT = ("set", "column", "group", "metric", "measure", "against", "verdict", "reason")


def figures_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every figure that is shown.  Bounds: `id` is the same for the same figure of any audit.

    Example:
        >>> row = {"set": "sex", "group": "sex=F", "n": 9, "ratio": 0.9, "low": 0.8, "high": 1.0}
        >>> [one["id"] for one in figures_of({"calibration": [row], "sets": []})]
        ['calibration/sex/sex=F/ratio']
    """
    found = _sizes(document)
    for table, every in FIGURES.items():
        for row in document.get(table, ()):
            for told in every:
                made = _figure(table, row, told)
                if made is not None:
                    found.append(made)
    return found


def _sizes(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"sets/{one['key']}/{group['group']}/rows",
            "table": "sets",
            "figure": "rows",
            "set": one["key"],
            "group": group["group"],
            "depth": len(one["columns"]),
            "unknown": group["group"] == UNSTATED,
            "value": group["rows"],
            "low": None,
            "high": None,
            "level": None,
            "n": group["rows"],
            "reason": _why(group),
        }
        for one in document["sets"]
        for group in one["groups"]
    ]


def _why(group: Mapping[str, Any]) -> str:
    """Why the size of a group is not shown; "" where it is."""
    if group["rows"] is not None:
        return ""
    return f"not shown: {'too few rows' if group['few'] else 'would give away a smaller group'}"


def _figure(table: str, row: Mapping[str, Any], told: Told) -> dict[str, Any] | None:
    if told.value not in row:
        return None
    about = {key: row[key] for key in ABOUT if key in row}
    if table == "proxies":
        about["features"] = row["features"]
    key = str(about.get("set") or about.get("column"))
    names = ("metric", "measure", "against", "group")
    middle = [str(about[name]) for name in names if name in about]
    if table == "history":
        about |= {name: row[name] for name in ("start", "end")}
        middle.append(str(row["start"])[:10])
    parts = [table, key, *middle, *about.get("features", ()), told.figure]
    n = row.get(told.rows, row.get("rows"))
    value = None if table == "bounds" else row[told.value]
    return {
        "id": "/".join(parts),
        "table": table,
        "figure": told.figure,
        "depth": key.count(AND) + 1,
        **about,
        "value": value,
        "low": row.get(told.low),
        "high": row.get(told.high),
        "level": row.get(told.level),
        "n": n,
    }

"""Columns of a row by row comparison as plain data.

Owns: the parts of the JSON document.  Does not own: the whole (`result`).
"""

from typing import Any

import msgspec

from vedette.engine.skew.keyed.counts import InSegment, Tally
from vedette.engine.skew.keyed.joined import Duplicates
from vedette.monitors.finding import Finding

TREATED = {
    "": "each online row is compared",
    "skip": "equal rows count once; keys whose rows disagree are compared with nothing",
    "first": "the first row of each key counts",
    "last": "the last row of each key counts",
}


def column_document(column: Any, finding: Finding) -> dict[str, Any]:
    """Everything about one column."""
    sizes = column.sizes
    return {
        "name": column.name,
        "online_name": column.online_name,
        "kind": column.kind,
        "tolerance": {"relative": column.relative, "absolute": column.absolute},
        "verdict": finding.verdict,
        "reason": finding.reason,
        "finding": finding.id,
        **tally_document(column.tally),
        "difference": None
        if sizes is None
        else {"mean": sizes.mean, "quantiles": list(sizes.quantiles), "largest": sizes.largest},
        "causes": [_cause(cause) for cause in column.causes],
        "unexplained": column.unexplained,
        "confusion": [
            {"offline": _shown(c.offline), "online": _shown(c.online), "rows": c.rows}
            for c in column.confusion
        ],
        "segments": [segment_document(cell) for cell in column.segments],
        "examples": [
            {"key": [_shown(k) for k in row[:-2]], "offline": _shown(row[-2]),
             "online": _shown(row[-1])}
            for row in column.examples
        ],
    }  # fmt: skip


def tally_document(tally: Tally) -> dict[str, Any]:
    """Counts and rate."""
    low, high = tally.interval
    return {
        "rows": tally.rows,
        "mismatches": tally.mismatches,
        "rate": tally.rate,
        "low": low,
        "high": high,
        "differ": tally.differ,
        "missing_online": tally.not_online,
        "missing_offline": tally.not_offline,
        "missing_both": tally.neither,
    }


def segment_document(cell: InSegment) -> dict[str, Any]:
    """One segment of a column."""
    return {"column": cell.column, "value": cell.value, **tally_document(cell.tally)}


def treated(found: Duplicates, how: str) -> dict[str, Any]:
    """Duplicate keys of a side, and what was done with them."""
    return {
        "keys": found.keys,
        "rows": found.rows,
        "conflicting": found.conflicting,
        "treatment": TREATED[how],
    }


def _cause(cause: Any) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(cause)
    return made


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

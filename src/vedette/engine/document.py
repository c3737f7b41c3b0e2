"""Findings and columns as plain data.

Owns: the parts of the JSON document.  Does not own: the whole (`engine.comparison`), its schema
(`report/comparison.schema.json`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from vedette.engine.headline import leading, sentence
from vedette.monitors.family import Examined
from vedette.monitors.finding import VERDICTS, Finding
from vedette.monitors.neighbourhoods import Neighbourhood
from vedette.monitors.pair import Pair
from vedette.profiles.binning import NominalBinning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.stats.distances import Distance

TESTS = ("chi_square", "ks")  # distances that are tests: shown with their p-value


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding of a comparison, with its id first."""
    plain = msgspec.structs.asdict(finding)
    for name in ("model", "window"):  # of live models only
        del plain[name]
    return {"id": finding.id, **plain}


def pair_document(finding: Finding, place: Neighbourhood | None) -> dict[str, Any]:
    """A pair of columns that go together otherwise, and the neighbourhood that gained or lost
    most rows."""
    where = None
    if place is not None:
        where = {
            "words": place.words,
            "before": place.before,
            "now": place.now,
            "expected": place.expected,
        }
    return {"finding": finding.id, "pair": finding.column, "neighbourhood": where}


def judged_document(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """A column or a rule and what was found of it: the worst verdict, the first reason, findings by
    id.  Without any it is calm."""
    own = [finding for finding in findings if finding.column == name]
    return {
        "name": name,
        "verdict": min((one.verdict for one in own), key=VERDICTS.index, default="calm"),
        "headline": own[0].reason if own else "",
        "findings": [one.id for one in own],
    }


def column_document(
    pair: Pair, verdict: str, findings: Sequence[Finding], examined: Examined
) -> dict[str, Any]:
    """Everything about one column over all rows: verdict, both sides, distances, distribution, its
    findings by id."""
    own = [finding for finding in findings if finding.column == pair.column]
    whole = [finding for finding in own if finding.segment == ""]
    lead = leading(whole or own, pair.column) if own else None
    if lead and verdict == "alarming" and lead.verdict != "alarming":
        lead = leading(own, pair.column)
    newcomers = pair.current.newcomers
    entries = () if newcomers is None else newcomers.entries
    return {
        "name": pair.column,
        "kind": pair.field.kind,
        "role": pair.field.role,
        "unit": pair.field.unit,
        "derived_from": pair.derived_from,
        "verdict": verdict,
        "headline": sentence(lead, own) if lead else "",
        "magnitude": lead.magnitude if lead else 0.0,
        "min_effect": pair.min_effect,
        "method": pair.method,
        "detectable": next((f.detectable for f in whole if f.component == "level"), None),
        "reference": side_document(pair.reference),
        "current": side_document(pair.current),
        "distances": {
            name: distance_document(name, d)
            for name, d in examined.distances[pair.column, pair.segment].items()
        },
        "distribution": distribution_document(pair),
        "new_categories": [
            [name, rows] for _, name, rows in sorted(entries, key=lambda e: (-e[2], e[1]))
        ],
        "findings": [finding.id for finding in own],
    }


def side_document(cell: Cell) -> dict[str, Any]:
    """The counts and moments of one side of a column."""
    m = cell.moments
    seen = m is not None and cell.usable > 0
    return {
        "rows": cell.rows,
        "missing": cell.missing,
        "not_finite": cell.not_finite,
        "broken": cell.broken,
        "below": cell.bins.below if cell.bins else 0,
        "above": cell.bins.above if cell.bins else 0,
        "unseen": cell.counts.unseen if cell.counts else 0,
        "mean": m.mean(cell.usable) if m else None,
        "sd": m.deviation(cell.usable) if m else None,
        "min": m.low if m and seen else None,
        "max": m.high if m and seen else None,
        "distinct": cell.distinct.estimate() if cell.distinct else None,
    }


def distance_document(name: str, distance: Distance) -> dict[str, Any]:
    """A distance with its interval, or a test with its p-value."""
    if name in TESTS:
        return {"value": distance.raw, "p": distance.p}
    return {"value": distance.value, "low": distance.low, "high": distance.high}


def distribution_document(pair: Pair) -> dict[str, Any] | None:
    """The counts of both sides over the same places; None when neither holds a value."""
    reference, current = pair.counts
    if reference.sum() + current.sum() == 0:
        return None
    if isinstance(pair.binning, NominalBinning):
        kept = [i for i in range(len(reference)) if reference[i] + current[i] > 0]
        places = pair.places()
        return {
            "type": "nominal",
            "categories": [places[i] for i in kept],
            "reference": [int(reference[i]) for i in kept],
            "current": [int(current[i]) for i in kept],
        }
    return _numeric(pair, pair.binning)


def _numeric(pair: Pair, binning: NumericBinning) -> dict[str, Any]:
    """Bins, with the outside ones only where a value lies in them, closed by the extremes seen."""
    reference, current = pair.counts
    moments = [c.moments for c in (pair.reference, pair.current) if c.moments and c.usable]
    low, high = min(m.low for m in moments), max(m.high for m in moments)
    bounds = np.clip([low, *binning.edges, high], low, high)
    first = 0 if reference[0] + current[0] else 1
    last = len(reference) - (0 if reference[-1] + current[-1] else 1)
    return {
        "type": "numeric",
        "edges": [float(edge) for edge in bounds[first : last + 1]],
        "reference": [int(n) for n in reference[first:last]],
        "current": [int(n) for n in current[first:last]],
    }


def plain(value: Any) -> Any:
    """The same data as JSON can hold it: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return value

"""An incident's columns before and after, in outline.

Owns: which profiles are put side by side.  Does not own: layout and drawing (`report.shapes`,
`report.drawings`), counting.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.core.errors import VedetteError
from vedette.engine.document import distribution_document
from vedette.monitors.pair import Pair
from vedette.profiles import codec
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.report import drawings, shapes
from vedette.stores.store import StateStore

DRAWN = 6  # columns
WINDOWS = 200  # profiles added up at most


class Sketch(NamedTuple):
    """One column: the outlines of its reference and of the incident, and what stands below."""

    column: str
    segment: str
    outline: drawings.Spark | None
    labels: tuple[str, str]
    rows: tuple[int, int]


def sketches(store: StateStore, incident: Incident, baseline: Baseline | None) -> list[Sketch]:
    """The columns of an incident, first cause first; none where their profiles are not kept."""
    if baseline is None:
        return []
    profile = during(store, incident, baseline)
    if profile is None:
        return []
    wanted = dict.fromkeys(
        (cause.column, cause.segment) for cause in incident.causes if cause.column
    )
    found = (_sketch(baseline, profile, *key) for key in list(wanted)[:DRAWN])
    return [sketch for sketch in found if sketch is not None]


def during(store: StateStore, incident: Incident, baseline: Baseline) -> Profile | None:
    """The rows of an incident's first day, added up; None when none are kept."""
    end = min(incident.closed or incident.onset + DAY, incident.onset + DAY)
    end = max(end, incident.opened)
    for clock in ("drift", "fast"):
        entries = store.read(
            "profile", incident.model, incident.onset, end, limit=WINDOWS, prefix=f"{clock}/"
        )
        profiles = []
        for entry in entries:
            profile = codec.unpack(entry.body)
            if profile.binning_id == baseline.id and profile.rows:
                profiles.append(profile)
        if profiles:
            return reduce(Profile.merge, profiles)
    return None


def _sketch(baseline: Baseline, profile: Profile, column: str, segment: str) -> Sketch | None:
    key = (column, segment)
    binning = baseline.binnings.get(column)
    known = next((field for field in baseline.schema.fields if field.name == column), None)
    if binning is None or known is None:
        return None
    if key not in baseline.profile.cells or key not in profile.cells:
        return None
    reference, current = baseline.profile.cells[key], profile.cells[key]
    pair = Pair(known, segment, binning, reference, current, fitted=False)
    rows = (reference.rows, current.rows)
    try:
        distribution = distribution_document(pair)
    except (VedetteError, ValueError):
        distribution = None
    if distribution is None:
        return Sketch(column, segment, None, ("", ""), rows)
    if distribution["type"] == "numeric":
        picture = shapes.shape(distribution, whole=known.kind == "integer")
        ends = (picture.labels[0], picture.labels[-1]) if picture.labels else ("", "")
        return Sketch(column, segment, drawings.spark(picture.bars), ends, rows)
    return Sketch(column, segment, *_categories(distribution, rows), rows)


def _categories(
    distribution: dict[str, Sequence[str]], rows: tuple[int, int]
) -> tuple[drawings.Spark | None, tuple[str, str]]:
    sides = {"reference": {"rows": rows[0]}, "current": {"rows": rows[1]}}
    bars = drawings.side_by_side(shapes.nominal({"distribution": distribution, **sides})[0][:14])
    if not bars:
        return None, ("", "")
    return drawings.spark(bars), (bars[0].name, bars[-1].name)

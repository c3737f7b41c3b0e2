"""An incident's columns before and after, in outline.

Owns: which columns are drawn.  Does not own: which profiles are put side by side
(`engine.change`), layout and drawing (`report.shapes`, `report.drawings`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from vedette.alerts.incident import Incident
from vedette.core.errors import VedetteError
from vedette.engine.change import during, pair_of
from vedette.engine.document import distribution_document
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.report import drawings, shapes
from vedette.stores.store import StateStore

DRAWN = 6  # columns


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


def _sketch(baseline: Baseline, profile: Profile, column: str, segment: str) -> Sketch | None:
    pair = pair_of(baseline, profile, column, segment)
    if pair is None:
        return None
    rows = (pair.reference.rows, pair.current.rows)
    try:
        distribution = distribution_document(pair)
    except (VedetteError, ValueError):
        distribution = None
    if distribution is None:
        return Sketch(column, segment, None, ("", ""), rows)
    if distribution["type"] == "numeric":
        picture = shapes.shape(distribution, whole=pair.field.kind == "integer")
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

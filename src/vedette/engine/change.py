"""What an incident changed: its leading column before and after, as plain data.

Owns: which profiles are put side by side.  Does not own: drawing (`report.figures`), counting.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import reduce
from typing import Any

from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.core.errors import StoreError, VedetteError
from vedette.engine import strips
from vedette.engine.document import distribution_document, side_document
from vedette.monitors.pair import Pair
from vedette.profiles import codec
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stores.store import StateStore

WINDOWS = 200  # profiles added up at most
LEADING = 12  # causes whose columns are read


def change_document(store: StateStore, incident: Incident) -> dict[str, Any] | None:
    """The leading cause's column in the reference and in the incident's first day.

    None for an incident without a column, and where profiles or baseline are kept no longer.
    Shapes: a column of a comparison's document, with `title` and `component`.
    """
    cause = next((cause for cause in incident.causes if cause.column), None)
    if cause is None:
        return None
    for baseline in _baselines(store, incident.model):
        profile = during(store, incident, baseline, [cause.column])
        pair = profile and pair_of(baseline, profile, cause.column, _segment(incident))
        if not pair:
            continue
        try:
            distribution = distribution_document(pair)
        except (VedetteError, ValueError):  # nothing usable on either side
            distribution = None
        return {
            "name": pair.title.replace("`", ""),
            "kind": pair.field.kind,
            "title": incident.title,
            "component": cause.component,
            "reference": side_document(pair.reference),
            "current": side_document(pair.current),
            "distribution": distribution,
        }
    return None


def during(
    store: StateStore,
    incident: Incident,
    baseline: Baseline,
    columns: Collection[str] | None = None,
) -> Profile | None:
    """The rows of an incident's first day, added up; None when none are kept.

    Of columns it has those that are named, or else those of the leading causes: reading all of a
    wide model takes seconds.
    """
    if columns is None:
        columns = {cause.column for cause in incident.causes[:LEADING] if cause.column}
    end = min(incident.closed or incident.onset + DAY, incident.onset + DAY)
    end = max(end, incident.opened)
    for clock in ("drift", "fast", "base"):
        entries = store.read(
            "profile", incident.model, incident.onset, end, limit=WINDOWS, prefix=f"{clock}/"
        )
        profiles = []
        for entry in entries:
            profile = strips.some(store, entry, columns)
            if profile.binning_id == baseline.id and profile.rows:
                profiles.append(profile)
        if profiles:
            return reduce(Profile.merge, profiles)
    return None


def pair_of(baseline: Baseline, profile: Profile, column: str, segment: str) -> Pair | None:
    """One column of both; None when either does not hold it."""
    key = (column, segment)
    binning = baseline.binnings.get(column)
    known = next((field for field in baseline.schema.fields if field.name == column), None)
    if binning is None or known is None:
        return None
    if key not in baseline.profile.cells or key not in profile.cells:
        return None
    reference, current = baseline.profile.cells[key], profile.cells[key]
    return Pair(known, segment, binning, reference, current, fitted=False)


def _segment(incident: Incident) -> str:
    """Where the leading cause shows: its segment, or the only one beside all rows."""
    cause = next(cause for cause in incident.causes if cause.column)
    named = {segment for _, column, segment in incident.streams if column == cause.column}
    named -= {""}
    return cause.segment or (named.pop() if len(named) == 1 else "")


def _baselines(store: StateStore, model: str) -> Iterator[Baseline]:
    """All that are kept, the newest first."""
    for entry in store.read("baseline", model, newest_first=True):
        if entry.body.startswith(codec.MAGIC):  # else the answer to a request: another one's id
            with suppress(StoreError):
                yield codec.decode(entry.body)[0]

"""How a model treats groups over a stretch, as far as it is asked and may be told.

Owns: whose figures of a set of groups and a stretch may be shown to whom, and the rates that answer
what is asked.  Does not own: reading what is asked (`web.fairness_query`), adding up
(`web.history.fairness`, `web.history.numbers`), rates (`engine.audit.rates`), the rule on small
groups (`engine.audit.shown`), who may see groups at all (`web.redaction`), the answer in words
(`web.fairness_verdict`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.engine.audit.asked import Asked as Limits
from vedette.engine.audit.found import rows_of
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import CONTEXT, REST, Rated, rated, tally_of
from vedette.engine.audit.shown import rates_shown, shown_of
from vedette.engine.audit.uneven import uneven_of
from vedette.engine.fairness_settings import FairnessSettings
from vedette.profiles.groups import Grouping, Groups
from vedette.stats.fairness.bounds import REFUSED, coverage, refused
from vedette.stats.fairness.change import change
from vedette.stats.fairness.compare import Compared
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric
from vedette.stats.fairness.tally import Tally
from vedette.web.answers import Problem
from vedette.web.asked import Asked
from vedette.web.fairness_query import against_asked, metric_asked, set_asked
from vedette.web.history.fairness import Groupwise, by_group, span_for
from vedette.web.history.numbers import Numbers, Sizes, numbers_by_group, sizes_of
from vedette.web.history.past import Past
from vedette.web.redaction import may_see_groups

Flags = NDArray[np.bool_]
NO_BASELINE = "There is no baseline yet, so no groups are told apart."
NO_GROUPS = "No groups are told apart: no column is named, and none has the role `sensitive`."
BEFORE = (
    "The settings name groups, but the baseline in force was fitted before they did: fit one to a "
    "stretch of logged events."
)
NO_DECISION = (
    "The reference holds no decision, and no number named under `measures`, so nothing can be told "
    "of its groups."
)
NO_RATES = "The reference holds no decision: no rate can be told of its groups, only their numbers."


@dataclass(frozen=True, eq=False)
class Treated:
    """How a model treated the groups of one set over a stretch.

    `against` is `REST` or the label of a group; `limits` are the operator's.
    """

    one: Asked
    grouping: Grouping
    groups: Groups
    metric: GroupMetric
    against: str
    limits: Limits
    found: Groupwise
    selective: str  # why labels do not stand for all rows, in words

    @property
    def decides(self) -> bool:
        """Whether the model decides, so that there are rates; if not, there are numbers alone."""
        return bool(self.grouping.grading.classes)

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of every set."""
        return numbers_by_group(self.one.past, self.found.span, self.grouping)

    @property
    def covered(self) -> Window | None:
        """The part of the stretch that has rows."""
        return self.found.covered if self.decides else self.numbers.covered

    @cached_property
    def tallies(self) -> Mapping[str, Tally]:
        """What was counted of every set: labels only of windows whose labels have come, where any
        have; without decisions, rows that have a number."""
        found = {key: _tally(self.found, key) for key in self.found.sets}
        if self.decides:
            return found
        sizes = sizes_of(self.numbers.sums)
        return {key: replace(one, rows=sizes[key]) for key, one in found.items()}

    @cached_property
    def sizes_before(self) -> Sizes:
        """Rows of every group in the reference, by key of the set."""
        baseline = self.one.past.baseline
        if baseline is None:
            return {}
        if not self.decides:
            return sizes_of(baseline.profile.measured)
        tallies = {k: tally_of(c, self.grouping) for k, c in baseline.profile.cubes.items()}
        return {key: np.asarray(one.rows, np.int64) for key, one in tallies.items()}

    @cached_property
    def shown(self) -> Mapping[str, Flags]:
        """Which groups of every set may be shown at all."""
        sizes = {key: np.asarray(one.rows, np.int64) for key, one in self.tallies.items()}
        return shown_of(self.grouping.sets, sizes, self.limits.minimum)

    @cached_property
    def rates_shown(self) -> Mapping[str, Flags]:
        """Which rates of the groups may be.  Shapes: bool[M, G] by key, as GROUP_METRICS."""
        return rates_shown(self.grouping.sets, self.tallies, self.shown, self.limits.minimum)

    @cached_property
    def labels_shown(self) -> Mapping[str, Flags]:
        """Of which groups figures that rest on labels may be."""
        return {key: flags[-1] for key, flags in self.rates_shown.items()}  # the last: base rate

    @property
    def tally(self) -> Tally:
        """What was counted of the set."""
        return self.tallies[self.groups.key]

    @cached_property
    def alike(self) -> Tally:
        """The same of no windows but those whose labels have come, where any have."""
        sums = self.found.sets[self.groups.key]
        return sums.tally(mature=self.found.has_mature)

    @cached_property
    def rates(self) -> Rated:
        """The rates of the stretch."""
        return rated(self.groups, self.tally, self.limits)

    @cached_property
    def reference(self) -> Rated | None:
        """Those of the reference; None where it has no rows."""
        baseline = self.one.past.baseline
        cube = None if baseline is None else baseline.profile.cubes.get(self.groups.key)
        if cube is None:
            return None
        return rated(self.groups, tally_of(cube, self.grouping), self.limits)

    @cached_property
    def refused(self) -> frozenset[str]:
        """The metrics that cannot be told, because of whose labels are missing."""
        if not self.tally.labelled.any():
            return frozenset()
        names = [metric.name for metric in GROUP_METRICS]
        told = refused(coverage(self.alike.total()))
        own = {name for name, falls in zip(names, told[:, 0], strict=True) if falls}
        return frozenset(own | (REFUSED if self.selective else set()))

    @cached_property
    def metrics(self) -> tuple[GroupMetric, ...]:
        """The metrics that can be told."""
        if not self.decides:
            return ()
        return tuple(one for one in self.rates.metrics if one.name not in self.refused)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every group on every metric that can be told, beside what it is held against."""
        return [row for row in self.all_rows if row["against"] == self.against]

    @cached_property
    def all_rows(self) -> list[dict[str, Any]]:
        """The same, and beside the rest; with what labels that come unevenly leave open of it."""
        flags = self.rates_shown[self.groups.key]
        rows = rows_of(self.rates, self.limits, self.found.covered, flags)
        uneven = uneven_of(self.groups, self.alike, self.metrics, flags, self.limits)
        told = {metric.name for metric in self.metrics}
        found = [row for row in rows if row["metric"] in told]
        for row in found:
            about = row["group"], row["metric"], row["verdict"], row["reason"]
            row["verdict"], row["reason"] = uneven.beside(*about)
        return found

    @cached_property
    def before(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """The same of the reference, by metric and group; its small groups are not there."""
        baseline = self.one.past.baseline
        if self.reference is None or baseline is None:
            return {}
        tallies = {k: tally_of(c, self.grouping) for k, c in baseline.profile.cubes.items()}
        sets, least = self.grouping.sets, self.limits.minimum
        sizes = {key: np.asarray(one.rows, np.int64) for key, one in tallies.items()}
        flags = rates_shown(sets, tallies, shown_of(sets, sizes, least), least)
        rows = rows_of(self.reference, self.limits, None, flags[self.groups.key])
        return {
            (row["metric"], row["group"]): row
            for row in rows
            if row["against"] == self.against and row["rate"] is not None
        }

    @cached_property
    def changes(self) -> Mapping[tuple[str, str], Mapping[str, float | None]]:
        """How far the gap of a group is from that of the reference, by metric and group, where both
        may be shown: the difference of differences."""
        if self.reference is None:
            return {}
        shared = min(len(self.rates.metrics), len(self.reference.metrics))
        now, then = (
            one.beside[0].compared._replace(
                **{n: getattr(one.beside[0].compared, n)[:shared] for n in Compared._fields[:-1]}
            )
            for one in (self.rates, self.reference)
        )
        moved = change(now, then)
        told = {(row["metric"], row["group"]) for row in self.rows if row["rate"] is not None}
        found = {}
        for at, metric in enumerate(self.rates.metrics[:shared]):
            for place, group in enumerate(self.rates.labels):
                key = (metric.name, group)
                if key in told and key in self.before:
                    parts = (moved.change, moved.low, moved.high, moved.p)
                    names = ("change", "low", "high", "p")
                    found[key] = {
                        n: known(part[at, place]) for n, part in zip(names, parts, strict=True)
                    }
        return found

    def of(self, metric: str) -> list[dict[str, Any]]:
        """The rows of one metric."""
        return [row for row in self.rows if row["metric"] == metric]


def treated(
    one: Asked, groups: str | None = None, metric: str | None = None, against: str | None = None
) -> Treated | None:
    """What is asked for; None where nothing is known of groups.

    Errors: Problem, 400, for a set, a metric or a group that is none; 403 for groups that the
    caller may not see.
    """
    grouping = grouping_of(one.past)
    if grouping is None:
        return None
    sets = sets_for(one, grouping)
    chosen = set_asked(grouping, sets, groups)
    if chosen is None:
        return None
    held = against_asked(chosen, against)
    if held != REST and not grouping.grading.classes:
        raise Problem(400, "wrong_query", "Numbers are held against the rest alone.", "against")
    return of_set(one, grouping, chosen, metric_asked(metric), held)


def of_set(
    one: Asked, grouping: Grouping, groups: Groups, metric: GroupMetric, against: str = REST
) -> Treated:
    """How one set of groups was treated, whoever asks: what is shown of it is for the caller."""
    settings = one.call.service.settings_of(one.past.model).fairness
    how = one.call.view().labelling
    span = span_for(one.span.start, one.span.end, one.past.widths[2])
    found = by_group(one.past, span, how)
    limits = limits_of(settings, () if against == REST else (against,))
    made = Treated(one, grouping, groups, metric, against, limits, found, how.selective)
    if against != REST and not made.shown[groups.key][groups.labels.index(against)]:
        raise Problem(
            400, "wrong_query", f"The group {against[:80]!r} is too small to be told.", "against"
        )
    return made


def limits_of(settings: FairnessSettings, against: Sequence[str] = ()) -> Limits:
    """The limits of a model, as an audit has them."""
    return Limits(
        settings.groups, against=tuple(against), depth=settings.depth, least=settings.least,
        minimum=settings.minimum, ratio=settings.ratio, gap=settings.gap, level=settings.level,
    )  # fmt: skip


def grouping_of(past: Past) -> Grouping | None:
    """The groups of a model whose decisions or numbers are counted; None where there are none."""
    grouping = None if past.baseline is None else past.baseline.grouping
    if grouping is None or not grouping.sets:
        return None
    return grouping if grouping.grading.classes or grouping.numbers else None


def sets_for(one: Asked, grouping: Grouping) -> list[Groups]:
    """The sets of groups that the caller may see."""
    model = one.past.model
    schema = one.call.service.schema_of(model)
    return [s for s in grouping.sets if may_see_groups(one.call.key, model, schema, s.columns)]


def why_unknown(past: Past, settings: FairnessSettings) -> str:
    """Why nothing is known of groups."""
    if past.baseline is None:
        return NO_BASELINE
    grouping = past.baseline.grouping
    if grouping is not None and grouping.sets:
        return NO_DECISION
    return BEFORE if settings.groups else NO_GROUPS


def _tally(found: Groupwise, key: str) -> Tally:
    """All rows of a set, and the labels of windows whose labels have come, where any have."""
    sums = found.sets[key]
    every = sums.tally()
    if not found.has_mature:
        return every
    return replace(sums.tally(mature=True), rows=every.rows, selected=every.selected)


def is_judged(row: Mapping[str, Any]) -> bool:
    """Whether a row of rates is held against a limit."""
    return row["metric"] not in CONTEXT

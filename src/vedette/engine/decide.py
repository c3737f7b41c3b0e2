"""From two profiles to a Comparison: pairing their cells, one decision.

Owns: which cell is compared with which, under what settings.  Does not own: reading
(`engine.compare`), deciding (`monitors.family`).
"""

from collections.abc import Mapping

from vedette.core.errors import SettingsError, UsageError
from vedette.core.schema import Field
from vedette.engine.batch import parents_of
from vedette.engine.comparison import Comparison, Side
from vedette.engine.settings import Settings
from vedette.monitors.control import ORDERED_ONLY
from vedette.monitors.family import examine
from vedette.monitors.joint import JointDrift
from vedette.monitors.pair import Pair
from vedette.monitors.together import Together
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.profiles.codes import is_ordered
from vedette.profiles.profile import Profile

EMPTY = Cell(0)


def decide(
    baseline: Baseline,
    profiles: tuple[Profile, Profile],
    names: tuple[str, str],
    settings: Settings,
    ignored: Mapping[str, str],
    joint: JointDrift | None,
    together: Together | None = None,
) -> Comparison:
    """Pair what was counted and decide once over all of it.

    Shapes: (reference, current) profiles and names.  Errors: UsageError when no column can be
    compared.
    """
    pairs = make_pairs(baseline, *profiles, settings)
    if not pairs:
        raise UsageError(
            "compare",
            "there is no column to compare",
            hint="all columns are " + "; ".join(f"{k}: {v}" for k, v in list(ignored.items())[:5]),
        )
    one, two = (Side(n, p.rows, p.window) for n, p in zip(names, profiles, strict=True))
    extra = [] if joint is None else [joint.finding]
    return Comparison(
        settings,
        baseline,
        (one, two),
        tuple(pairs),
        examine(pairs, settings.control, extra, together),
        ignored,
        joint,
        together,
    )


def make_pairs(
    baseline: Baseline, before: Profile, after: Profile, settings: Settings
) -> list[Pair]:
    """Pair the cells of both profiles, column by column, all rows first, then segments."""
    fitted = before is baseline.profile or before.same_counts(baseline.profile)
    segments = [f"{column}={name}" for column, names in baseline.segments.items() for name in names]
    parents = parents_of(baseline.schema)
    pairs = []
    for field in baseline.schema.fields:
        binning = baseline.binnings.get(field.name)
        if binning is None:
            continue
        method, effect, rate_effect = _judged_by(field, settings, nominal=not is_ordered(binning))
        for segment in ("", *segments):
            if segment.startswith(f"{field.name}="):
                continue  # a column is constant in its own segments
            key = (field.name, segment)
            pairs.append(
                Pair(
                    field,
                    segment,
                    binning,
                    before.cells.get(key, EMPTY),
                    after.cells.get(key, EMPTY),
                    fitted,
                    baseline.splits.get(key) if fitted else None,
                    baseline.rare.get(field.name, (0, 0)),
                    effect,
                    method,
                    rate_effect,
                    parents.get(field.name),
                )
            )
    return pairs


def _judged_by(field: Field, settings: Settings, nominal: bool) -> tuple[str, float, float]:
    """Method of a column, its smallest effect that matters, and that of its rates.

    A limit given for a distance is in the distance's unit and says nothing about rates.
    Errors: SettingsError when a column of categories is named for a distance between numbers.
    """
    chosen, usual = settings.of(field.name), settings.min_effect
    method = chosen.method or "scores"
    if nominal and method in ORDERED_ONLY:
        named = settings.columns.get(field.name)
        if named is not None and named.method == method:
            raise SettingsError(
                f"column {field.name!r}",
                f"{method} needs numbers in an order",
                got=f"kind {field.kind}",
                want="psi, js, hellinger, total_variation, w or chi_square",
            )
        return "scores", usual, usual  # reached by a wildcard
    effect = chosen.min_effect or usual
    return method, effect, effect if method == "scores" else usual

"""Comparing two tables, from whatever they are given as to a Comparison.

Owns: opening both sides and profiling them.  Does not own: the decision (`engine.decide`),
rendering (`report`).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vedette.core.errors import UsageError
from vedette.core.schema import Schema
from vedette.engine.batch import (
    Progress,
    check_fitted,
    fit_baseline,
    nothing,
    profile_source,
    raw_schema,
)
from vedette.engine.comparison import Comparison
from vedette.engine.decide import decide
from vedette.engine.declared import schema_of
from vedette.engine.dependence import COMPARED, compare_pairs
from vedette.engine.examples import examples_of
from vedette.engine.kept_rows import KeptRows
from vedette.engine.profile_file import ProfileFile, is_profile_file, load
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import Source, open_source
from vedette.profiles.baseline import Baseline
from vedette.profiles.dependence_fit import candidates
from vedette.profiles.profile import Profile


def compare(
    reference: Any,
    current: Any,
    *,
    schema: Schema | str | Path | None = None,
    baseline: Baseline | None = None,
    workers: int | None = None,
    progress: Progress = nothing,
    **settings: Any,
) -> Comparison:
    """Compare two tables and say what changed, by how much, and whether it matters.

    `reference` and `current` are pandas, Polars or Arrow tables, readers, paths or globs to
    Parquet, CSV, JSON lines or Arrow files, or profiles (then give their `baseline`, or paths to
    profile files, which carry it).  `schema` is one, or the path of its YAML file.  Keyword
    settings: `min_effect` (default 0.05), `alpha`, `alpha_margin`, `strict`, `segments`, `columns`
    (wildcard -> {min_effect, method, kind, role, unit}), `label`, `prediction`, `score`, `time`,
    `id`, `joint`, `dependence`.

    Bounds: at most `alpha` (5 %) of comparisons of unchanged tables raise any alarm, whatever their
    sizes and number of columns.
    Errors: UsageError for tables without a common column, SettingsError for wrong settings; a bad
    column is a finding.
    Example:
        >>> import vedette as vd
        >>> result = vd.compare({"x": [1.0, 2.0] * 500}, {"x": [None, 2.0] * 500})
        >>> result.ok, result.alarms[0].reason
        (False, '50 % of `x` is missing, was 0 %')
    """
    return run(
        reference,
        current,
        make_settings(settings),
        schema=schema_of(schema),
        baseline=baseline,
        workers=workers,
        progress=progress,
    )


def run(
    reference: Any,
    current: Any,
    settings: Settings,
    *,
    schema: Schema | None = None,
    baseline: Baseline | None = None,
    workers: int | None = None,
    progress: Progress = nothing,
) -> Comparison:
    """Compare under settings that are already made: what `compare` and the command line share."""
    if baseline is not None and not isinstance(baseline, Baseline):
        got = type(baseline).__name__
        raise UsageError(
            "compare", "baseline is no baseline", got=got, hint="vd.Baseline.fit(table)"
        )
    one, two = _opened(reference), _opened(current)
    kept = _kept(one, two, settings)
    if isinstance(one, ProfileFile):
        _check_binning(one.profile, baseline or one.baseline)
        before, fitted = one.profile, baseline or one.baseline
    elif isinstance(one, Baseline):
        before, fitted = one.profile, one
    elif isinstance(one, Profile):
        if baseline is None:
            raise UsageError("compare", "a profile alone has no bins", hint="give its baseline=")
        before, fitted = one, baseline
        _check_binning(before, fitted)
    else:
        fitted = baseline or fit_baseline(
            one, settings, schema, workers=workers, progress=progress, kept=kept[0]
        )
        if kept[0] is not None:
            kept[0].wanted = candidates(fitted.schema)
        before = (
            profile_source(one, fitted, workers=workers, progress=progress, kept=kept[0])
            if baseline
            else fitted.profile
        )
    if baseline is not None or not isinstance(one, Source):
        check_fitted(fitted, settings, schema)
    if kept[1] is not None:
        kept[1].wanted = candidates(fitted.schema)
    after = _current(two, fitted, workers, progress, kept[1])
    _check_binning(after, fitted)
    joint = None
    if settings.joint:
        if not (isinstance(one, Source) and isinstance(two, Source)):
            raise UsageError(
                "compare", "the joint comparison needs rows", want="tables, not profiles"
            )
        from vedette.engine.joint import compare_jointly  # scikit-learn is loaded only on request

        joint = compare_jointly(one, two, fitted)
    ignored = dict(fitted.excluded)
    if isinstance(two, Source):
        known = raw_schema(fitted.schema)
        ignored |= {
            name: "not in the reference"
            for name in two.arrow_schema.names
            if name not in known and name not in ignored
        }
    names = (_name(one, "reference"), _name(two, "current"))
    rows = [side.rows() for side in kept if side is not None]
    pairs = compare_pairs(rows[0], rows[1], fitted, settings) if rows else None
    found = decide(fitted, (before, after), names, settings, ignored, joint, pairs)
    if settings.examples and isinstance(two, Source):
        told = examples_of(two, fitted, found.pairs, found.findings, settings.examples)
        found = replace(found, examples=told)
    return found


def _opened(data: Any) -> Source | Profile | Baseline | ProfileFile:
    if isinstance(data, Profile | Baseline | ProfileFile):
        return data
    return load(data) if is_profile_file(data) else open_source(data)


def _current(
    two: Source | Profile | Baseline | ProfileFile,
    baseline: Baseline,
    workers: int | None,
    progress: Progress,
    kept: KeptRows | None,
) -> Profile:
    if isinstance(two, Profile):
        return two
    if isinstance(two, Baseline | ProfileFile):
        return two.profile
    _check_columns(two, baseline)
    return profile_source(two, baseline, workers=workers, progress=progress, kept=kept)


def _kept(one: object, two: object, settings: Settings) -> tuple[KeptRows | None, KeptRows | None]:
    """Where rows of both tables are kept for how columns go together; profiles have none."""
    if not (settings.dependence and isinstance(one, Source) and isinstance(two, Source)):
        return None, None
    return KeptRows(COMPARED), KeptRows(COMPARED)


def _check_columns(source: Source, baseline: Baseline) -> None:
    names = raw_schema(baseline.schema).names
    if not set(names) & set(source.arrow_schema.names):
        raise UsageError(
            "compare",
            "the two tables have no column in common",
            got=f"{_few(source.arrow_schema.names)} in {source.name}",
            want=f"some of {_few(names)}",
        )


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _check_binning(profile: Profile, baseline: Baseline) -> None:
    if profile.binning_id != baseline.id:
        raise UsageError(
            "compare",
            "a profile was made with another baseline",
            got=f"binning {profile.binning_id[:8]}",
            want=f"binning {baseline.id[:8]}",
            hint="profile the current data with --baseline pointing to the reference's profile",
        )


def _name(opened: Source | Profile | Baseline | ProfileFile, role: str) -> str:
    return opened.name if isinstance(opened, Source | ProfileFile) else role

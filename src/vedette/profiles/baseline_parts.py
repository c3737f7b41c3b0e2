"""What a baseline consists of, part by part, as values that msgpack can write.

Owns: the order and the kind of the parts of `docs/formats/profile.md`.  Does not own: the file
around them (`profiles.codec`), those of a profile (`profiles.profile_parts`).
"""

from typing import Any

import msgspec

from vedette.core.schema import Schema
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline, Split
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning
from vedette.profiles.dependence import Dependence
from vedette.profiles.grading import Grading
from vedette.profiles.groups import Grouping, Groups
from vedette.profiles.loss_variation import LossVariation
from vedette.profiles.measures import Measure
from vedette.profiles.natural import SPECIALS, Variation
from vedette.profiles.outliers import Outliers
from vedette.profiles.plainly import plainly, valued
from vedette.profiles.profile_parts import profile_in, profile_out
from vedette.profiles.raw_arrays import F8, I8, U8, array_of, raw_of
from vedette.profiles.sample import Sample
from vedette.profiles.training import Training
from vedette.stats.season import Season
from vedette.stats.window_scores import SCORES

# The arrays of natural variation, in the order of the page.
VARIED = (
    "beta", "t2", "phi", "misfit", "week", "nu", "inverse", "excess", "hits", "rows", "dispersion",
    "distance",
)  # fmt: skip

PARTS = 15
VARIATION_PARTS = len(VARIED) + 10


def baseline_out(b: Baseline) -> list[Any]:
    """The parts of a baseline, in the order of the format."""
    return [
        msgspec.json.encode(b.schema),
        [[name, *_binning_out(binning)] for name, binning in b.binnings.items()],
        [[column, list(names)] for column, names in b.segments.items()],
        [
            [column, segment, raw_of(s.named, I8), raw_of(s.judged, I8)]
            for (column, segment), s in sorted(b.splits.items())
        ],
        [[column, *pair] for column, pair in sorted(b.rare.items())],
        [[column, reason] for column, reason in sorted(b.excluded.items())],
        profile_out(b.profile),
        None if b.variation is None else _variation_out(b.variation),
        plainly(b.appraisal),
        plainly(b.grouping),
        None if b.training is None else _training_out(b.training),
        None if b.checks is None else msgspec.json.encode(b.checks),
        plainly(b.outliers),
        plainly(b.dependence),
        plainly(b.directions),
    ]


def baseline_in(parts: list[Any]) -> Baseline:
    """A baseline of its parts; older ones have fewer."""
    parts = [*parts, *[None] * (PARTS - len(parts))]
    (schema, binnings, segments, splits, rare, excluded, profile, variation, appraisal,
     grouping, training, checks, outliers, dependence, directions) = parts  # fmt: skip
    return Baseline(
        msgspec.json.decode(schema, type=Schema),
        {name: _binning_in(kind, rest) for name, kind, *rest in binnings},
        {column: tuple(names) for column, names in segments},
        profile_in(profile),
        {(c, s): Split(array_of(one, I8), array_of(two, I8)) for c, s, one, two in splits},
        {column: (once, twice) for column, once, twice in rare},
        {column: reason for column, reason in excluded},  # noqa: C416 - pairs are lists, not tuples
        None if variation is None else _variation_in(variation),
        None if appraisal is None else _appraisal_in(appraisal),
        None if grouping is None else _grouping_in(grouping),
        None if training is None else _training_in(training),
        None if checks is None else msgspec.json.decode(checks, type=Schema),
        None if outliers is None else Outliers(*valued(outliers)),
        None if dependence is None else Dependence(*valued(dependence)),
        {} if directions is None else valued(directions),
    )


def _training_out(t: Training) -> list[Any]:
    return [
        t.key,
        t.name,
        profile_out(t.profile),
        [[*key, plainly(one)] for key, one in sorted(t.quantiles.items())],
        t.sampled,
        t.windows,
        list(t.lacking),
        list(t.unserved),
    ]


def _training_in(parts: list[Any]) -> Training:
    key, name, profile, quantiles, sampled, windows, lacking, unserved = parts
    return Training(
        key,
        name,
        profile_in(profile),
        {(column, segment): valued(one) for column, segment, one in quantiles},
        sampled,
        windows,
        tuple(lacking),
        tuple(unserved),
    )


def _appraisal_in(parts: list[Any]) -> Appraisal:
    grading, auditor, variation, sample = (valued(part) for part in parts)
    return Appraisal(
        Grading(*grading),
        Auditor(*auditor),
        None if variation is None else LossVariation(*variation),
        None if sample is None else Sample(*sample),
    )


def _grouping_in(parts: list[Any]) -> Grouping:
    grading, sets, measures, positive, labelled, variation, numbers = map(valued, parts)
    return Grouping(
        Grading(*grading),
        tuple(Groups(*one) for one in sets),
        measures,
        positive,
        labelled,
        None if variation is None else LossVariation(*variation),
        tuple(Measure(*one) for one in numbers),
    )


def _variation_out(v: Variation) -> list[Any]:
    return [
        v.width,
        v.windows,
        v.flat,
        v.harmonics,
        v.weekly,
        [list(key) for key in v.keys],
        raw_of(v.used, I8),
        *(raw_of(getattr(v, name), F8) for name in VARIED),
        raw_of(v.mixed, I8),
        raw_of(v.mix, F8),
        raw_of(v.total, F8),
    ]


def _variation_in(parts: list[Any]) -> Variation:
    parts = [*parts, *[b""] * (VARIATION_PARTS - len(parts))]  # before version 5 one less
    width, windows, flat, harmonics, weekly, keys, used, *rest, mixed, mix, total = parts
    season = Season(width, harmonics, weekly)
    arrays = {name: array_of(raw, F8) for name, raw in zip(VARIED, rest, strict=True)}
    C = len(keys)
    shapes: dict[str, tuple[int, ...]] = {"beta": (C, season.size, SCORES)}
    shapes |= dict.fromkeys(("t2", "phi", "misfit", "week", "nu"), (C, SCORES))
    shapes |= dict.fromkeys(("hits", "dispersion"), (C, len(SPECIALS)))
    return Variation(
        tuple((column, segment) for column, segment in keys),
        width, windows, flat, harmonics, weekly, array_of(used, I8).reshape(C),
        **{name: found.reshape(shapes.get(name, (C,))) for name, found in arrays.items()},
        mixed=(at := array_of(mixed, I8)),
        mix=array_of(mix, F8).reshape(len(at), season.size, -1 if len(at) else 0),
        total=array_of(total, F8).reshape(C if total else 0, -1 if total else 0),
    )  # fmt: skip


def _binning_out(binning: Binning) -> list[Any]:
    if isinstance(binning, NumericBinning):
        return ["numeric", raw_of(binning.edges, F8)]
    return ["nominal", list(binning.names), raw_of(binning.known, U8)]


def _binning_in(kind: str, rest: list[Any]) -> Binning:
    if kind == "numeric":
        return NumericBinning(array_of(rest[0], F8))
    return NominalBinning(tuple(rest[0]), array_of(rest[1], U8))

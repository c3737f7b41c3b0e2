"""Two scrapes of one server to readings of models.

Owns: which engines a server is, whose a sample is, what a reading is called.  Does not own: the
table (`engines`), the arithmetic (`reckon`), models and their names (`engine.scraper`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from vedette.ingest.scrape.engines import ENGINES
from vedette.ingest.scrape.gained import Gain, gains
from vedette.ingest.scrape.reckon import reckoned
from vedette.ingest.scrape.row import RATE, SPREAD, SUM, Engine, Row
from vedette.ingest.scrape.text import PARTS, Sample, Scrape
from vedette.ingest.series_names import series_name

MOST_APART = 20  # values of a label by which readings are told apart
UNSAID = ("", "None", "not available")  # values of a label that say nothing
GPU = "{gpu}"

Claim = Callable[[str], Sequence[str]]


class Reading(NamedTuple):
    """What a metric of a model is at the moment of a scrape."""

    model: str
    name: str
    value: float


def engines_of(scrape: Scrape, chosen: Iterable[str] = ()) -> tuple[Engine, ...]:
    """The engines that a server is recognised as; only `chosen` ones, where any are."""
    wanted = [one for one in ENGINES if one.name in chosen] or ENGINES
    names = tuple(scrape.by_name)
    return tuple(one for one in wanted if _matching(one.signature, names))


def readings_of(
    before: Scrape | None,
    now: Scrape,
    claim: Claim,
    *,
    engines: Iterable[str] = (),
    keep: Sequence[str] = (),
) -> list[Reading]:
    """The readings that a scrape gives, with the one before.

    Shapes: `claim` says by the value of the label that names a model ("" where there is none) which
    models of ours it is, none or several; `keep` are patterns of further names, which become
    readings of the same name.
    Bounds: without `before` only what needs none: no rate, no quantile.
    """
    gain = None if before is None else gains(before, now)
    seconds = 0.0 if before is None else (now.time - before.time) / 1e9
    found: dict[tuple[str, str], float] = {}
    for engine in engines_of(now, engines):
        for reading in readings_of_engine(engine, now, claim, gain, seconds):
            found.setdefault((reading.model, reading.name), reading.value)
    for reading in _kept(now, keep, claim, gain, seconds):
        found.setdefault((reading.model, reading.name), reading.value)
    return [Reading(model, name, value) for (model, name), value in found.items()]


def readings_of_engine(
    engine: Engine, now: Scrape, claim: Claim, gain: Gain | None, seconds: float
) -> Iterable[Reading]:
    """The readings of one engine, row by row; of several with one name the first counts.

    Shapes: `gain` tells what counters gained in the last `seconds`, None where that is not known.
    """
    for row in engine.rows:
        yield from _of_row(engine, row, now, claim, gain, seconds)


def _of_row(
    engine: Engine, row: Row, now: Scrape, claim: Claim, gain: Gain | None, seconds: float
) -> Iterable[Reading]:
    """Samples in groups: by model, by GPU where the name has one, and apart where there are
    several versions or endpoints."""
    of = [one for one in _samples(row.of, row, now) if _fits(one, row.where)]
    gpus = _gpus(engine, now) if GPU in row.name else {}
    groups: dict[tuple[str, str], tuple[list[Sample], list[Sample]]] = {}
    for side, samples in enumerate((of, _samples(row.over, row, now))):
        for sample in samples:
            gpu = gpus.get(sample.label(engine.gpu), "0")
            for model in claim(sample.label(engine.model)):
                groups.setdefault((model, gpu), ([], []))[side].append(sample)
    for (model, gpu), (own, all_) in groups.items():
        name = row.name.replace(GPU, gpu)
        for end, value in reckoned(row, own, all_, gain, seconds):
            yield Reading(model, name + end, value)
        for label in engine.apart:
            for said in _several(label, [*own, *all_]):
                its, whole = (
                    [s for s in side if s.label((label,)) == said] for side in (own, all_)
                )
                for end, value in reckoned(row, its, whole, gain, seconds):
                    yield Reading(model, series_name(name + end, ((label, said),)), value)


def _several(label: str, samples: Iterable[Sample]) -> list[str]:
    """The values of a label, where there are several."""
    values = dict.fromkeys(sample.label((label,)) for sample in samples)
    told = [value for value in values if value not in UNSAID]
    return told[:MOST_APART] if len(told) > 1 else []


def _samples(pattern: str, row: Row, now: Scrape) -> list[Sample]:
    if not pattern:
        return []
    names = tuple(now.by_name)
    if row.how == SPREAD:
        pattern = f"(?:{pattern})(?:_(?:{'|'.join(PARTS)}))?"
    found = (sample for name in _matching(pattern, names) for sample in now.by_name[name])
    return [sample for sample in found if _fits(sample, row.only)]


def _fits(sample: Sample, asked: Mapping[str, str]) -> bool:
    return all(re.fullmatch(pattern, sample.label((name,))) for name, pattern in asked.items())


@lru_cache(maxsize=4096)  # the names that a server shows hardly ever change
def _matching(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    wanted = re.compile(pattern)
    return tuple(name for name in names if wanted.fullmatch(name))


def _gpus(engine: Engine, now: Scrape) -> dict[str, str]:
    """The number of each GPU: as it is said, or its place among those that are shown."""
    shown = dict.fromkeys(one.label(engine.gpu) for one in now.samples)
    shown.pop("", None)
    return {said: said if said.isdigit() else str(at) for at, said in enumerate(shown)}


def _kept(
    now: Scrape, keep: Sequence[str], claim: Claim, gain: Gain | None, seconds: float
) -> Iterable[Reading]:
    """What a user asked for by name: gauges as they are, counters as rates, histograms as
    quantiles, each set of labels for itself."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Sample]] = {}
    for sample in now.samples if keep else ():
        if any(fnmatchcase(sample.name, pattern) for pattern in keep):
            groups.setdefault((sample.name, sample.labels), []).append(sample)
    for (name, labels), samples in groups.items():
        kind = now.kinds[name]
        how = {"counter": RATE, "histogram": SPREAD, "summary": SPREAD}.get(kind, SUM)
        row = Row(name, how, name)
        for end, value in reckoned(row, samples, (), gain, seconds):
            ending = ".rate" if how == RATE else end
            for model in claim(""):
                yield Reading(model, series_name(name + ending, labels), value)

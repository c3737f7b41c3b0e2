"""Promise: the segment that suffers is found, and the drift that harms is told from one that does
not.

A boosted model and its labelled reference of 20,000 rows, which fits baseline and auditor; nothing
else is known to what is measured. On a known law of 15 columns, and on flights.

* Segments: in 15,000 labelled rows the labels of one segment of about 300 are flipped until the
  accuracy there is 10 points lower. Found: a segment is told that shares more than half of its rows
  with it (of the union). False: any segment told of the same rows unflipped. Beside it, on errors
  that nothing explains (a tenth of the rows, at random): the same search without an auditor, and
  plain split halves (search on one, Holm's test of the best 20 on the other).
* Causes: 5,000 rows in which one column's drift costs 1.5 points or more, and another's as strong a
  drift at most a third of a point; with labels and without. Beside it: what drift times importance
  ranks first.

    python -m bench.bench_causes [--quick]
"""

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pyarrow as pa
from bench.flawed import Drifts, Flights, Law, Rows, World
from bench.planted import PLANTED, PLANTS, flat, flip, halves, hit
from bench.table import Promise, aligned, promises, verdict_code
from msgspec.structs import replace
from scipy.stats import binom

import vedette as vd
from vedette.alerts.harm import BENIGN, HARMFUL
from vedette.derive.expected import fit_auditor, outlook
from vedette.engine.explained import Explanation
from vedette.engine.explanation import explain
from vedette.engine.facts import Facts
from vedette.profiles.codes import code_count, codes_of, is_ordered
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.sample import Sample
from vedette.sketches.losses import Losses
from vedette.stats.candidates import within
from vedette.stats.weakest import Segment, weakest

ROWS, WINDOW = 15_000, 5_000
HARM, HARMLESS = 0.015, 0.0033  # what a drift truly costs
OURS, ALONE, PLAIN, HINT = "vedette", "without auditor", "split halves", "drift x importance"
LAW = "law"
ROLES = {"score": "score", "label": "label"}


class Watched:
    """A world as vedette knows it: bins, auditor, coded sample of the reference."""

    def __init__(self, world: World) -> None:
        self.world = world
        table = world.table(world.reference)
        fields = vd.infer_schema(table).fields
        schema = vd.Schema(tuple(replace(f, role=ROLES.get(f.name, "feature")) for f in fields))
        baseline = vd.Baseline.fit(table, schema=schema)
        grading = fit_grading(table, schema)
        assert grading is not None
        fitted = fit_auditor(table, table["label"].combine_chunks(), grading, baseline)
        self.grading, self.auditor = grading, fitted.auditor
        self.binnings = {name: baseline.binnings[name] for name in world.names}
        self.widths = [code_count(binning) for binning in self.binnings.values()]
        self.ordered = [is_ordered(binning) for binning in self.binnings.values()]
        self.sample = self.sampled(world.reference, wrong(fitted.unseen, world.reference))
        codes = self.codes(table)
        expected = wrong(fitted.unseen, world.reference)
        self.before = self.sums(codes, world.reference.loss), self.sums(codes, expected)

    def codes(self, table: pa.Table) -> np.ndarray:
        columns = [codes_of(table[n].combine_chunks(), b) for n, b in self.binnings.items()]
        return np.stack(columns, 1)

    def expect(self, rows: Rows) -> np.ndarray:
        batch = self.world.table(rows).combine_chunks().to_batches()[0]
        return wrong(outlook(batch, self.auditor, self.grading), rows)

    def sampled(self, rows: Rows, expected: np.ndarray) -> Sample:
        codes = self.codes(self.world.table(rows))
        return Sample.of(self.world.names, codes, rows.loss, expected)

    def sums(self, codes: np.ndarray, loss: np.ndarray) -> dict[str, Losses]:
        return {
            name: Losses.of(codes[:, j], loss, self.widths[j])
            for j, name in enumerate(self.binnings)
        }


def wrong(chances: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the chance that each prediction is wrong."""
    said = (rows.score >= 0.5).astype(int)
    return 1 - chances[np.arange(len(said)), said]


# --- segments -------------------------------------------------------------------------------------


@dataclass
class Searches:
    """What was found: by plant and way, whether; by way, whether anything was where nothing is."""

    found: dict[tuple[str, str], list[bool]] = field(default_factory=dict)
    false: dict[str, list[bool]] = field(default_factory=dict)


def search(watched: Watched, tables: int, seed: int, into: Searches) -> None:
    """Plant segments and look for them; every table has a labelled reference of its own."""
    world, names = watched.world, watched.world.names
    for i in range(tables):
        rng = np.random.default_rng([seed, i])
        both = world.draw(rng, ROWS + len(watched.sample.loss))
        rows, other = both.take(np.arange(ROWS)), both.take(np.arange(ROWS, len(both.label)))
        known = watched.sampled(other, watched.expect(other))
        codes, expected = watched.codes(world.table(rows)), watched.expect(rows)

        def look(way: str, loss: np.ndarray, known: Sample = known, codes: np.ndarray = codes,
                 expected: np.ndarray = expected) -> list[np.ndarray]:  # fmt: skip
            if way == PLAIN:
                return halves(codes, loss, watched.ordered)
            given = (expected, known) if way == OURS else ()
            told: list[Segment] = weakest(
                codes, loss, names, watched.ordered, *given, widths=watched.widths
            )
            return [inside(segment, names, codes) for segment in told]

        nowhere = np.zeros(ROWS, bool)
        for way in (OURS, ALONE, PLAIN):
            calm = rows.loss if way == OURS else flat(nowhere, rng)
            into.false.setdefault(way, []).append(bool(look(way, calm)))
        for name, plant in PLANTS.items():
            where = plant(rows, rng)
            for way in (OURS, ALONE, PLAIN) if where is not None else ():
                loss = flip(rows, where, rng) if way == OURS else flat(where, rng)
                was = any(hit(rows_, where) for rows_ in look(way, loss))
                into.found.setdefault((name, way), []).append(was)


def inside(segment: Segment, names: tuple[str, ...], codes: np.ndarray) -> np.ndarray:
    return within(codes, [(names.index(c.column), c.low, c.high) for c in segment.conditions])


# --- causes ---------------------------------------------------------------------------------------


def drifts_of(world: World) -> tuple[list[Drifts], list[Drifts]]:
    """Return the drifts that truly harm, and those that do not."""
    costs = [({n: s}, world.effect({n: s})) for n, s in product(world.names, world.strengths)]
    bad = [one for one, cost in costs if cost >= HARM]
    return bad, [one for one, cost in costs if abs(cost) <= HARMLESS]


def chosen(world: World, bad: list[Drifts], fine: list[Drifts], rng: np.random.Generator) -> Drifts:
    """Return a drift that harms and one that does not, beside it either."""
    while True:
        guilty, innocent = bad[rng.integers(len(bad))], fine[rng.integers(len(fine))]
        if guilty.keys() == innocent.keys():
            continue
        both = {**guilty, **innocent}
        if abs(world.effect(both) - world.effect(guilty)) <= HARMLESS:
            return both


def explained(
    watched: Watched, rows: Rows, labelled: bool, drifting: tuple[str, ...]
) -> Explanation:
    codes = watched.codes(watched.world.table(rows))
    before, guessed = watched.before
    now, guess = watched.sums(codes, rows.loss), watched.sums(codes, watched.expect(rows))
    none = watched.sums(codes[:0], rows.loss[:0])
    names = watched.world.names
    return explain(
        Facts(
            binnings=watched.binnings,
            realised={n: (before[n], now[n] if labelled else none[n]) for n in names},
            estimated={n: (guessed[n], guess[n]) for n in names},
            sample=watched.sample,
            drifting=drifting,
        )
    )


def hinted(watched: Watched, rows: Rows, importance: Drifts, names: Iterable[str]) -> str:
    """Return what drift (total variation) times importance ranks first."""
    now = watched.sums(watched.codes(watched.world.table(rows)), rows.loss)

    def moved(name: str) -> float:
        p, q = (s[name].rows / s[name].rows.sum() for s in (watched.before[0], now))
        return float(np.abs(p - q).sum() / 2)

    return max(names, key=lambda name: moved(name) * importance[name])


Accused = dict[str, list[tuple[bool, ...]]]


def accuse(watched: Watched, windows: int, seed: int, into: Accused) -> None:
    """Let one column harm and another not, and ask which did."""
    world = watched.world
    importance = {name: world.importance(name) for name in world.names}
    bad, fine = drifts_of(world)
    for i in range(windows if bad and fine else 0):
        rng = np.random.default_rng([seed, 1, i])
        drifts = chosen(world, bad, fine, rng)
        guilty, innocent = drifts
        rows = world.drifted(rng, WINDOW, drifts)
        for labelled in (True, False):
            said = explained(watched, rows, labelled, (innocent, guilty))
            verdicts = {one.column: one.verdict for one in said.causes}
            into.setdefault(f"with{'' if labelled else 'out'} labels", []).append(
                (
                    said.causes[0].column == guilty and verdicts[innocent] == BENIGN,
                    verdicts[guilty] == HARMFUL,
                    said.harm.verdict == HARMFUL,
                )
            )
        first = hinted(watched, rows, importance, (guilty, innocent))
        into.setdefault(HINT, []).append((first == guilty,))


# --- both -----------------------------------------------------------------------------------------


def judged(title: str, hits: int, n: int, least: float = 0.0, most: float = 1.0) -> Promise:
    measured = f"{100 * hits / n:.1f} % of {n}" if n else "nothing to look at"
    kept = bool(binom.ppf(0.01, n, least) <= hits <= binom.ppf(0.99, n, most))
    return Promise(title, measured, kept if n and (least or most < 1) else None)


def told_segments(where: str, done: Searches) -> list[Promise]:
    """Print what was found, and hold it against what was promised."""
    lines = [
        (plant, way, len(runs), 100 * sum(runs) / len(runs), 100 * np.mean(done.false[way]))
        for (plant, way), runs in done.found.items()
    ]
    header = ("planted", "way", "tables", "found %", "false %")
    print(f"{where}\n{aligned(header, lines)}", end="\n\n")
    kept = []
    for (plant, way), runs in done.found.items():
        least = 0.95 if where == LAW and "range" not in plant else 0.0
        promised = " in at least 95 %" if least else " (nothing promised)"
        title = f"{where}: {plant}, {PLANTED} of {ROWS:,} rows, 10 points: found{promised}"
        if way == OURS:
            kept.append(judged(title, sum(runs), len(runs), least=least))
    calm = done.false[OURS]
    title = f"{where}: no segment planted: any told in at most 5 % of tables"
    return [*kept, judged(title, sum(calm), len(calm), most=0.05)]


def told_causes(where: str, done: Accused) -> list[Promise]:
    """Hold verdicts against what was promised."""
    kept = []
    for way, runs in done.items():
        n, first = len(runs), sum(run[0] for run in runs)
        if way == HINT:
            title = f"{where}: planted cause ranked first by drift x importance (nothing promised)"
            kept.append(judged(title, first, n))
            continue
        harmful, whole = (100 * sum(run[i] for run in runs) / n for i in (1, 2))
        print(f"{where}, {way}: guilty called harmful {harmful:.0f} %, all together {whole:.0f} %")
        title = f"{where}, {way}: planted cause first, the other benign, in at least 90 %"
        kept.append(judged(title, first, n, least=0.9))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Find planted segments and causes.")
    parser.add_argument("--quick", action="store_true", help="one law, fewer tables, no flights")
    quick = parser.parse_args().quick
    plans = {LAW: (Law, 1 if quick else 3, 25)}
    if not quick:
        plans["flights"] = (Flights, 1, 40)
    kept = []
    for where, (kind, worlds, turns) in plans.items():
        segments, causes = Searches(), Accused()
        for seed in range(worlds):
            start = time.perf_counter()
            watched = Watched(kind(seed))
            search(watched, turns, seed, segments)
            accuse(watched, turns, seed, causes)
            took, error = time.perf_counter() - start, watched.world.reference.loss.mean()
            print(f"{where} {seed}: loss {error:.3f}, {took:.0f} s", file=sys.stderr)
        kept += told_segments(where, segments) + told_causes(where, causes)
        print()
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())

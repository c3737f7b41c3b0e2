"""Promise: the segment that suffers is found, and the drift that harms is told from one that does
not.

A boosted model on a known law of 15 columns; its labelled reference of 20,000 rows fits baseline
and auditor, and nothing else of the law is known to what is measured.

* Segments: in 15,000 labelled rows the labels of one segment of about 300 are flipped until the
  accuracy there is 10 points lower. Found: a segment is told that shares more than half of its rows
  with it (of the union). False: any segment told of the same rows unflipped. Beside it: the same
  without an auditor, and plain split halves (search on one, test the best 20 on the other).
* Causes: 5,000 rows in which one column's drift costs 1.5 points or more, and another's as large a
  drift costs less than a third of a point; with labels and without. Beside it: what drift times
  importance ranks first.

    python -m bench.bench_causes [--quick]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
from bench.flawed import NAMES, Rows, World
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import binom

from vedette.alerts.harm import BENIGN, HARMFUL
from vedette.derive.expected import fit_auditor, outlook
from vedette.engine.explanation import Explanation, explain
from vedette.engine.facts import Facts
from vedette.profiles.baseline import Baseline
from vedette.profiles.codes import code_count, codes_of, is_ordered
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.sample import Sample
from vedette.sketches.losses import Losses
from vedette.stats.candidates import alone, paired, places
from vedette.stats.weakest import Segment, weakest

ROWS, PLANTED, DROP = 15_000, 300, 0.10
WINDOW = 5_000
HARM, HARMLESS = 0.015, 0.0033  # what a drift truly costs
STRENGTHS = (-0.8, -0.6, 0.6, 0.8)
TURNS = {"full": (6, 50, 50), "quick": (1, 60, 40)}  # worlds, tables and windows in each


class Watched:
    """A world as vedette knows it: bins, auditor, coded sample of the reference."""

    def __init__(self, seed: int) -> None:
        import vedette as vd

        self.world = World(seed)
        table = self.world.reference.table
        schema = with_roles(vd.infer_schema(table), {"score": "score", "label": "label"})
        self.baseline: Baseline = vd.Baseline.fit(table, schema=schema)
        grading = fit_grading(table, schema)
        assert grading is not None
        self.grading = grading
        fitted = fit_auditor(table, table["label"].combine_chunks(), grading, self.baseline)
        self.auditor = fitted.auditor
        self.binnings = {name: self.baseline.binnings[name] for name in NAMES}
        self.ordered = [is_ordered(self.binnings[name]) for name in NAMES]
        codes = self.codes(table)
        rows = self.world.reference
        self.expected = wrong(fitted.unseen, rows)
        self.sample = Sample.of(NAMES, codes, rows.loss, self.expected)
        self.before = self.sums(codes, rows.loss), self.sums(codes, self.expected)

    def codes(self, table: pa.Table) -> np.ndarray:
        columns = [codes_of(table[n].combine_chunks(), b) for n, b in self.binnings.items()]
        return np.stack(columns, 1)

    def expect(self, rows: Rows) -> np.ndarray:
        return wrong(outlook(rows.table, self.auditor, self.grading), rows)

    def sums(self, codes: np.ndarray, loss: np.ndarray) -> dict[str, Losses]:
        widths = [code_count(binning) for binning in self.binnings.values()]
        return {
            name: Losses.of(codes[:, j], loss, widths[j]) for j, name in enumerate(self.binnings)
        }


def with_roles(schema: object, roles: dict[str, str]) -> object:
    """Return a schema in which some fields have another role."""
    from msgspec.structs import replace

    from vedette.core.schema import Schema

    fields = [replace(f, role=roles.get(f.name, f.role)) for f in schema.fields]
    return Schema(tuple(fields))


def wrong(chances: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the chance that each prediction is wrong."""
    said = (rows.score >= 0.5).astype(int)
    return 1 - chances[np.arange(len(said)), said]


# --- segments -------------------------------------------------------------------------------------


def two_categories(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of two categories, of about 300."""
    fits = []
    for a in range(7):
        for b in range(a + 1, 7):
            width = rows.k[:, b].max() + 1
            cell = rows.k[:, a] * width + rows.k[:, b]
            near = np.flatnonzero(np.abs(np.bincount(cell) - PLANTED) <= PLANTED / 20)
            fits += [(a, b, int(c // width), int(c % width)) for c in near]
    if not fits:
        return None
    a, b, one, two = fits[rng.integers(len(fits))]
    return (rows.k[:, a] == one) & (rows.k[:, b] == two)


def one_category(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of one category, of about 300."""
    fits = []
    for j in range(7):
        near = np.abs(np.bincount(rows.k[:, j]) - PLANTED) <= PLANTED / 20
        fits += [(j, int(c)) for c in np.flatnonzero(near)]
    if not fits:
        return None
    j, c = fits[rng.integers(len(fits))]
    return rows.k[:, j] == c


def category_and_range(rows: Rows, rng: np.random.Generator) -> np.ndarray | None:
    """Rows of a category and a range of a number that begins anywhere, of about 300."""
    for _ in range(50):
        j, i = rng.integers(7), rng.integers(8)
        inside = rows.k[:, j] == rng.integers(rows.k[:, j].max() + 1)
        have = int(inside.sum())
        if not 4 * PLANTED < have < 12 * PLANTED:
            continue
        ordered = np.sort(rows.x[inside, i])
        start = rng.integers(have - PLANTED)
        low, high = ordered[start], ordered[start + PLANTED]
        return inside & (rows.x[:, i] >= low) & (rows.x[:, i] < high)
    return None


PLANTS: dict[str, Callable[[Rows, np.random.Generator], np.ndarray | None]] = {
    "one category": one_category,
    "two categories": two_categories,
    "a category and a range anywhere": category_and_range,
}


def flip(rows: Rows, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the loss after labels are flipped until the accuracy there is 10 points lower."""
    share = DROP / (1 - 2 * rows.chance[where].mean())
    flipped = where & (rng.random(len(where)) < share)
    return np.where(flipped, 1 - rows.loss, rows.loss)


def holds(segment: Segment, codes: np.ndarray) -> np.ndarray:
    inside = np.ones(len(codes), bool)
    for one in segment.conditions:
        code = codes[:, NAMES.index(one.column)]
        inside &= (code >= one.low) & (code <= one.high)
    return inside


def hit(inside: np.ndarray, where: np.ndarray) -> bool:
    return bool(2 * (inside & where).sum() > (inside | where).sum())


def halves(codes: np.ndarray, loss: np.ndarray, ordered: list[bool]) -> list[np.ndarray]:
    """Return what plain split halves find: the best 20 of one half by score, Holm on the other."""
    rng = np.random.default_rng(0)
    side, support = rng.random(len(loss)) < 0.5, max(200, len(loss) // 100)
    columns = [places(codes, j, ordered[j], support) for j in range(codes.shape[1])]
    scored = []
    for cells in (*alone(columns), *paired(columns, support)):
        width = len(cells.conditions) + 1
        n = np.bincount(cells.cell[side] + 1, minlength=width)[1:]
        bad = np.bincount(cells.cell[side] + 1, loss[side], width)[1:]
        rate = bad / np.maximum(n, 1)
        se = np.sqrt(np.maximum(rate * (1 - rate), 1e-9) / np.maximum(n, 1))
        score = n * (rate - loss[side].mean() - 2 * se)
        scored += [(s, cells, k) for k, s in enumerate(score) if s > 0]
    scored.sort(key=lambda one: -one[0])
    found, level = [], 0.05
    rest = ~side
    tests = [(c.cell == k) & rest for _, c, k in scored[:20]]
    ps = [binom.sf(loss[t].sum() - 1, max(t.sum(), 1), loss[rest].mean()) for t in tests]
    for rank, i in enumerate(np.argsort(ps)):
        if ps[i] > level / (len(ps) - rank):
            break
        _, cells, k = scored[i]
        found.append(cells.cell == k)
    return found


Tally = dict[str, list[tuple[bool, bool]]]


def search(watched: Watched, tables: int, seed: int, tally: dict[str, Tally]) -> list[float]:
    """Plant segments and look for them; return the estimated excess of those found."""
    excesses = []
    for i in range(tables):
        rng = np.random.default_rng([seed, i])
        rows = watched.world.draw(rng, ROWS)
        codes, expected = watched.codes(rows.table), watched.expect(rows)

        def ours(loss: np.ndarray, by: np.ndarray | None, codes: np.ndarray = codes) -> list:
            known = watched.sample if by is not None else None
            return weakest(codes, loss, NAMES, watched.ordered, by, known)

        calm = {
            "vedette": bool(ours(rows.loss, expected)),
            "without auditor": bool(ours(flat(rows, rng), None)),
            "split halves": bool(halves(codes, flat(rows, rng), watched.ordered)),
        }
        for name, plant in PLANTS.items():
            where = plant(rows, rng)
            if where is None:
                continue
            loss = flip(rows, where, rng)
            even = plant_flat(rows, where, rng)
            told = ours(loss, expected)
            good = [s for s in told if hit(holds(s, codes), where)]
            excesses += [s.excess for s in good[:1]]
            found = {
                "vedette": bool(good),
                "without auditor": any(hit(holds(s, codes), where) for s in ours(even, None)),
                "split halves": any(hit(h, where) for h in halves(codes, even, watched.ordered)),
            }
            for way, was in found.items():
                tally.setdefault(name, {}).setdefault(way, []).append((was, calm[way]))
    return excesses


def flat(rows: Rows, rng: np.random.Generator) -> np.ndarray:
    """Return losses of a model that is wrong in a tenth of the rows, whichever they are."""
    return (rng.random(len(rows.label)) < 0.10).astype(float)


def plant_flat(rows: Rows, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (rng.random(len(where)) < 0.10 + DROP * where).astype(float)


# --- causes ---------------------------------------------------------------------------------------


def drifts_of(world: World) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """The drifts that truly harm, and those that do not."""
    costs = {(n, s): world.effect({n: s}) for n in NAMES for s in STRENGTHS}
    bad = [one for one, cost in costs.items() if cost >= HARM]
    fine = [one for one, cost in costs.items() if abs(cost) <= HARMLESS]
    return bad, fine


def explained(
    watched: Watched, rows: Rows, labelled: bool, drifting: tuple[str, ...]
) -> Explanation:
    codes = watched.codes(rows.table)
    before, guessed = watched.before
    now, guess = watched.sums(codes, rows.loss), watched.sums(codes, watched.expect(rows))
    empty = watched.sums(codes[:0], rows.loss[:0])
    return explain(
        Facts(
            binnings=watched.binnings,
            realised={n: (before[n], now[n] if labelled else empty[n]) for n in NAMES},
            estimated={n: (guessed[n], guess[n]) for n in NAMES},
            sample=watched.sample,
            drifting=drifting,
        )
    )


def hinted(watched: Watched, rows: Rows, importance: dict[str, float], names: Iterable[str]) -> str:
    """Return what drift (total variation) times importance ranks first."""
    codes = watched.codes(rows.table)
    now, before = watched.sums(codes, rows.loss), watched.before[0]

    def moved(name: str) -> float:
        p, q = (s[name].rows / s[name].rows.sum() for s in (before, now))
        return float(np.abs(p - q).sum() / 2)

    return max(names, key=lambda name: moved(name) * importance[name])


def importances(world: World) -> dict[str, float]:
    """Return by how much the model's loss rises when a column is shuffled."""
    rng, rows = np.random.default_rng(3), world.pool
    matrix = np.hstack([rows.x, rows.k])
    out = {}
    for j, name in enumerate(NAMES):
        shuffled = matrix.copy()
        shuffled[:, j] = rng.permutation(shuffled[:, j])
        score = world.model.predict_proba(shuffled)[:, 1]
        out[name] = float(((score >= 0.5) != rows.label).mean() - rows.loss.mean())
    return out


def accuse(watched: Watched, windows: int, seed: int, tally: dict[str, list[tuple]]) -> None:
    """Let one column harm and another not, and ask which did."""
    world, weights = watched.world, importances(watched.world)
    bad, fine = drifts_of(world)
    for i in range(windows):
        rng = np.random.default_rng([seed, 1, i])
        guilty = bad[rng.integers(len(bad))]
        innocent = fine[rng.integers(len(fine))]
        while innocent[0] == guilty[0] or {innocent[0], guilty[0]} == {"x0", "x1"}:
            innocent = fine[rng.integers(len(fine))]
        rows = world.drifted(rng, WINDOW, dict([guilty, innocent]))
        names = (guilty[0], innocent[0])
        for labelled in (True, False):
            said = explained(watched, rows, labelled, names)
            columns = {one.column: one for one in said.causes if one.column}
            first = said.causes[0].column == guilty[0]
            key = "with labels" if labelled else "without labels"
            tally.setdefault(key, []).append(
                (
                    first,
                    columns[guilty[0]].verdict == HARMFUL,
                    columns[innocent[0]].verdict == BENIGN,
                    said.harm.verdict == HARMFUL,
                )
            )
        tally.setdefault("drift x importance", []).append(
            (hinted(watched, rows, weights, NAMES) == guilty[0],)
        )


# --- both -----------------------------------------------------------------------------------------


def judged(
    title: str, hits: int, n: int, least: float | None = None, most: float | None = None
) -> Promise:
    measured = f"{100 * hits / n:.1f} % of {n}" if n else "nothing to look at"
    if not n or (least is None and most is None):
        return Promise(title, measured, None)
    if least is not None:
        return Promise(title, measured, bool(hits >= binom.ppf(0.01, n, least)))
    return Promise(title, measured, bool(hits <= binom.ppf(0.99, n, most)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Find planted segments and causes.")
    parser.add_argument("--quick", action="store_true", help="one world, fewer tables")
    worlds, tables, windows = TURNS["quick" if parser.parse_args().quick else "full"]
    segments: dict[str, Tally] = {}
    causes: dict[str, list[tuple]] = {}
    excesses: list[float] = []
    for seed in range(worlds):
        start = time.perf_counter()
        watched = Watched(seed)
        error = watched.world.reference.loss.mean()
        excesses += search(watched, tables, seed, segments)
        accuse(watched, windows, seed, causes)
        took = time.perf_counter() - start
        print(f"world {seed}: error {error:.3f}, {took:.0f} s", file=sys.stderr)
    lines, kept = [], []
    for plant, ways in segments.items():
        for way, runs in ways.items():
            found, false = (sum(run[i] for run in runs) for i in range(2))
            n = len(runs)
            lines.append((plant, way, n, 100 * found / n, 100 * false / n))
            if way == "vedette":
                title = f"{plant}, 300 rows of {ROWS:,}, 10 points: found"
                promised = None if "range" in plant else 0.95
                kept.append(
                    judged(f"{title} in at least 95 %" if promised else title, found, n, promised)
                )
    alone_runs = segments["two categories"]["vedette"]
    kept.append(
        judged("no segment: none told in at least 95 % of tables",
               sum(run[1] for run in alone_runs), len(alone_runs), most=0.05)
    )  # fmt: skip
    print(aligned(("planted", "way", "tables", "found %", "false %"), lines), end="\n\n")
    print(f"excess told of the segments found: mean {np.mean(excesses):.3f}, truth {DROP}\n")
    for way, runs in causes.items():
        n = len(runs)
        first = sum(run[0] for run in runs)
        if len(runs[0]) == 1:
            kept.append(judged(f"planted cause, {way}: ranked first (nothing promised)", first, n))
            continue
        both = sum(run[0] and run[2] for run in runs)
        parts = [100 * sum(run[i] for run in runs) / n for i in range(4)]
        print(f"{way}: guilty first {parts[0]:.0f} %, called harmful {parts[1]:.0f} %, innocent called "
              f"benign {parts[2]:.0f} %, all together harmful {parts[3]:.0f} %")  # fmt: skip
        kept.append(
            judged(
                f"planted cause, {way}: ranked first, the other benign, in at least 90 %",
                both,
                n,
                0.9,
            )
        )
    print()
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())

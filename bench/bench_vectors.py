"""Promise: texts and embeddings that change are found, those that do not are left alone, cheaply.

One text or vector column of 3,000 rows a side through `vedette.compare`. "Before" is the same table
compared by the numbers that were there without what is learnt of the reference: norm and
projections of vectors, lengths and shares of texts. Beside both, in the same run on the same rows,
a classifier of the two tables as it is written by hand: logistic regression on the vectors (of
texts: TF-IDF), fitted on one half, and a Mann-Whitney test of its score on the other at 5 %.
Then what a row costs, and what telling the rows of an incident from the reference's costs.

    python -m bench.bench_vectors [--quick]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code
from bench.vector_cases import TEXTS, VECTORS, Case, column, embeddings, texts
from scipy.stats import binom, mannwhitneyu

import vedette as vd
from vedette.core.schema import Field, Schema
from vedette.derive.catalog import derived_fields, learn
from vedette.derive.deriver import Deriver

ROWS = 3_000
SEED = 20_260_109
LEARNT = (".cosine", ".neighbourhood")
NULLS = 4  # times as many runs in which nothing changes


class Found(NamedTuple):
    """Runs in which a change was found."""

    runs: int
    now: int
    before: int
    rival: int
    called: Counter[str]


def search(case: Case, kind: str, at: int, runs: int) -> Found:
    """Look for a change again and again."""
    now, before, rival, called = 0, 0, 0, Counter[str]()
    for i in range(runs):
        rng = np.random.default_rng([SEED, at, kind == "text", i])
        sides = [pa.table({"m": case.draw(rng, ROWS, late)}) for late in (False, True)]
        alarms = vd.compare(*sides).alarms
        now += bool(alarms)
        called.update({a.column.removeprefix("m.").partition("_")[0] for a in alarms})
        plain = [without(side, kind) for side in sides]
        before += bool(vd.compare(*plain).alarms)
        rival += by_hand(*(side["m"].combine_chunks() for side in sides), kind, i)
    return Found(runs, now, before, rival, called)


def without(table: pa.Table, kind: str) -> pa.Table:
    """The numbers that need nothing of the reference, as plain columns."""
    schema = Schema((Field("m", kind),))
    made = pa.Table.from_batches(
        [Deriver(schema).apply(batch) for batch in table.combine_chunks().to_batches()]
    )
    names = [new.name for new in derived_fields(schema)["m"] if not new.name.endswith(LEARNT)]
    if kind == "text":
        names = [name for name in names if "projection" not in name]
    return made.select(names)


def by_hand(one: pa.Array, two: pa.Array, kind: str, seed: int) -> bool:
    """Whether a classifier written by hand tells the tables apart."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if kind == "text":
        x = TfidfVectorizer(min_df=2).fit_transform([*one.to_pylist(), *two.to_pylist()])
    else:
        x = np.concatenate([np.stack(side.to_numpy(zero_copy_only=False)) for side in (one, two)])
    y = np.repeat([0, 1], [len(one), len(two)])
    half = np.random.default_rng(seed).random(len(y)) < 0.5
    score = LogisticRegression(max_iter=200).fit(x[half], y[half]).decision_function(x[~half])
    truth = y[~half]
    return bool(mannwhitneyu(score[truth == 1], score[truth == 0]).pvalue < 0.05)


def judge(case: Case, kind: str, found: Found) -> Promise:
    """Hold what was found against what was promised."""
    told = f"{100 * found.now / found.runs:.0f} % of {found.runs}"
    at = f"{kind}: {case.title}"
    if case.title == "nothing":
        most = binom.ppf(0.99, found.runs, 0.05)
        return Promise(f"{at}: alarms in at most 5 %", told, bool(found.now <= most))
    if case.least is None:
        return Promise(f"{at} (nothing promised)", told, None)
    least = binom.ppf(0.01, found.runs, case.least / 100)
    return Promise(f"{at}: found in at least {case.least:g} %", told, bool(found.now >= least))


def cost(kind: str, values: pa.Array) -> tuple[float, float]:
    """Microseconds of CPU a row, without and with what is learnt of the reference."""
    schema, table = Schema((Field("m", kind),)), pa.table({"m": values})
    batch = table.to_batches()[0]
    each = (Deriver(schema), Deriver(schema, learn(table, schema)))
    return tuple(1e6 * _least(lambda d=d: d.apply(batch)) / len(values) for d in each)


def _least(work: Callable[[], object], times: int = 3) -> float:
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def separation() -> float:
    """Seconds of CPU for 1,000 rows a side of 40 columns: the most that is looked at."""
    from vedette.engine.joint import told_apart

    rng = np.random.default_rng(SEED)
    one, two = rng.normal(size=(2, 1_000, 40))
    two[:, 0] += 0.5
    names = [f"c{i}" for i in range(40)]
    return _least(lambda: told_apart(one, two, names, np.zeros(40, np.bool_)), 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Changes of texts and embeddings.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    runs = 8 if parser.parse_args().quick else 24
    lines, kept = [], []
    for kind, cases in (("vector", VECTORS), ("text", TEXTS)):
        for at, case in enumerate(cases):
            print(f"{kind}: {case.title} ...", file=sys.stderr)
            many = runs * (NULLS if case.title == "nothing" else 1)
            found = search(case, kind, at, many)
            shares = (100 * k / many for k in (found.now, found.before, found.rival))
            named = ", ".join(f"{n} {k / many:.2f}" for n, k in found.called.most_common(3))
            lines.append((f"{kind}: {case.title}", *shares, named))
            kept.append(judge(case, kind, found))
    header = ("change of 3,000 rows", "vedette %", "before %", "by hand %", "columns that alarm")
    print(aligned(header, lines), end="\n\n")
    rng = np.random.default_rng(SEED)
    dear = [
        ("a vector of 384 numbers", *cost("vector", column(embeddings(rng, 20_000)))),
        ("a text of 85 bytes", *cost("text", pa.array(texts(rng, 20_000)))),
    ]
    print(aligned(("CPU, µs", "before", "now"), dear), end="\n\n")
    seconds = separation()
    kept += [
        Promise("a vector of 384 numbers: at most 15 µs", f"{dear[0][2]:.1f} µs", dear[0][2] <= 15),
        Promise("a text of 85 bytes: at most 15 µs", f"{dear[1][2]:.1f} µs", dear[1][2] <= 15),
        Promise("rows of an incident told apart in 3 s", f"{seconds:.2f} s of CPU", seconds <= 3),
    ]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())

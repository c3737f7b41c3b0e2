"""Tables that break other tools: each gets the right named finding or a clear error.

Run: python -m bench.bench_hostile [--quick]   (the same either way: seconds)
"""

import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from bench.table import Promise, promises, verdict_code

import vedette as vd

N = 5_000
RNG = np.random.default_rng(20_130_101)
BASE = pa.table({"x": RNG.normal(size=N), "s": RNG.choice(["a", "b", "c"], N)})


def _x(values: object, mask: object = None) -> pa.Table:
    column = pa.array(values, mask=mask)
    return BASE.set_column(0, "x", column)


def _values() -> np.ndarray:
    return RNG.normal(size=N)


def _spiked(value: float, rows: int = 1) -> np.ndarray:
    values = _values()
    values[:rows] = value
    return values


def _one_unseen() -> vd.Comparison:
    rows = 100_000
    words = RNG.choice(["a", "b", "c"], rows).astype(object)
    fresh = words.copy()
    fresh[7] = "never seen"
    return vd.compare({"s": list(words)}, {"s": list(fresh)})


def _many_categories() -> vd.Comparison:
    def table() -> pa.Table:
        codes = RNG.integers(0, 10_000, 100_000)
        return pa.table({"s": [f"c{i}" for i in codes]})

    return vd.compare(table(), table(), columns={"s": {"kind": "category"}})


def _duplicates() -> vd.Comparison:
    twice = pa.table([BASE["x"], BASE["x"]], names=["x", "x"])
    return vd.compare(BASE, twice)


def _mixed() -> vd.Comparison:
    import pandas as pd

    values = [float(v) if i % 10 else "oops" for i, v in enumerate(_values())]
    return vd.compare(BASE.select(["x"]), pd.DataFrame({"x": pd.Series(values, dtype=object)}))


# case: what to run, the component that must alarm ("calm", "unknown" or part of an error otherwise)
CASES: dict[str, tuple[Callable[[], vd.Comparison], str]] = {
    "60 % missing": (lambda: vd.compare(BASE, _x(_values(), RNG.random(N) < 0.6)), "missing"),
    "one unseen value in 100,000 rows": (_one_unseen, "calm"),
    "all null": (lambda: vd.compare(BASE, _x(pa.nulls(N, pa.float64()))), "missing"),
    "all null on both sides": (
        lambda: vd.compare({"x": pa.nulls(N, pa.float64())}, {"x": pa.nulls(N, pa.float64())}),
        "unknown",
    ),
    "constant on both sides": (lambda: vd.compare({"x": [1.0] * N}, {"x": [1.0] * N}), "unknown"),
    "constant that changed": (lambda: vd.compare({"x": [1.0] * N}, {"x": [2.0] * N}), "above"),
    "mixed types": (_mixed, "broken"),
    "one outlier of 1e12": (lambda: vd.compare(BASE, _x(_spiked(1e12))), "calm"),
    "1 % outliers of 1e12": (lambda: vd.compare(BASE, _x(_spiked(1e12, N // 100))), "above"),
    "1 % infinities": (lambda: vd.compare(BASE, _x(_spiked(np.inf, N // 100))), "not_finite"),
    "10,000 categories, unchanged": (_many_categories, "calm"),
    "duplicate column names": (_duplicates, "occurs twice"),
    "empty current table": (lambda: vd.compare(BASE, BASE.slice(0, 0)), "unknown"),
    "empty reference": (lambda: vd.compare(BASE.slice(0, 0), BASE), "unknown"),
    "no common column": (lambda: vd.compare(BASE, {"y": [1.0]}), "no column in common"),
}


def judged(run: Callable[[], vd.Comparison], wanted: str) -> Promise:
    """Run a case and say whether what came back is what it should be."""
    try:
        result = run()
    except vd.VedetteError as error:
        return Promise("", str(error)[:100], wanted in str(error))
    alarms = {finding.component for finding in result.alarms}
    if wanted == "calm":
        return Promise("", result.verdict, result.ok)
    if wanted == "unknown":
        said = result.findings[0]
        return Promise("", said.reason, result.ok and set(result.verdicts.values()) == {"unknown"})
    first = next((f.reason for f in result.alarms if f.component == wanted), result.verdict)
    return Promise("", first[:100], wanted in alarms)


def main() -> int:
    """Run every case and print what came back."""
    rows = []
    for case, (run, wanted) in CASES.items():
        outcome = judged(run, wanted)
        rows.append(Promise(f"{case}: {wanted}", outcome.measured, outcome.kept))
    print(promises(rows))
    return verdict_code(rows)


if __name__ == "__main__":
    sys.exit(main())

"""Promise: a replay counts exactly, blames the right features, and costs little beside the model.

Flights out of New York are predicted by boosted trees; faults are planted in one to three features
and in the model.  Beside what is found stands the truth: planted rows are known, and shares are
worked out again by brute force over every order of swaps.  Then many features differ at once, where
random orders stand for all.  Last, tables of different lengths in processes of their own, beside a
loop that does nothing but read and predict.

    python -m bench.bench_replay [--quick]
"""

import argparse
import sys
import tempfile
from itertools import permutations
from pathlib import Path

from bench.table import Promise, Run, aligned, measure, promises, verdict_code

SEED = 20_130_201
FEATURES = ("carrier", "hour", "distance", "dep_delay", "wind_speed")
MIB = 100.0  # by which the peak may grow from the short table to the long one
JOINED = 2048  # MiB at the peak of a replay with a join: DuckDB spills from 1 GB on
TIMES = 2.0  # the replay beside reading and predicting alone
ROWS = 20_000


def trained():
    """A model of the time in the air on January, and February's rows."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingRegressor

    from vedette.cli.flights import flights, months

    tables = [months(flights(), month, month).to_pandas() for month in (1, 2)]
    tables = [one[one.air_time.notna()].reset_index(drop=True) for one in tables]
    names = {name: at for at, name in enumerate(sorted(set(tables[0].carrier)))}
    for one in tables:
        one["carrier"] = one.carrier.map(names).fillna(-1).astype(float)
        one[list(FEATURES)] = one[list(FEATURES)].astype(float)
    models = [
        HistGradientBoostingRegressor(max_iter=n, random_state=1).fit(
            tables[0][list(FEATURES)], tables[0].air_time
        )
        for n in (60, 30)
    ]
    rows = tables[1].iloc[:ROWS][list(FEATURES)].assign(id=np.arange(ROWS))
    return models, rows


FAULTS = {
    "distance": lambda values: values * 1.609344,
    "dep_delay": lambda values: values * 0 - 999.0,
    "hour": lambda values: (values + 5) % 24,
    "wind_speed": lambda values: values * float("nan"),
    "carrier": lambda values: values * 0 - 1.0,
}


def planted(models, rows, trial):
    """One trial: what was planted, what was found, and the shares by brute force."""
    import numpy as np

    import vedette as vd
    from vedette.engine.skew.predictions.unlike import Tolerance as Near
    from vedette.engine.skew.predictions.unlike import Tolerances

    luck = np.random.default_rng([SEED, trial])
    chosen = luck.choice(FEATURES, luck.integers(1, 4), replace=False)
    online = rows.copy()
    differing = {}
    for name in chosen:
        hit = luck.random(len(rows)) < luck.uniform(0.01, 0.3)
        online.loc[hit, name] = FAULTS[name](online.loc[hit, name])
        same = np.isclose(online[name], rows[name], rtol=1e-6, atol=0, equal_nan=True)
        differing[name] = int((~same).sum())
    old = luck.random(len(rows)) < luck.uniform(0, 0.05)
    said = [model.predict(online[list(FEATURES)]) for model in models]
    frame = online.assign(prediction=np.where(old, said[1], said[0]))
    found = vd.prediction_skew(
        frame, models[0], features=FEATURES, offline=rows, key="id", tolerance={"prediction": 1e-5}
    )
    near = Tolerances({}).of("", Near())
    expected = int(near.passed(frame.prediction.to_numpy(), said[0]).sum())
    named = {one.feature: one.mismatch.count for one in found.causes}
    exact = found.replay.differing.count == expected and named == {
        name: n for name, n in differing.items() if n
    }
    truth = by_hand(models[0], online, rows, [name for name in chosen if differing[name]])
    shares = {one.feature: one.share.value for one in found.causes if one.share}
    apart = max(abs(shares.get(name, 0.0) - value) for name, value in truth.items())
    first = max(truth, key=truth.get) == found.causes[0].feature
    return exact, first, apart


def by_hand(model, online, rows, names):
    """The mean over every order of what each swap takes away, over all rows."""
    import numpy as np

    columns = list(FEATURES)
    aim = model.predict(rows[columns])
    start = np.abs(model.predict(online[columns]) - aim)
    totals = dict.fromkeys(names, 0.0)
    unlike = start > np.maximum(1e-8, 1e-5 * np.abs(aim))
    part = online[unlike].copy(), rows[unlike]
    orders = list(permutations(names))
    for order in orders:
        mixed = part[0][columns].copy()
        before = start[unlike]
        for name in order:
            mixed[name] = part[1][name]
            after = np.abs(model.predict(mixed) - aim[unlike])
            totals[name] += float((before - after).sum()) / len(orders)
            before = after
    whole = sum(totals.values()) or 1.0
    return {name: value / whole for name, value in totals.items()}


def many(trial, features=11, rows=25):
    """Every feature differs: how far random orders lie from all mixtures, in standard errors."""
    import numpy as np
    import pyarrow as pa

    from vedette.engine.skew.predictions import swaps as module
    from vedette.engine.skew.predictions.caller import Answers
    from vedette.engine.skew.predictions.mixed import Sides
    from vedette.engine.skew.predictions.unlike import ANSWERS, Tolerances

    luck = np.random.default_rng([SEED, 7, trial])
    names = [f"x{at}" for at in range(features)]
    weights = luck.normal(size=(features, 4))

    def ask(batch):
        x = np.column_stack([one.to_numpy() for one in batch.columns])
        values = np.tanh(x @ weights).sum(axis=1) + np.maximum(x[:, 0], x[:, 1])
        return Answers((pa.array(values),), np.zeros(len(values), np.bool_))

    sides = [
        pa.RecordBatch.from_arrays([pa.array(luck.normal(size=rows)) for _ in names], names)
        for _ in range(2)
    ]
    both = Sides(sides[0], tuple(sides[1].columns), tuple(names))
    asked = (both, ask(sides[0]), ask(sides[1]), ask, ANSWERS, Tolerances({}))
    told = {"found": rows, "classes": False, "batch_rows": 8192}
    random = module.swaps(*asked, **told, seed=trial)
    limits = module.EXACT, module.MIXTURES
    module.EXACT, module.MIXTURES = features, 10**9
    exact = module.swaps(*asked, **told)
    module.EXACT, module.MIXTURES = limits
    return [
        (random.shares[name].value - exact.shares[name].value) / random.luck[name] for name in names
    ]


def child(kind: str, folder: str) -> None:
    """One process: read and predict alone, replay, or replay with offline features."""
    import joblib

    model, path = joblib.load(f"{folder}/model.joblib"), f"{folder}/online.parquet"
    if kind == "alone":
        import pyarrow.parquet as pq

        columns = [f"x{at}" for at in range(10)]
        for batch in pq.ParquetFile(path).iter_batches(8192):
            model.predict(batch.select(columns).to_pandas())
        return
    import vedette as vd

    more = {} if kind == "replay" else {"offline": f"{folder}/offline.parquet", "key": "id"}
    found = vd.prediction_skew(path, model, **more)
    print(found.replay.differing.count, [one.feature for one in found.causes])


def write(folder: Path, rows: int) -> None:
    """Two tables of ten features: in the offline one the first is another in one row of ten."""
    import joblib
    import numpy as np
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingRegressor

    luck = np.random.default_rng(SEED)
    columns = [f"x{at}" for at in range(10)]
    first = pd.DataFrame(luck.normal(size=(20_000, 10)), columns=columns)
    model = HistGradientBoostingRegressor(max_iter=50, random_state=1)
    model.fit(first, first.x0 * first.x1 + first.x2)
    joblib.dump(model, folder / "model.joblib")
    table = pd.DataFrame(luck.normal(size=(rows, 10)), columns=columns)
    table.insert(0, "id", [f"row-{at:09d}" for at in range(rows)])
    table.assign(prediction=model.predict(table[columns])).to_parquet(folder / "online.parquet")
    table["x0"] += np.where(luck.random(rows) < 0.1, 1.0, 0.0)
    table.sample(frac=1, random_state=1).to_parquet(folder / "offline.parquet")


def timed(rows: int) -> dict[str, Run]:
    """Every kind of child on tables of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        here = [sys.executable, "-m", "bench.bench_replay"]
        made = measure([*here, "--write", folder, "--rows", rows])
        assert made.code == 0, made.err
        found = {}
        for kind in ("alone", "replay", "both"):
            found[kind] = measure([*here, "--child", kind, folder])
            assert found[kind].code == 0, found[kind].err
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Replay predictions and attribute what differs.")
    parser.add_argument("--quick", action="store_true", help="fewer trials, shorter tables")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return 0
    if options.write:
        write(Path(options.write), options.rows)
        return 0
    short, long = (100_000, 400_000) if options.quick else (500_000, 4_000_000)
    runs = {rows: timed(rows) for rows in (short, long)}
    trials, draws = (6, 4) if options.quick else (40, 30)
    models, rows = trained()
    found = [planted(models, rows, trial) for trial in range(trials)]
    errors = [error for trial in range(draws) for error in many(trial)]
    within = sum(abs(error) < 3 for error in errors) / len(errors)
    lines = [
        (kind, f"{count:,}", run.wall_s, run.cpu_s, run.peak_mib)
        for count, kinds in runs.items()
        for kind, run in kinds.items()
    ]
    print(aligned(("process", "rows", "wall s", "CPU s", "peak MiB"), lines), end="\n\n")
    grown = runs[long]["replay"].peak_mib - runs[short]["replay"].peak_mib
    joined = runs[long]["both"].peak_mib
    ratio = runs[long]["replay"].cpu_s / runs[long]["alone"].cpu_s
    exact = sum(one[0] for one in found)
    first = sum(one[1] for one in found)
    apart = max(one[2] for one in found)
    kept = [
        Promise("rows that differ, by model and by feature: counted exactly",
                f"{exact} of {trials}", exact == trials),
        Promise("the feature that explains most is named first", f"{first} of {trials}",
                first == trials),
        Promise("shares as by brute force over every order: within 0.001", f"{apart:.1e}",
                apart < 1e-3),
        Promise("random orders of 11 features: within 3 stated errors in 97 %",
                f"{100 * within:.1f} % of {len(errors)}", within >= 0.97),
        Promise(f"replay: at most {TIMES:g} x the CPU of reading and predicting", f"{ratio:.2f} x",
                ratio <= TIMES),
        Promise(f"replay: memory from {short:,} to {long:,} rows grows by at most {MIB:g} MiB",
                f"{grown:+.0f} MiB", grown <= MIB),
        Promise(f"with offline features: at most {JOINED:,} MiB at {long:,} rows a side",
                f"{joined:.0f} MiB", joined <= JOINED),
    ]  # fmt: skip
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())

"""One row of 20 features through Pandera, lazily, as a data frame: what a service would pay.

Run as `run_pandera.py ROW` in its own environment, ROW a JSON object; prints one JSON line. Numbers
are held to 0 to 100, names to a to c, as the schema of `bench_schema.py` does.
"""

import json
import sys
import time

import pandas as pd
import pandera
import pandera.pandas as pa

TURNS = 30


def main() -> None:
    row = json.loads(sys.argv[1])
    columns = {
        name: pa.Column(str, pa.Check.isin(["a", "b", "c"]))
        if isinstance(value, str)
        else pa.Column(type(value), [pa.Check.ge(0), pa.Check.le(100)], nullable=False)
        for name, value in row.items()
    }
    schema = pa.DataFrameSchema(columns)
    best = float("inf")
    for _ in range(TURNS):
        start = time.perf_counter()
        schema.validate(pd.DataFrame([row]), lazy=True)
        best = min(best, time.perf_counter() - start)
    print(json.dumps({"version": pandera.__version__, "us": best * 1e6}))


if __name__ == "__main__":
    main()

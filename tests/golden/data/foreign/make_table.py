"""Make `table.parquet`: 600 people with planted violations, for every library to judge.

python tests/golden/data/foreign/make_table.py
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
ROWS = 600


def table() -> pa.Table:
    """The table; the planted violations stand in its first rows, column by column."""
    rng = np.random.default_rng(30)
    age = rng.integers(18, 90, ROWS).astype(object)
    age[:8] = [-4, -1, -3, -2, -9, 131, 140, 122]
    age[20:45] = None
    income = np.round(rng.lognormal(8, 1, ROWS), 2)
    income[:3] = [-5.0, np.inf, 0.0]
    grade = rng.choice(list("ABCD"), ROWS).astype(object)
    grade[5:11] = ["E", "E", "E", "E", "a", "a"]
    grade[50:60] = None
    code = np.array([f"{a}{b}{n:03d}" for a, b, n in zip(
        rng.choice(list("KLMN"), ROWS), rng.choice(list("XYZ"), ROWS),
        rng.integers(0, 1000, ROWS), strict=True)], object)  # fmt: skip
    code[30:36] = ["kx001", "LX1", "MX0001", "", "XX 12", "NY12"]
    start = rng.integers(0, 300, ROWS).astype(object)
    end = start + rng.integers(0, 60, ROWS)
    end[40:47] = start[40:47] - 1
    end[47:51], start[50:53] = None, None
    parts = np.array([rng.permutation([1, 2, 7]) if row % 2 else rng.permutation([2, 3, 5])
                      for row in range(ROWS)]).astype(object)  # fmt: skip
    parts[60:65] = [[1, 1, 8], [2, 2, 6], [3, 3, 3], [0, 0, 0], [4, 5, 2]]
    parts[65, 0], parts[66] = None, [None, None, None]
    number = np.arange(ROWS)
    number[70:73] = [3, 4, 4]
    when = np.datetime64("2021-01-01", "us") + rng.integers(0, 700, ROWS).astype("timedelta64[D]")
    when[80:84] = np.datetime64("2019-06-01", "us")
    vote = rng.integers(0, 2, ROWS)
    vote[90:93] = 2
    return pa.table(
        {
            "number": pa.array(number),
            "age": pa.array(age, pa.float64()),
            "income": pa.array(income),
            "grade": pa.array(grade),
            "code": pa.array(code),
            "start": pa.array(start, pa.float64()),
            "end": pa.array(end, pa.float64()),
            "a": pa.array(parts[:, 0], pa.float64()),
            "b": pa.array(parts[:, 1], pa.float64()),
            "c": pa.array(parts[:, 2], pa.float64()),
            "when": pa.array(when),
            "vote": pa.array(vote),
            "label": pa.array(rng.integers(0, 2, ROWS)),
            "member": pa.array(rng.random(ROWS) < 0.5),
            "small": pa.array(rng.integers(0, 100, ROWS), pa.int32()),
            "zip": pa.array([f"{n}" for n in (*rng.integers(1000, 9999, ROWS - 2), 70000, 80000)]),
        }
    )


if __name__ == "__main__":
    pq.write_table(table(), HERE / "table.parquet")

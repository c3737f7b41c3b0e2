"""What people do today: read both files with pandas, merge them on the key, compare the columns.

python run_pandas_skew.py OFFLINE ONLINE
"""

import json
import sys

import numpy as np
import pandas as pd

offline, online = (pd.read_parquet(path) for path in sys.argv[1:3])
both = offline.merge(online, on="id", suffixes=("_offline", "_online"))
found = {}
for name in offline.columns.drop("id"):
    one, two = both[f"{name}_offline"], both[f"{name}_online"]
    if pd.api.types.is_float_dtype(one):
        same = np.isclose(one, two, rtol=1e-6, atol=0, equal_nan=True)
    else:
        same = (one == two) | (one.isna() & two.isna())
    found[name] = int((~same).sum())
print(json.dumps(found))

"""datacompy, as its README shows it: a comparison of two frames on a key, and its report.

python run_datacompy.py OFFLINE ONLINE
"""

import json
import sys

import datacompy
import pandas as pd

offline, online = (pd.read_parquet(path) for path in sys.argv[1:3])
made = getattr(datacompy, "PandasCompare", None) or datacompy.Compare
compared = made(offline, online, join_columns="id", rel_tol=1e-6)
compared.report()
print(json.dumps({one["column"]: int(one["unequal_cnt"]) for one in compared.column_stats
                  if one["column"] != "id"}))  # fmt: skip

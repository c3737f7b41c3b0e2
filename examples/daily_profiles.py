"""Keep a small profile per day instead of the rows, and compare any stretch of days.

Shows how to fit a baseline once, profile every day under it, write the profiles to files, add the
days of a week up, and compare the week with the reference.  No row is read twice.
"""

from functools import reduce
from operator import add

import numpy as np
import pandas as pd

import vedette as vd

rng = np.random.default_rng(7)


def requests(day: int) -> pd.DataFrame:
    """The rows of one day; from the fifth day on, a client often sends no age any more."""
    age = rng.normal(40.0, 12.0, 2000).round()
    if day >= 4:
        age[rng.random(2000) < 0.3] = np.nan
    return pd.DataFrame({"age": age, "channel": rng.choice(["web", "app", "shop"], 2000)})


training = pd.concat([requests(0) for _ in range(10)])
baseline = vd.Baseline.fit(training)

for day in range(7):  # each of these could run on its own day, on its own machine
    vd.save(f"day-{day}.vdp", baseline, vd.profile(requests(day), baseline))

days = [vd.load(f"day-{day}.vdp").profile for day in range(7)]
for day, profile in enumerate(days):
    print(f"day {day}:", vd.compare(baseline, profile).verdict)

week = reduce(add, days)
print(f"the week, {week.rows} rows:")
print(vd.compare(baseline, week))

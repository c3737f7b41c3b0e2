"""Two tables in, one verdict out.

Shows the shortest use there is: compare two pandas frames, print the answer, look at one finding.
"""

import numpy as np
import pandas as pd

import vedette as vd

rng = np.random.default_rng(7)
january = pd.DataFrame(
    {"amount": rng.gamma(2.0, 30.0, 5000), "country": rng.choice(["DE", "FR", "IT"], 5000)}
)
february = pd.DataFrame(
    {"amount": rng.gamma(2.0, 36.0, 5000), "country": rng.choice(["DE", "FR", "IT"], 5000)}
)

result = vd.compare(january, february)
print(result)
print("alarming:", [finding.column for finding in result.alarms])

"""The charting library is loaded by one thread at a time."""

import subprocess
import sys

SCRIPT = """
from concurrent.futures import ThreadPoolExecutor
from vedette.report.figures.evidence import evidence
from vedette.report.figures.heat import heat
from vedette.report.figures.lines import lines
from vedette.report.figures.traffic import traffic

row = {"t0": 0, "t1": 1, "rows": 1, "late": 0, "value": 1.0, "name": "p50", "share": 0.5}
cell = {"column": "x", "segment": "", "t0": 0, "t1": 1, "effect": 1.0, "verdict": "calm"}
draws = [
    lambda: traffic([row], [], step="1 h", stretch=(0, 1)),
    lambda: lines([row], [], [], title="", unit="", step="1 h", stretch=(0, 1), names=["p50"]),
    lambda: evidence([row], [], step="1 h", stretch=(0, 1)),
    lambda: heat(["x"], 1, [cell], [], step="1 h"),
]
with ThreadPoolExecutor(8) as threads:
    made = [threads.submit(draw) for draw in draws * 4]
assert all(one.result().spec for one in made)
"""


def test_many_charts_at_once_right_after_the_start():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)


BESIDE = """
from threading import Thread
import pyarrow as pa
from vedette.report.library import altair

library = altair()
maker = Thread(target=pa.array, args=([1],))  # the first one looks for pandas
maker.start()
while maker.is_alive():
    library.Chart(library.NamedData("rows")).mark_bar().encode(x="x:Q").to_dict()
"""


def test_charts_beside_the_first_array_of_another_thread():
    subprocess.run([sys.executable, "-c", BESIDE], check=True, timeout=60)

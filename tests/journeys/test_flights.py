"""The New York flights of 2013: two planted faults are found and placed, unchanged data is calm.

Owns: the demo's data from the package to its reports.  Does not own: error rates (`bench`).
"""

import re
import subprocess
import sys

import numpy as np
import pytest

import vedette as vd
from vedette.cli.flights import flights, months, with_faults

VEDETTE = [sys.executable, "-m", "vedette.cli.main"]


@pytest.fixture(scope="module")
def winter():
    return months(flights(), 1, 3)


def test_both_faults_are_found_and_nothing_else(winter):
    result = vd.compare(winter, with_faults(winter), segments=["carrier"], time="time_hour")
    alarming = {name for name, verdict in result.verdicts.items() if verdict == "alarming"}
    assert alarming == {"distance", "visib"}
    carriers = {f.segment for f in result.alarms if f.column == "distance" and f.segment}
    assert carriers == {"carrier=UA"}
    assert "only where carrier = UA" in str(result)
    level = next(
        f for f in result.alarms
        if (f.column, f.component, f.segment) == ("distance", "level", "carrier=UA")
    )  # fmt: skip
    assert level.observed / level.expected == pytest.approx(1.609344)
    lost = next(f for f in result.alarms if (f.column, f.segment) == ("visib", ""))
    march = np.mean(
        winter.column("time_hour").to_numpy().astype("M8[M]") == np.datetime64("2013-03")
    )
    assert lost.component == "missing"
    assert lost.observed == pytest.approx(march, abs=0.01)


def test_winter_against_itself_is_calm(winter):
    result = vd.compare(winter, winter, segments=["carrier"], time="time_hour")
    assert result.ok
    assert set(result.verdicts.values()) == {"calm"}
    assert result.to_dict()["reference"]["start"] == "2013-01-01T10:00:00Z"


def test_odd_rows_against_even_rows_are_calm(winter):
    odd, even = (winter.take(np.arange(start, len(winter), 2)) for start in (1, 0))
    assert vd.compare(odd, even, time="time_hour").ok
    assert vd.compare(even, odd, segments=["carrier"], time="time_hour").ok


def test_the_demo_writes_its_reports(tmp_path):
    ran = subprocess.run(
        [*VEDETTE, "demo", "--part", "compare", "-o", "two reports"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "reading 336,776 flights" in ran.stderr
    faults, season = re.split(r"(?m)^January to March, against April", ran.stdout)
    assert "2 of 13 columns changed in a way that matters: `distance`, `visib`." in faults
    assert "only where carrier = UA" in faults
    season, rows = season.split("as serving logged them")
    assert "`temp` rose" in season
    assert "1 of 14 columns differs between training and serving: `distance`." in rows
    assert "serving `distance` = training × 1.609344 (miles to kilometres) for carrier UA" in rows
    for name in ("faults.html", "season.html", "skew.html"):
        assert f"report: {tmp_path / 'two reports' / name}" in ran.stdout
        assert (tmp_path / "two reports" / name).read_text(encoding="utf-8").startswith("<!doctype")

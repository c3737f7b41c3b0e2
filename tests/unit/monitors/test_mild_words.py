"""What a live monitor adds to its words while nothing alarms is what incidents take away again."""

import numpy as np
from tests.unit.monitors.test_shift import MONITOR, OTHER, QUIET, cells, profile_of, said, shifted

from vedette.monitors.finding import ORDINARY, WAITING


def test_a_notable_finding_says_that_it_waits_and_a_calm_one_that_nothing_is_unusual():
    by_verdict = {}
    for d in np.linspace(0.02, 0.6, 60):
        finding = said(MONITOR, QUIET, *[profile_of(cells(p=shifted(d)))])
        by_verdict.setdefault(finding.verdict, finding.reason)
    assert by_verdict["notable"].endswith(WAITING)
    assert not by_verdict["alarming"].endswith(WAITING)
    calm = said(MONITOR, OTHER, profile_of(cells(p=shifted())))
    assert calm.verdict == "calm"
    assert calm.reason.startswith(ORDINARY)

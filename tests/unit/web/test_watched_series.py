"""What a series on the page is: a share that the settings name, or a metric logged by that name."""

from types import SimpleNamespace

import pyarrow as pa
from tests.traffic import MODEL, Live, hours

from vedette.engine.live import make_live
from vedette.monitors.metrics_words import name_of
from vedette.monitors.series import SHARE
from vedette.web.watched_series import known_series


def test_shares_that_the_settings_name_are_shares():
    shares = {"status": ["error", "timeout"]}
    model = Live(
        make_live({"models": {MODEL: {"baseline": {"warm_up": 2}, "metrics": {"shares": shares}}}})
    )
    for record in hours(3, 400, 2):
        status = pa.array(["error" if i % 20 == 0 else None for i in range(record.rows.num_rows)])
        model.feed([record._replace(rows=record.rows.append_column("status", status))])
    state = model.runner.models[MODEL]
    service = SimpleNamespace(
        baseline_of=lambda name: state.baseline, settings_of=lambda name: state.settings
    )
    known = known_series(service, MODEL)
    assert known["status=error", "status"].kind == SHARE
    assert name_of(known["status=timeout", "status"]) == "share of `timeout` in `status`"
    assert ("status=error", "status=error") not in known  # a metric logged by that name

"""A model's log as a table: every event once, beside the last label that came for it."""

import pyarrow as pa
import pytest
from tests.labelled import outcomes, rows
from tests.traffic import BEGIN, HOUR, MODEL

from vedette.core.errors import UsageError
from vedette.engine import logged as logging_
from vedette.engine.logged import logged
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryLog
from vedette.stores.store import EVENTS, EventLog, Record


@pytest.fixture(params=["memory", "local"])
def log(request: pytest.FixtureRequest, tmp_path: object) -> EventLog:
    made = MemoryLog() if request.param == "memory" else LocalLog(tmp_path)  # type: ignore[arg-type]
    for hour in (0, 1):
        made.append([Record(EVENTS, MODEL, BEGIN, rows(BEGIN + hour * HOUR, 20))])
    ids = rows(BEGIN, 20)["_id"].to_pylist()
    made.append([outcomes(ids[:3], [True, False, True], BEGIN + HOUR)])
    made.append([outcomes(ids[1:3], pa.array(["yes", None]), BEGIN + 2 * HOUR)])
    made.append([Record(EVENTS, "another", BEGIN, rows(BEGIN, 5, name="x"))])
    return made


@pytest.mark.parametrize("at_once", [7, 200_000])
def test_the_last_label_of_an_event_stands_beside_it(
    log: EventLog, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging_, "AT_ONCE", at_once)
    table = logged(log, MODEL)
    assert table.num_rows == 40
    said = dict(zip(*(table.column(name).to_pylist() for name in ("_id", "label")), strict=True))
    ids = rows(BEGIN, 20)["_id"].to_pylist()
    assert [said[name] for name in ids[:4]] == ["true", "yes", None, None]  # as one type, text
    assert sum(label is not None for label in said.values()) == 2
    assert {"x0", "country", "score"} <= set(table.column_names)


def test_only_what_is_asked_for_is_read(log: EventLog) -> None:
    table = logged(log, MODEL, BEGIN + HOUR, BEGIN + 2 * HOUR, ["country", "never sent"])
    assert table.column_names == ["country", "never sent", "label"]
    assert table.num_rows == 20
    assert table.column("never sent").null_count == 20


def test_a_model_without_events_is_said(log: EventLog) -> None:
    with pytest.raises(UsageError, match="'nobody': has no event in the log"):
        logged(log, "nobody")
    with pytest.raises(UsageError, match=r"has no event in the log from 2023-11-15T0\d"):
        logged(log, MODEL, BEGIN + 24 * HOUR)

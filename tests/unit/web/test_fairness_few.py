"""Numbers and scores that few rows of a group have: not shown, and not to be worked out.

Owns: a group of many rows, of which a handful has a number and a score.  Does not own: groups of
few rows (`test_fairness`).
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled_story import BEGIN, SHOP, settings
from tests.story import Story, hour_of, served
from tests.traffic import HOUR, MINUTE, SECOND, Live
from tests.unit.web.test_performance import asking, stretch

from vedette.stores.store import EVENTS, TICK, Record

WARM, END = BEGIN + 24 * HOUR, BEGIN + 30 * HOUR
FEW = 1  # rows an hour of one country that are told anything of, once all is learnt


def sent(start: int) -> pa.RecordBatch:
    """Of one country hardly any row has a number or a score, but all have a decision."""
    rows = hour_of(start)
    italian = np.array(rows["country"].to_pylist()) == "it"
    gone = italian & (np.cumsum(italian) > FEW) & (start >= WARM)
    decided = pa.array(rows["score"].to_numpy() >= 0.5)
    for name in ("took_s", "score"):
        told = pa.array(rows[name].to_numpy(), mask=gone)
        rows = rows.set_column(rows.schema.get_field_index(name), name, told)
    return rows.append_column("prediction", decided)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    arrived = []
    for start in range(BEGIN, END, HOUR):
        arrived.append(Record(EVENTS, SHOP, start + HOUR + SECOND, sent(start)))
        arrived.append(Record(TICK, "", start + HOUR + MINUTE))
    live = Live(settings(fairness={"groups": ["country"], "measures": ["took_s"]})).feed(arrived)
    live.runner.commit(END, force=True)
    service = served(Story(live, pa.table({}), frozenset()), END)
    get = asking(service)
    found = get(f"/api/v1/models/{SHOP}/fairness", **stretch(WARM, END)).json()
    service.stop()
    return found  # type: ignore[no-any-return]


def test_the_group_itself_is_shown(told: dict[str, Any]) -> None:
    rows = {one["group"]: one["rows"] for one in told["members"]}
    assert rows["country=it"] > 200


@pytest.mark.parametrize("part", ["measures", "scores"])
def test_neither_it_nor_what_gives_it_away_is(told: dict[str, Any], part: str) -> None:
    """Of three groups two at least are left out: one alone would follow from sums over all."""
    groups = {one["group"] for one in told[part]}
    assert "country=it" not in groups
    assert len(groups) == 1
    assert all(one["n"] >= 10 for one in told[part])

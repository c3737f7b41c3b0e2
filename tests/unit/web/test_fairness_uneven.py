"""Labels that come unevenly by group: said on pages and in the API, and no alarm.

Owns: a country of which most positive labels never come, in windows of few rows.  Does not own: the
bounds (`tests/golden/test_fairness_loans`), evidence (`tests/unit/monitors/test_gap_labels`).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.labelled_story import BEGIN, BROKEN, SHOP, WARM, records, settings
from tests.story import Story, served
from tests.traffic import HOUR, Live
from tests.unit.web.test_performance import Ask, asking, stretch, text_of

from vedette.stores.store import EVENTS, OUTCOMES, Record

AFTER, UNTIL = BEGIN + (WARM + 12) * HOUR, BROKEN
COUNTRIES = {
    name: country
    for record in records()
    if record.kind == EVENTS
    for name, country in zip(
        *(record.rows[c].to_pylist() for c in ("_id", "country")), strict=True
    )
}  # fmt: skip


def unevenly(record: Record) -> Record:
    """The same labels, but of one country 7 of 10 positive ones never come, some hours on."""
    if record.kind != OUTCOMES or record.received <= BEGIN + (WARM + 6) * HOUR:
        return record
    ids, labels = (record.rows[name].to_pylist() for name in ("_id", "label"))
    drawn = np.random.default_rng(record.received // HOUR).random(len(ids)) < 0.7
    kept = [
        not (gone and label and COUNTRIES[name] == "it")
        for name, label, gone in zip(ids, labels, drawn, strict=True)
    ]
    return Record(OUTCOMES, SHOP, record.received, record.rows.filter(pa.array(kept)))


@pytest.fixture(scope="module")
def get() -> Iterator[Ask]:
    live = Live(settings(fairness={"groups": ["country"]}))
    live.feed(map(unevenly, (one for one in records() if one.received < UNTIL)))
    live.runner.commit(UNTIL, force=True)
    service = served(Story(live, pa.table({}), frozenset()), UNTIL)
    yield asking(service)
    service.stop()


@pytest.fixture(scope="module")
def found(get: Ask) -> dict[str, Any]:
    return get(f"/api/v1/models/{SHOP}/fairness", **stretch(AFTER, UNTIL)).json()  # type: ignore[no-any-return]


def test_what_missing_labels_may_make_up_is_said_and_no_alarm(get: Ask, found: dict[str, Any]):
    assert found["verdict"] == "notable"
    rows = {row["metric"]: row for row in found["rates"] if row["group"] == "country=it"}
    precise = rows["positive_predictive_value"]
    assert precise["difference_high"] < -0.05  # among the labelled rows beyond the limit
    assert precise["verdict"] == "notable"
    assert "of its rows have a label, of the rest 100 %: whatever" in precise["reason"]
    assert precise["reason"].endswith("which may keep the limit")
    assert "whatever the missing ones are" in rows["accuracy"]["reason"]
    assert "whatever" not in rows["selection_rate"]["reason"]
    assert get("/api/v1/incidents").json()["incidents"] == []


def test_the_page_says_so(get: Ask):
    said = text_of(get(f"/models/{SHOP}/fairness", **stretch(AFTER, UNTIL)))
    assert "Probably not. The positive predictive value of country=it is" in said
    assert "which may keep the limit" in said


def test_the_monitor_says_so(get: Ask):
    query = {"monitor": "odds", "column": "country"}
    found = get(f"/api/v1/models/{SHOP}/findings", **query).json()["findings"]
    told = [one for one in found if "which may keep the limit" in one["reason"]]
    assert told
    assert {one["verdict"] for one in told} == {"notable"}
    assert all("whatever the missing ones are, it lies between" in one["reason"] for one in told)

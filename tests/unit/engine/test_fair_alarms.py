"""Groups of a live model: an incident when one is treated unlike the rest, and its words."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.labelled_story import BROKEN, DELAY, records, settings
from tests.traffic import BEGIN, HOUR, Live

from vedette.alerts.incident import Incident
from vedette.engine.axes import axes_of
from vedette.stores.store import EVENTS, OUTCOMES, Record

SHOP = "shop"
FAIR = "fairness and security"
TURNED = BEGIN + 36 * HOUR
HARSH = 0.6  # times the scores of one country, from then on


def harsher(record: Record) -> Record:
    """The same events, where one country is selected less often."""
    rows = record.rows
    if record.kind != EVENTS or rows["_time"][0].value < TURNED:
        return record
    score, own = rows["score"].to_numpy(), np.array(rows["country"].to_pylist()) == "it"
    told = pa.array(np.where(own, HARSH * score, score))
    return Record(
        EVENTS, SHOP, record.received,
        rows.set_column(rows.schema.get_field_index("score"), "score", told),
    )  # fmt: skip


def selective(record: Record) -> Record:
    """The same labels, but of one country those of selected rows only, some hours on."""
    rows = record.rows
    if record.kind != OUTCOMES or record.received <= BEGIN + 30 * HOUR:
        return record
    gone = pa.array([one in REJECTED for one in rows["_id"].to_pylist()])
    return Record(OUTCOMES, SHOP, record.received, rows.filter(pc.invert(gone)))


def rejected() -> frozenset[str]:
    """Rows of one country that are not selected: about 24 an hour."""
    events = [record.rows for record in records() if record.kind == EVENTS]
    return frozenset(
        name
        for rows in events
        for name, country, score in zip(
            *(rows[column].to_pylist() for column in ("_id", "country", "score")), strict=True
        )
        if country == "it" and score < 0.5
    )


REJECTED = rejected()


def lived(until: int, *, harsh: bool) -> Live:
    chosen = settings(fairness={"groups": ["country"]})
    arrived = (r for r in records() if r.received < until)
    return Live(chosen).feed(map(harsher, arrived) if harsh else arrived)


def of_groups(live: Live) -> list[Incident]:
    return [i for i in live.runner.models[SHOP].incidents if {"parity", "odds"} & _monitors(i)]


def _monitors(incident: Incident) -> set[str]:
    return {monitor for monitor, _, _ in incident.streams}


@pytest.fixture(scope="module")
def harsh() -> Live:
    return lived(TURNED + 24 * HOUR, harsh=True)


def test_a_country_that_is_selected_less_opens_an_incident(harsh: Live) -> None:
    found = of_groups(harsh)
    assert found
    keys = {key for incident in found for key in incident.streams if key[0] == "parity"}
    assert ("parity", "country", "country=it") in keys
    told = [f for i in found for f in i.findings if f.segment == "country=it"]
    assert all(f.observed is not None and f.expected is not None for f in told)
    assert min(i.onset for i in found) >= TURNED - 6 * HOUR  # or when chance had begun
    parity = next(f for f in told if f.monitor == "parity")
    assert parity.component == "selection_rate"
    assert parity.reason.startswith("`selection_rate` of country=it is ")
    assert "of the rest" in parity.reason


def test_while_it_lasts_the_axis_says_so(harsh: Live) -> None:
    state = harsh.runner.models[SHOP]
    if any(i.axis == FAIR for i in state.incidents):
        assert axes_of(state)[FAIR].verdict == "alarming"


def test_groups_that_are_treated_alike_raise_no_alarm() -> None:
    live = lived(TURNED + 24 * HOUR, harsh=False)
    assert not of_groups(live)
    assert axes_of(live.runner.models[SHOP])[FAIR].verdict in ("calm", "unknown")


def test_labels_of_one_country_for_selected_rows_alone_are_no_alarm() -> None:
    arrived = (r for r in records() if r.received < BROKEN)
    live = Live(settings(fairness={"groups": ["country"]})).feed(map(selective, arrived))
    assert not of_groups(live)
    [state] = (
        own
        for (name, _), own in zip(
            live.runner.models[SHOP].plan.labels.monitors,
            live.runner.models[SHOP].labels.monitors,
            strict=True,
        )
        if name == "odds"
    )
    assert state.kind.tolist() == [0, 0, 1, 0, 0, 0]  # de, fr, it, other, none, all together


def test_labels_that_turn_for_one_country_are_told_by_its_error_rates() -> None:
    live = lived(BROKEN + 16 * HOUR + DELAY, harsh=False)
    keys = {key for incident in of_groups(live) for key in incident.streams}
    assert ("odds", "country", "country=fr") in keys

"""Incidents explained while they are watched: when, from which rows, and nobody told again."""

from dataclasses import replace

import msgspec
import pyarrow as pa
import pytest
from tests.labelled import begun, commit, outcomes, reference, sent, settings, truth
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live

from vedette.alerts.incident import Incident
from vedette.engine import explaining, snapshot
from vedette.engine.explained import Explanation
from vedette.engine.live import LiveSettings, make_live
from vedette.engine.outputs import CAUSES, Changed, Wanted
from vedette.stores.memory import MemoryLog
from vedette.stores.store import EVENTS, Record

ROWS, FROM, DELAY = 120, 6, 3


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> LiveSettings:
    path = reference(tmp_path_factory.mktemp("ref") / "reference.parquet", 48, 60)
    return settings(path)


def moved(h: int) -> list[Record]:
    """An hour; from FROM on the score of fr is turned round: its inputs move and it errs."""
    batch, records = sent(BEGIN + h * HOUR, ROWS)
    if h >= FROM:
        turned = [
            1 - score if country == "fr" else score
            for score, country in zip(
                batch["score"].to_pylist(), batch["country"].to_pylist(), strict=True
            )
        ]
        x1 = [x + 2 for x in batch["x1"].to_pylist()]
        batch = batch.set_column(batch.schema.get_field_index("score"), "score", pa.array(turned))
        batch = batch.set_column(batch.schema.get_field_index("x1"), "x1", pa.array(x1))
    return [records[0]._replace(rows=batch), records[1]]


def lived(
    chosen: LiveSettings, hours: int, *, labels: bool = True, made: Live | None = None
) -> Live:
    made = made or begun(chosen)
    for h in range(hours):
        made.feed(moved(h))
        if labels and h >= DELAY:
            batch, _ = sent(BEGIN + (h - DELAY) * HOUR, ROWS)
            at = BEGIN + (h + 1) * HOUR + 9 * MINUTE
            made.feed([outcomes(batch["_id"].to_pylist(), truth(batch), at)])
    return made


def explanations(made: Live) -> list[Explanation]:
    return [
        msgspec.json.decode(entry.body, type=Explanation)
        for entry in commit(made).store.read("explanation", MODEL)
    ]


def test_an_incident_is_explained_when_it_opens_and_when_its_labels_have_come(
    chosen: LiveSettings,
) -> None:
    made = lived(chosen, 16)
    assert made.runner.guard.faults == {}
    opened = [one.incident for one in made.of(Changed) if one.event == "opened"]
    asked = [one.about for one in made.of(Wanted) if one.what == CAUSES]
    assert asked.count(opened[0].id) >= 2
    first, *_ = explanations(made)
    assert first.basis == "realised"
    assert [one for one in first.causes if one.column == "x1"]
    kept = [i for i in made.runner.models[MODEL].incidents if i.id == opened[0].id]
    assert kept[0].harm == first.harm


def test_without_labels_it_is_explained_by_what_is_expected_and_not_every_hour(
    chosen: LiveSettings,
) -> None:
    made = lived(chosen, 16, labels=False)
    assert made.runner.guard.faults == {}
    asked = [one.about for one in made.of(Wanted) if one.what == CAUSES]
    news = [one for one in made.of(Changed) if one.event in ("opened", "reopened", "updated")]
    assert asked
    assert len(asked) <= len(news)
    first, *_ = explanations(made)
    assert first.basis == "estimated"
    assert "label" in " ".join(first.missing)
    incident = made.runner.models[MODEL].incidents[0]
    assert incident.harm is not None
    assert incident.harm.basis == "estimated"


def test_an_estimate_that_labels_did_not_bear_out_judges_nothing(chosen: LiveSettings) -> None:
    made = lived(chosen, 16, labels=False)
    commit(made)
    state = made.runner.models[MODEL]
    incident, streams = state.incidents[0], state.plan.labels.streams

    def explained(monitor: str, segment: str) -> Explanation:
        owners = tuple(
            "another" if (one.monitor, one.segment) == (monitor, segment) else "" for one in streams
        )
        held = replace(state, labels=replace(state.labels, owners=owners))
        keeper, log = made.runner.keeper, made.runner.log
        return explaining.explain_incident(log, keeper, held, incident, made.runner.position)

    doubted = explained("estimate", "")
    assert doubted.harm.verdict == "unknown"
    assert "do not bear such estimates out" in doubted.harm.statement
    assert "bear" not in explained("concept", "").harm.statement


def test_good_news_that_travels_faster_is_no_news(chosen: LiveSettings) -> None:
    """Of hours whose labels have not all come, the first ones say nothing."""
    made = begun(chosen)
    for h in range(14):
        made.feed(moved(h) if h >= FROM else sent(BEGIN + h * HOUR, ROWS)[1])
        at = BEGIN + (h + 1) * HOUR + 9 * MINUTE
        for ago, yes in ((0, False), (DELAY, True)):  # no is known at once, yes later
            batch, _ = sent(BEGIN + (h - ago) * HOUR, ROWS)
            known = [
                (name, label)
                for name, label in zip(batch["_id"].to_pylist(), truth(batch), strict=True)
                if label is yes and h >= ago
            ]
            if known:
                names, labels = zip(*known, strict=True)
                made.feed([outcomes(names, list(labels), at)])
    state = made.runner.models[MODEL]
    found = explaining.explain_incident(
        made.log, made.runner.keeper, state, state.incidents[0], made.log.position
    )
    assert found.basis == "realised"
    young = explaining.explain_incident(
        made.log, made.runner.keeper,
        replace(state, labels=replace(state.labels, closed=state.incidents[0].onset)),
        state.incidents[0], made.log.position,
    )  # fmt: skip
    assert young.basis == "estimated"
    assert young.segments == ()
    assert any("label" in one for one in young.missing)


def test_harm_is_kept_with_the_incident_through_its_bytes(chosen: LiveSettings) -> None:
    state = lived(chosen, 12).runner.models[MODEL]
    assert [one for one in state.incidents if one.harm is not None]
    again = snapshot.decode(snapshot.encode(state), state.of_file, state.plan)
    assert again.incidents == state.incidents
    for incident in state.incidents:
        assert msgspec.json.decode(msgspec.json.encode(incident), type=Incident) == incident


def test_nobody_is_told_again_for_an_explanation(chosen: LiveSettings) -> None:
    own = msgspec.to_builtins(chosen.models)
    told = make_live(
        {
            "models": own,
            "channels": {"hook": {"webhook": "https://example.com/hook"}},
            "routes": [{"to": ["hook"]}],
        }
    )
    made = lived(told, 16, made=begun(told))
    silent = [one for one in made.of(Changed) if one.event == ""]
    spoken = [one for one in made.of(Changed) if one.event]
    messages = commit(made).store.read("message")
    assert len(silent) >= 2
    assert 0 < len(messages) <= len(spoken)


@pytest.mark.parametrize("place", ["explain", "_segments", "performance"])
def test_an_explanation_that_breaks_does_not_stop_the_model(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(explaining, place, broken)
    made = lived(chosen, 12)
    asked = [one for one in made.of(Wanted) if one.what == CAUSES]
    assert made.runner.guard.faults == {CAUSES: len(asked)}
    assert made.runner.models[MODEL].drift.closed >= BEGIN + 11 * HOUR
    assert made.runner.models[MODEL].incidents[0].harm is not None


def test_rows_that_the_log_lost_are_not_missed(chosen: LiveSettings) -> None:
    """Retention removed them, or their file is damaged: sums are left to explain with."""
    made = lived(chosen, 12)
    incident = made.runner.models[MODEL].incidents[0]
    found = explaining.explain_incident(
        MemoryLog(), made.runner.keeper, made.runner.models[MODEL], incident, 0
    )
    assert found.causes
    assert found.segments == ()
    assert any("label" in one for one in found.missing)


def test_what_came_later_changes_no_choice_of_rows(
    chosen: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log read again holds what came after the explanation was first made."""
    monkeypatch.setattr(explaining, "MOST", 150)
    made = lived(chosen, 14)
    state, position = made.runner.models[MODEL], made.log.position
    incident = state.incidents[0]

    def explained() -> Explanation:
        return explaining.explain_incident(made.log, made.runner.keeper, state, incident, position)

    first = explained()
    batch, _ = sent(BEGIN + 9 * HOUR, ROWS, name="late-")
    made.log.append([Record(EVENTS, MODEL, BEGIN + 20 * HOUR, batch)])
    ids = batch["_id"].to_pylist()
    made.log.append([outcomes(ids, truth(batch), BEGIN + 20 * HOUR)])
    assert explained() == first

"""Live models held against what they were trained on: from when, by which numbers."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.traffic import BEGIN, HOUR, MODEL, Live, events, hours, live, rows

from vedette.alerts.incident import Incident
from vedette.engine.axes import axes_of
from vedette.engine.outputs import Changed, Marked, Told
from vedette.profiles.codec import decode
from vedette.stores.memory import MemoryState

WARM_UP, HOURS, ROWS = 72, 84, 300
HOURLY = {"base": "1h", "fast": "1h", "drift": "1h"}
TOLD_WITHIN = 4  # windows after the warm-up


def sample(path: Path, shift: float = 0.0, drop: tuple[str, ...] = (), **added: object) -> str:
    """A training sample whose x2 lies `shift` off."""
    table = pa.Table.from_batches([rows(BEGIN - 100 * HOUR, 20_000, 100 * HOUR, shift=shift)])
    table = table.drop_columns(["_id", "_version", "_weight", *drop])
    for name, values in added.items():
        table = table.append_column(name, pa.array(values))
    pq.write_table(table, path)
    return str(path)


def watched(file: str, count: int = HOURS, **model: object) -> Live:
    given = {"baseline": {"warm_up": WARM_UP}, "time": "_time", **model}
    settings = live(training={"file": file}, clocks=HOURLY, **given)
    return Live(settings).feed(hours(count, ROWS, 1), commit=False)


def opened(found: Live) -> list[Incident]:
    return [o.incident for o in found.of(Changed) if o.event == "opened"]


@pytest.fixture(scope="module")
def skewed(tmp_path_factory: pytest.TempPathFactory) -> Live:
    path = tmp_path_factory.mktemp("train") / "train.parquet"
    return watched(sample(path, -0.5, ("x5",), old=np.ones(20_000)))


def test_a_skew_from_day_one_is_found_soon_after_the_warm_up(skewed: Live):
    (incident,) = opened(skewed)
    assert (incident.axis, incident.streams) == ("skew", (("skew", "x2", ""),))
    assert incident.opened <= BEGIN + (WARM_UP + TOLD_WITHIN) * HOUR
    assert incident.title.startswith("`x2` in serving is 0.5")
    assert "sd above what the model was trained on (" in incident.title
    assert axes_of(skewed.runner.models[MODEL])["skew"].verdict == "alarming"


def test_a_clean_model_says_nothing_and_what_would_have_been_noticed(tmp_path: Path):
    found = watched(sample(tmp_path / "train.parquet"))
    assert opened(found) == []
    said = [o.finding for o in found.of(Told) if o.finding.monitor == "skew"]
    assert said
    assert all(finding.detectable for finding in said)
    assert axes_of(found.runner.models[MODEL])["skew"].verdict == "calm"


def test_columns_that_one_side_lacks_are_said(skewed: Live):
    (mark,) = [o for o in skewed.of(Marked) if o.body["act"] == "training"]
    assert mark.body["text"] == (
        "held against train.parquet; training lacks `x5`; serving lacks `old`"
    )
    training = skewed.runner.models[MODEL].plan.baseline.training
    assert (training.lacking, training.unserved) == (("x5",), ("old",))
    assert training.windows == 100


def test_the_log_read_again_gives_the_same_numbers(skewed: Live):
    again = Live(skewed.settings, skewed.log, MemoryState())
    again.runner.catch_up()
    one, two = (run.runner.models[MODEL] for run in (skewed, again))
    assert one.plan.baseline_id == two.plan.baseline_id
    assert one.incidents == two.incidents


def test_a_restart_goes_on_with_the_sample_that_is_kept(skewed: Live):
    skewed.runner.commit(BEGIN + HOURS * HOUR, force=True)
    again = Live(skewed.settings, skewed.log, skewed.store)
    again.runner.restore()
    before = again.runner.models[MODEL].plan.baseline_id
    again.feed([events(rows(BEGIN + HOURS * HOUR, 100), BEGIN + (HOURS + 1) * HOUR)])
    assert again.runner.models[MODEL].plan.baseline_id == before
    assert again.of(Marked) == []


def test_another_sample_takes_over_after_a_restart_and_none_ends_it(tmp_path: Path):
    file = sample(tmp_path / "train.parquet", -0.5)
    first = watched(file, WARM_UP + 2)
    first.runner.commit(BEGIN + HOURS * HOUR, force=True)
    bins = first.runner.models[MODEL].plan.baseline.id
    sample(tmp_path / "train.parquet")  # as it should have been

    def later(seed: int):
        return [events(rows(BEGIN + 80 * HOUR, 100, seed=seed), BEGIN + 81 * HOUR)]

    again = Live(first.settings, first.log, first.store)
    again.runner.restore()
    again.feed(later(1))
    plan = again.runner.models[MODEL].plan
    assert plan.baseline.id == bins  # counts of before add up with those of now
    assert plan.baseline.training.key != first.runner.models[MODEL].plan.baseline.training.key
    assert "skew" in dict(plan.drift.monitors)
    none = Live(
        live(baseline={"warm_up": WARM_UP}, time="_time", clocks=HOURLY), first.log, first.store
    )
    none.runner.restore()
    none.feed(later(2))
    assert none.runner.models[MODEL].plan.baseline.training is None
    assert "skew" not in dict(none.runner.models[MODEL].plan.drift.monitors)
    assert "no training sample is named" in axes_of(none.runner.models[MODEL])["skew"].reason


def test_a_sample_that_cannot_be_read_is_a_problem_and_no_end_of_the_watch(tmp_path: Path):
    path = tmp_path / "train.parquet"
    path.write_bytes(b"no parquet")
    schema = tmp_path / "schema.yaml"  # it can be read, and the sample is still a problem
    schema.write_text("version: 1\nfields:\n  x2: {kind: numeric, constraints: {finite: true}}\n")
    found = watched(str(path), WARM_UP + 2, schema=str(schema))
    state = found.runner.models[MODEL]
    assert state.plan.baseline.training is None
    assert state.plan.baseline.checks is not None
    assert "train.parquet" in found.runner.problem(MODEL)
    assert state.drift.closed > BEGIN + WARM_UP * HOUR


def test_a_baseline_fitted_on_the_sample_is_that_comparison_already(tmp_path: Path):
    file = sample(tmp_path / "train.parquet")
    found = watched(file, 2, baseline={"file": file})
    state = found.runner.models[MODEL]
    assert "skew" not in dict(state.plan.drift.monitors)
    assert "drift from it is skew" in axes_of(state)["skew"].reason


def test_a_sample_without_times_is_compared_once_live_windows_are_what_is_ordinary(tmp_path: Path):
    """Drift forgives how far a reference without times lies from the live windows; skew tells."""
    file = sample(tmp_path / "train.parquet", -0.25, ("_time",))  # less than a gross change
    found = watched(file, 120, baseline={"file": file}, time=None)
    assert [i.axis for i in opened(found)] == ["skew"]
    assert found.runner.models[MODEL].incidents[0].causes[0].column == "x2"


def test_a_training_sample_survives_as_bytes(skewed: Live):
    entry = skewed.runner.keeper.get(
        "baseline", MODEL, skewed.runner.models[MODEL].plan.baseline_id
    )
    read, kept = decode(entry.body)[0].training, skewed.runner.models[MODEL].plan.baseline.training
    assert read.profile.same_counts(kept.profile)
    assert {k: v.tolist() for k, v in read.quantiles.items()} == {
        k: v.tolist() for k, v in kept.quantiles.items()
    }
    plain = (read.key, read.name, read.sampled, read.windows, read.lacking, read.unserved)
    assert msgspec.json.encode(plain) == msgspec.json.encode(
        (kept.key, kept.name, kept.sampled, kept.windows, kept.lacking, kept.unserved)
    )

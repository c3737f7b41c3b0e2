"""A ranking model live: lists of scores and of relevances, from bodies to what is kept of them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import ndcg_score
from tests.labelled import REFERENCE, UTC, commit, kept
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, live

from vedette.core import wire
from vedette.core.events import Event
from vedette.engine.kept_performance import prefix_of
from vedette.ingest.body import decode, decode_labels
from vedette.profiles.grading import facts_of
from vedette.profiles.profile import WHOLE
from vedette.stats.performance.metrics import measure
from vedette.stores.store import EVENTS, OUTCOMES, TICK, Record

N, HOURS = 60, 3
JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"


def lists(start: int, n: int = N) -> pa.RecordBatch:
    """n lists of 2 to 8 items in an hour, ranked better than by chance."""
    rng = np.random.default_rng([3, start // SECOND])
    gain = [rng.poisson(0.6, k).astype(float) for k in rng.integers(2, 9, n)]
    return pa.record_batch(
        {
            "_id": [f"{start // HOUR}-{i}" for i in range(n)],
            "_time": pa.array(np.sort(rng.integers(start, start + HOUR, n)), UTC),
            "x": rng.normal(size=n),
            "score": [(one + rng.normal(0, 1, len(one))).tolist() for one in gain],
            "label": [one.tolist() for one in gain],
        }
    )


def bodies(batch: pa.RecordBatch) -> list[tuple[str, bytes]]:
    """The events of an hour as senders write them: a third each as JSON, as messages of the
    client, and as a table."""
    third = batch.num_rows // 3
    plain = batch.set_column(1, "_time", batch["_time"].cast(pa.int64())).to_pylist()
    single = [
        {"id": r["_id"], "time": r["_time"], "features": {"x": r["x"]}, "score": r["score"]}
        for r in plain[:third]
    ]
    packed = wire.encode(
        [Event(id=r["_id"], model=MODEL, time=r["_time"], features={"x": r["x"]},
               scores={"score": r["score"]}) for r in plain[third : 2 * third]]
    )  # fmt: skip
    sink = pa.BufferOutputStream()
    table = batch.slice(2 * third).drop_columns(["label"])
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_batch(table)
    sheet = sink.getvalue().to_pybytes()
    return [(JSON, json.dumps(single).encode()), ("application/msgpack", packed), (ARROW, sheet)]


def records(batch: pa.RecordBatch, end: int) -> list[Record]:
    """An hour's events, then its labels, through the decoders of the server."""
    told = []
    for kind, body in bodies(batch):
        decoded = decode(body, model=MODEL, content_type=kind, received=end)
        assert decoded.rejected == ()
        assert decoded.rows["score"].type == pa.list_(pa.float64())
        told.append(Record(EVENTS, MODEL, end, decoded.rows))
    pairs = zip(batch["_id"].to_pylist(), batch["label"].to_pylist(), strict=True)
    body = json.dumps([{"id": name, "label": gain} for name, gain in pairs]).encode()
    labels = decode_labels(body, model=MODEL, content_type=JSON, received=end + SECOND)
    assert labels.rejected == ()
    told.append(Record(OUTCOMES, MODEL, end + SECOND, labels.outcomes))
    return [*told, Record(TICK, "", end + MINUTE)]


def test_what_is_kept_of_rankings_is_what_scikit_learn_says(tmp_path: Path) -> None:
    path = tmp_path / "reference.parquet"
    hours = [lists(at) for at in range(REFERENCE, REFERENCE + 24 * HOUR, HOUR)]
    pq.write_table(pa.Table.from_batches(hours), path)
    clocks = {"base": "15min", "fast": "15min", "drift": "1h"}
    named = {"time": "_time", "id": "_id", "score": "score", "label": "label"}
    made = Live(live(clocks=clocks, baseline={"file": str(path)}, **named))
    served = [lists(BEGIN + h * HOUR) for h in range(HOURS)]
    for h, batch in enumerate(served, 1):
        made.feed(records(batch, BEGIN + h * HOUR + SECOND))
    made.feed([Record(TICK, "", BEGIN + (HOURS + 1) * HOUR + MINUTE)])
    commit(made)

    plan = made.runner.models[MODEL].plan
    assert plan is not None
    assert plan.baseline.appraisal is not None
    grading = plan.baseline.appraisal.grading
    assert (grading.task, grading.scores) == ("ranking", ("score",))
    for h, batch in enumerate(served):
        graded = kept(made)[prefix_of(WHOLE), BEGIN + h * HOUR].graded["realised", WHOLE]
        assert graded.rows == N
        found = measure(graded, facts_of(grading))
        pairs = list(zip(*(batch[name].to_pylist() for name in ("label", "score")), strict=True))
        for name, k in (("ndcg", None), ("ndcg@1", 1), ("ndcg@5", 5)):
            theirs = np.mean([ndcg_score([gain], [score], k=k) for gain, score in pairs])
            assert found[name].value == pytest.approx(theirs, abs=1e-12), name
        first = [gain[int(np.argmax(score))] > 0 for gain, score in pairs]
        assert found["hit_rate@1"].value == pytest.approx(np.mean(first), abs=1e-12)
        top = [any(np.take(g, np.argsort(s)[::-1][:5])) for g, s in pairs]
        assert found["hit_rate@5"].value == pytest.approx(np.mean(top), abs=1e-12)
        assert 0.3 < np.mean(first) < 0.95  # neither all nor none

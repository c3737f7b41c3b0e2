"""Made-up traffic of a model whose labels come later, for tests of the engine.

Owns: predictions of a known law and their labels, a labelled reference, sums of graded rows to
compare.  Does not own: stepping (`tests.traffic`), what is asserted.

The truth follows the score; from an instant on it may follow it no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, live

from vedette.core.durations import DAY
from vedette.engine.fitting import file_key
from vedette.engine.kept_performance import CUBES, LOSSES, NUMBERS, SCORES, prefix_of
from vedette.engine.live import LiveSettings
from vedette.profiles.codec import unpack
from vedette.profiles.profile import WHOLE, Profile
from vedette.stores.store import EVENTS, OUTCOMES, TICK, Entry, EventLog, Record

REFERENCE = BEGIN - 10 * DAY
SEGMENTS = (WHOLE, "country=de", "country=fr", "country=it")


def rows(start: int, n: int, *, seed: int = 0, name: str = "") -> pa.RecordBatch:
    """n events of an hour from `start` on."""
    rng = np.random.default_rng([seed, start // SECOND])
    score = rng.beta(0.8, 1.2, n)
    return pa.record_batch(
        {
            "_id": [f"{name}{start // HOUR}-{i}" for i in range(n)],
            "_time": pa.array(np.sort(rng.integers(start, start + HOUR, n)), UTC),
            "_version": pa.array(["1"] * n),
            "_weight": np.ones(n),
            "x0": score + rng.normal(0, 0.3, n),
            "x1": rng.normal(size=n),
            "country": rng.choice(["de", "fr", "it"], n, p=[0.5, 0.3, 0.2]),
            "score": score,
        }
    )


UTC = pa.timestamp("ns", "UTC")


def truth(batch: pa.RecordBatch, *, turned: float = 0.0, seed: int = 0) -> list[bool]:
    """What became of events; a share `turned` of them is the opposite of what it was to be."""
    scores = batch.column("score").to_numpy(zero_copy_only=False)
    rng = np.random.default_rng([seed, batch.num_rows, int(scores.sum() * 1e6)])
    yes = rng.random(len(scores)) < scores
    return (yes ^ (rng.random(len(scores)) < turned)).tolist()


def outcomes(
    ids: Sequence[str], labels: Sequence[object] | pa.Array, received: int, model: str = MODEL
) -> Record:
    """Labels known when they were received."""
    times = pa.array([received] * len(ids), UTC)
    told = labels if isinstance(labels, pa.Array) else pa.array(labels)
    batch = pa.record_batch({"_id": pa.array(ids, pa.string()), "_time": times, "label": told})
    return Record(OUTCOMES, model, received, batch)


def reference(path: Path, hours: int = 72, n: int = 100) -> Path:
    """A labelled reference as a file."""
    tables = []
    for start in range(REFERENCE, REFERENCE + hours * HOUR, HOUR):
        batch = rows(start, n)
        own = batch.drop_columns(["_version", "_weight"])
        tables.append(pa.Table.from_batches([own.append_column("label", pa.array(truth(batch)))]))
    pq.write_table(pa.concat_tables(tables), path)
    return path


def settings(path: Path | None, **model: object) -> LiveSettings:
    """Hourly windows under a reference of a file, or learnt from the log."""
    named = {"time": "_time", "id": "_id", "score": "score", "label": "label"}
    given = {"baseline": {"file": str(path)}, **named} if path else {}
    clocks = {"base": "15min", "fast": "15min", "drift": "1h"}
    told = {"segments": ["country"], "fairness": {"groups": ["country"], "measures": ["x1"]}}
    return live(clocks=clocks, **{**told, **given, **model})


def sent(start: int, n: int = 100, **law: object) -> tuple[pa.RecordBatch, list[Record]]:
    """The events of an hour, and the records that they come in, the minute after it included."""
    batch = rows(start, n, **law)  # type: ignore[arg-type]
    end = start + HOUR + SECOND
    return batch, [Record(EVENTS, MODEL, end, batch), Record(TICK, "", end + MINUTE)]


def kept(made: Live, model: str = MODEL) -> dict[tuple[str, int], Profile]:
    """What is kept of performance, by kind of entry and window."""
    found = {}
    for entry in made.store.read("performance", model):
        prefix, _, _ = entry.key.rpartition("/")
        found[prefix + "/", entry.time] = unpack(entry.body)
    return found


def sums(made: Live, model: str = MODEL) -> dict[object, object]:
    """All that is kept of how predictions did, as exact integers and rounded floats; what is
    nothing is left out."""
    names = {prefix_of(one): one for one in SEGMENTS} | {LOSSES: "losses", CUBES: "groups"}
    names |= {SCORES: "scores of groups", NUMBERS: "numbers of groups"}
    found: dict[object, object] = {}
    for (prefix, start), profile in kept(made, model).items():
        for key, one in profile.graded.items():
            if one.rows or key[0] == "expected":
                arrays = (one.confusion, one.ranked)
                exact = [a.tolist() for a in arrays if a.dtype.kind == "i"]
                found[names[prefix], start, key] = (one.rows, exact, rounded(_floats(arrays, one)))
        for key, part in profile.losses.items():
            if part.rows.any():
                floats = rounded([part.loss, part.squares])
                found[names[prefix], start, key] = (part.rows.tolist(), floats)
        for key, cube in profile.cubes.items():
            found[names[prefix], start, key] = (cube.counts.tolist(), rounded([cube.scores]))
        for key, own in profile.measured.items():
            counts = [one.tolist() for one in own.counts]
            found[names[prefix], start, key] = (counts, rounded([own.sums]))
    return found


def _floats(arrays: Iterable[np.ndarray], one: object) -> list[np.ndarray]:
    own = [a for a in arrays if a.dtype.kind == "f"]
    return [*own, one.inside, one.moments]  # type: ignore[attr-defined]


def rounded(arrays: Iterable[np.ndarray]) -> list[object]:
    """Sums of floats, alike for every order in which they were added."""
    return [(np.round(a, 7) + 0.0).tolist() for a in arrays]


def commit(made: Live) -> Live:
    """Write everything that waits."""
    made.runner.commit(made.log.position, force=True)
    return made


def said(made: Live, kinds: Iterable[str]) -> Mapping[tuple[str, str], bytes]:
    """Everything that is kept of some kinds."""
    return {(e.kind, e.key): e.body for kind in kinds for e in made.store.read(kind)}


_FITTED: dict[str, list[Entry]] = {}


def begun(chosen: LiveSettings, log: EventLog | None = None) -> Live:
    """A model before its first event, whose reference was fitted before: that takes seconds."""
    made = Live(chosen) if log is None else Live(chosen, log=log)  # type: ignore[arg-type]
    own = chosen.of(MODEL)
    if own.baseline.file:
        key = file_key(own)
        if key not in _FITTED:
            first = Live(chosen)
            first.feed(sent(BEGIN)[1])
            _FITTED[key] = commit(first).store.read("baseline")
        made.store.commit(_FITTED[key])
    return made

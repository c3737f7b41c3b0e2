"""`vd.prediction_skew`: logged rows through a model again, against what was served.

Owns: what is asked of the two tables and the model, and the order of the steps.  Does not own: the
steps (its neighbours), the answer (`result`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from vedette.core import rows as own
from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.engine.batch import Progress, nothing
from vedette.engine.skew.causes.candidate import Cause as Why
from vedette.engine.skew.keyed.asked import tolerances
from vedette.engine.skew.predictions.asked import Asked
from vedette.engine.skew.predictions.asking import asking
from vedette.engine.skew.predictions.caller import BATCH_ROWS, Caller
from vedette.engine.skew.predictions.cause import Cause
from vedette.engine.skew.predictions.counted import Both, ReplayCounts
from vedette.engine.skew.predictions.forms import named_features
from vedette.engine.skew.predictions.keeper import Sample
from vedette.engine.skew.predictions.mixed import common
from vedette.engine.skew.predictions.pairs import Joined, Pairs
from vedette.engine.skew.predictions.replayed import replay, replay_both
from vedette.engine.skew.predictions.result import PredictionSkew
from vedette.engine.skew.predictions.steady import ROWS, Steadiness
from vedette.engine.skew.predictions.swaps import Swaps, swaps
from vedette.engine.skew.predictions.tally import Compared, Tally
from vedette.engine.skew.predictions.unlike import ANSWERS, Tolerance, Tolerances
from vedette.engine.skew.predictions.why import why_answers, why_features
from vedette.ingest.source import Source, open_source

MAX_MISMATCH = 0.001  # share of rows that may differ before it matters
SYSTEM = frozenset((*own.SYSTEM, *own.SERVING, own.LABEL))  # columns of a log that no model sees


def prediction_skew(
    online: Any,
    model: Any,
    *,
    features: Sequence[str] | None = None,
    prediction: str | Sequence[str] = own.PREDICTION,
    offline: Any = None,
    key: str | Sequence[str] | None = None,
    tolerance: object = None,
    max_mismatch: float = MAX_MISMATCH,
    threshold: float | None = None,
    form: str | None = None,
    positive: object = None,
    workers: int = 1,
    batch_rows: int = BATCH_ROWS,
    progress: Progress = nothing,
) -> PredictionSkew:
    """Replay logged rows through a model and say whether it gives what was served, and why not.

    `online` is a table of served rows with the features and the `prediction`; `model` a callable
    that takes a table of the features, or an estimator.  `form` is that table's: "arrow" (a
    pyarrow.Table), "pandas", "numpy" or "rows" (a list of dicts); an estimator gets what it was
    fitted on.  With `offline`, a table with the features by `key`, features are swapped one by one
    from their online to their offline value, and the disagreement is shared out among them.

    Shapes: `features` in the order of the model, by default those it was fitted on, else every
    other column; several columns of `prediction` are scores of several classes.  The model gives
    one answer a row, or as many as there are columns; of two columns for one the second counts.
    Units: `tolerance` is relative, or by column ({"distance": "abs:0.5", "prediction": 1e-3}), as
    for `skew`; by default 1e-6 of features and 1e-5 of predictions; whole numbers, text and
    booleans must be the same.  `max_mismatch` is a share of rows: more matters; `threshold` tells
    classes of a score apart; `positive` is the class of which the logged score is the probability.
    Bounds: memory for some batches of `batch_rows` rows for each of `workers` threads, and for
    20,000 rows that disagree; the model must be safe to call from several threads if `workers` > 1.
    Errors: UsageError for columns that are not there and for a model that raises on every row or
    gives answers that do not fit; rows on which it raises are counted.  A model that says something
    else of the same rows gets no verdict.

    Example:
        >>> served = {"x": [1.0, 2.0, 3.0], "prediction": [2.0, 4.0, 7.0]}
        >>> found = prediction_skew(served, lambda rows: [2 * x for x in rows["x"].to_pylist()])
        >>> found.replay.differing.count, found.ok
        (1, False)
    """
    source = open_source(online)
    logged = (prediction,) if isinstance(prediction, str) else tuple(prediction)
    keys = () if key is None else (key,) if isinstance(key, str) else tuple(key)
    for name in (*logged, *keys):
        _there(source, name, "online")
    _check(max_mismatch, batch_rows, workers)
    if (offline is None) != (not keys):
        raise UsageError(
            "prediction skew", "needs both an offline table and its key, or none of them",
            got="offline" if offline is not None else "key",
        )  # fmt: skip
    chosen = _features(source, model, features, (*logged, *keys))
    near = Tolerances(_tolerances(tolerance))
    asked = Asked(chosen, logged, near.of(logged[0], ANSWERS), near, threshold, batch_rows, workers)
    sample = source.sample(ROWS, list(dict.fromkeys((*chosen, *logged))))
    first = sample.combine_chunks().to_batches()[0] if sample.num_rows else None
    columns = [] if first is None else [first.column(name) for name in logged]
    how = asking(model, columns or [pa.nulls(0)] * len(logged), form=form, positive=positive)
    made = _Made(source, Caller(how, len(logged)), asked, max_mismatch)
    if first is None:
        return made.empty(("the online side has no rows",))
    if offline is None:
        return made.alone(first.select(list(chosen)), progress)
    return made.beside(open_source(offline), keys, first.select(list(chosen)), progress)


class _Made:
    """One question to one model, on its way to an answer."""

    def __init__(self, source: Source, caller: Caller, asked: Asked, max_mismatch: float) -> None:
        self._source, self._caller, self._asked, self._most = source, caller, asked, max_mismatch

    def empty(self, notes: tuple[str, ...] = (), **more: Any) -> PredictionSkew:
        """An answer in which nothing was replayed, or what is given."""
        nothing = Tally(self._asked.near).compared()
        return PredictionSkew(
            **{
                "prediction": tuple(self._asked.logged), "model": self._caller.words,
                "online": self._source.name, "offline": None,
                "features": tuple(self._asked.features), "max_mismatch": self._most,
                "replay": nothing, "error": self._caller.first_error, "notes": notes,
            }
            | more
        )  # fmt: skip

    def alone(self, first: pa.RecordBatch, told: Progress) -> PredictionSkew:
        """The same features alone."""
        steady = Steadiness(self._caller, first, self._asked.near)
        if unsteady := steady.at_once():
            return self.empty(unsteady=unsteady)
        counts = replay(self._source, self._caller, self._asked, told)
        found = counts.compared()
        return self.empty(
            replay=found, answers=self._answers(counts, found), unsteady=steady.later()
        )

    def beside(
        self, offline: Source, key: Sequence[str], first: pa.RecordBatch, told: Progress
    ) -> PredictionSkew:
        """The same features and offline ones."""
        shared, notes = _shared(self._source, offline, self._asked.features, key)
        steady = Steadiness(self._caller, first, self._asked.near)
        if unsteady := steady.at_once():
            return self.empty(notes, unsteady=unsteady, offline=offline.name)
        columns = list(dict.fromkeys((*self._asked.features, *self._asked.logged)))
        pairs = Pairs(self._source, offline, key, columns, shared, self._asked.workers)
        counts, beside = replay_both(pairs, self._caller, self._asked, told)
        found, both = counts.compared(), beside.both()
        moved, every = beside.samples()
        shares, why = None, dict[str, tuple[Why, ...]]()
        if moved is not None and every is not None:
            shares = self._swaps(both, moved)
            rates = {name: share.value for name, share in both.mismatches.items()}
            why = why_features(moved, every, self._asked.tolerances, rates)
        return self.empty(
            (*notes, *_unmatched(pairs.joined)), replay=found,
            answers=self._answers(counts, found), both=both, swaps=shares,
            causes=_causes(both, shares, why), joined=pairs.joined, offline=offline.name,
            unsteady=steady.later(),
        )  # fmt: skip

    def _answers(self, counts: ReplayCounts, found: Compared) -> tuple[Why, ...]:
        """What lies between served and replayed answers."""
        unlike, every = counts.samples()
        if unlike is None or every is None:
            return ()
        return why_answers(unlike, every, self._asked.near, found.differing.value)

    def _swaps(self, both: Both, moved: Sample) -> Swaps:
        return swaps(
            moved.sides, moved.first, moved.second, self._caller, self._asked.near,
            self._asked.tolerances, found=both.features.differing.count,
            classes=both.features.flips is not None, batch_rows=self._asked.batch_rows,
        )  # fmt: skip


def _causes(
    both: Both, shares: Swaps | None, why: Mapping[str, tuple[Why, ...]]
) -> tuple[Cause, ...]:
    """Features that differ somewhere, the one that explains most first."""
    found = [
        Cause(
            name, share,
            shares.shares.get(name) if shares else None,
            shares.luck.get(name, 0.0) if shares else 0.0,
            why.get(name, ()),
        )
        for name, share in both.mismatches.items()
        if share.count
    ]  # fmt: skip
    return tuple(
        sorted(found, key=lambda c: (-(c.share.value if c.share else 0.0), -c.mismatch.count))
    )


def _features(
    source: Source, model: Any, features: Sequence[str] | None, others: Sequence[str]
) -> tuple[str, ...]:
    fitted = named_features(model)
    if features is None:
        known = source.arrow_schema.names
        rest = [name for name in known if name not in others and not _is_own(name)]
        features = fitted or rest
    elif fitted and set(fitted) == set(features):
        features = fitted  # in the order that it wants
    for name in features:
        _there(source, name, "online")
    if not features:
        raise UsageError(source.name, "has no column that could be a feature", hint="name features")
    return tuple(features)


def _is_own(name: str) -> bool:
    return name in SYSTEM or name.startswith(f"{own.SCORE}.")


def _shared(
    online: Source, offline: Source, features: Sequence[str], key: Sequence[str]
) -> tuple[list[str], tuple[str, ...]]:
    """The features that both sides have, and what is to be said of the others."""
    for name in key:
        _there(offline, name, "offline")
    shared, notes = [], []
    kinds = [{f.name: f.type for f in side.arrow_schema} for side in (online, offline)]
    for name in features:
        if name in key:
            continue
        if name not in kinds[1]:
            notes.append(f"{name!r} is not among the offline features: it stays as it was logged")
        elif common(kinds[0][name], kinds[1][name]) is None:
            notes.append(f"{name!r} has another type offline and stays as it was logged")
        else:
            shared.append(name)
    if not shared:
        raise UsageError(
            offline.name, "has none of the model's features",
            got=", ".join(offline.arrow_schema.names[:20]), want=", ".join(features[:20]),
        )  # fmt: skip
    return shared, tuple(notes)


def _unmatched(joined: Joined) -> tuple[str, ...]:
    notes = []
    if joined.alone:
        notes.append(f"{joined.alone:,} of {joined.rows:,} rows have no partner offline")
    if joined.ambiguous:
        notes.append(
            f"{joined.ambiguous:,} rows have several partners offline, and were not compared to any"
        )
    return tuple(notes)


def _there(source: Source, name: str, side: str) -> None:
    known = source.arrow_schema.names
    if name not in known:
        raise UsageError(
            source.name, f"the {side} side has no column {name!r}",
            hint=nearest(name, known) or f"columns are {', '.join(known[:20])}",
        )  # fmt: skip


def _check(max_mismatch: float, batch_rows: int, workers: int) -> None:
    if not 0 <= max_mismatch < 1:
        raise SettingsError("max_mismatch", "is no share of rows", got=max_mismatch, want="0 to 1")
    if batch_rows < 1 or workers < 1:
        raise UsageError("batch_rows and workers", "are below 1", got=f"{batch_rows}, {workers}")


def _tolerances(given: object) -> dict[str, Tolerance]:
    """What was asked for, with what is left open as for predictions and features alike."""
    return {
        name: Tolerance(one.absolute or 0.0, one.relative or 0.0, given=name != "")
        for name, one in tolerances(given).items()
    }

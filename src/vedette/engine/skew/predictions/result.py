"""Served predictions against replayed ones, told.

Owns: the PredictionSkew value, its verdict, its findings, its JSON document.  Does not own: making
one (`made`), its sentences (`words`), layout (`report`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from vedette.core.version import __version__
from vedette.engine.document import plain
from vedette.engine.output import as_json
from vedette.engine.skew.causes.candidate import Cause as Why
from vedette.engine.skew.predictions import words
from vedette.engine.skew.predictions.cause import Cause
from vedette.engine.skew.predictions.counted import Both
from vedette.engine.skew.predictions.pairs import Joined
from vedette.engine.skew.predictions.steady import Unsteady
from vedette.engine.skew.predictions.swaps import Swaps
from vedette.engine.skew.predictions.tally import Compared, Share
from vedette.monitors.finding import VERDICTS, Finding

FORMAT = "vedette.prediction_skew"
FORMAT_VERSION = 1
MONITOR = "skew"
SMALL = 0.005  # a share of the disagreement below which a feature is not worth a sentence
TOLD = 3  # features that get one


@dataclass(frozen=True)
class PredictionSkew:
    """Whether a model gives offline what was served, and which features are to blame if not.

    Shapes: `replay` compares what was logged with the model's answers to the logged features,
    with `answers` what seems to lie between them,
    `both` has what offline features change, None without an offline side; `causes` the features
    that differ there, the one that explains most first; `joined` how rows found their partners.
    `unsteady` says why there is no verdict.  Units: `max_mismatch` as a share of rows.
    """

    prediction: tuple[str, ...]
    model: str
    online: str
    offline: str | None
    features: tuple[str, ...]
    max_mismatch: float
    replay: Compared
    answers: tuple[Why, ...] = ()
    both: Both | None = None
    swaps: Swaps | None = None
    causes: tuple[Cause, ...] = ()
    joined: Joined | None = None
    unsteady: Unsteady | None = None
    error: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the model gives what was served, as far as is known: no finding is alarming and
        there is a verdict at all."""
        worst = self.findings[0].verdict
        return worst in ("calm", "notable")

    @property
    def verdict(self) -> str:
        """The whole answer in a few sentences."""
        return " ".join(self.sentences)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The whole answer, a sentence each."""
        if self.unsteady is not None:
            return (words.sentence(f"no verdict: {words.refused(self.unsteady)}"),)
        said = [words.same_features(self.replay, self.answers)]
        if self.both is not None:
            said.append(words.other_features(self.both))
            told = [one for one in self.causes if one.share and one.share.value >= SMALL]
            said += [words.cause(one, self.swaps) for one in told[:TOLD]]
        return tuple(words.sentence(one) for one in said)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, the worst first: the replay, offline features, single features."""
        found = [self._replayed()]
        if self.both is not None:
            found.append(self._features(self.both))
            found += [self._cause(one, self.both) for one in self.causes]
        return tuple(sorted(found, key=lambda one: one.rank))

    def _replayed(self) -> Finding:
        share = self.replay.differing
        reason = words.same_features(self.replay, self.answers)
        return self._finding("replay", share, reason, self._judged(share))

    def _features(self, both: Both) -> Finding:
        share = both.features.differing
        return self._finding("features", share, words.other_features(both), self._judged(share))

    def _judged(self, share: Share) -> str:
        """A share of rows against what may be."""
        low, high = share.interval
        if self.unsteady is not None or share.rows == 0:
            return "unknown"
        if low > self.max_mismatch:
            return "alarming"
        return "calm" if high <= self.max_mismatch or share.count == 0 else "notable"

    def _finding(self, component: str, share: Share, reason: str, verdict: str) -> Finding:
        low, high = share.interval
        if self.unsteady is not None:
            reason = words.refused(self.unsteady)
        elif share.rows == 0:
            reason = "no row could be compared"
        return Finding(
            monitor=MONITOR, component=component, column=", ".join(self.prediction),
            observed=share.value, expected=0.0, effect=share.value, unit="share of rows",
            low=low, high=high, magnitude=share.value, n_window=share.rows,
            min_effect=self.max_mismatch, verdict=verdict, reason=reason,
        )  # fmt: skip

    def _cause(self, cause: Cause, both: Both) -> Finding:
        disagree = both.features.differing.value
        share = cause.share
        verdict, effect, low, high = "notable", None, None, None
        if share is not None:
            effect, low, high = (disagree * one for one in (share.value, share.low, share.high))
            verdict = "alarming" if low > self.max_mismatch else "notable"
        if self.unsteady is not None:
            verdict = "unknown"
        reason = words.refused(self.unsteady) if self.unsteady else words.cause(cause, self.swaps)
        return Finding(
            monitor=MONITOR, component="swap", column=cause.feature,
            observed=cause.mismatch.value, expected=0.0, effect=effect, unit="share of rows",
            low=low, high=high, magnitude=effect or 0.0, n_window=cause.mismatch.rows,
            min_effect=self.max_mismatch, verdict=verdict, reason=reason,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and the terminal shows."""
        return document(self)

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_table(self) -> pa.Table:
        """The features that differ: feature, rows, mismatches, mismatch_rate, share, low, high."""
        rows = [
            {"feature": one.feature, "rows": one.mismatch.rows, "mismatches": one.mismatch.count,
             "mismatch_rate": one.mismatch.value,
             **({"share": one.share.value, "low": one.share.low, "high": one.share.high}
                if one.share else {"share": None, "low": None, "high": None})}
            for one in self.causes
        ]  # fmt: skip
        kinds = [pa.string(), pa.int64(), pa.int64()] + [pa.float64()] * 4
        names = ("feature", "rows", "mismatches", "mismatch_rate", "share", "low", "high")
        return pa.Table.from_pylist(rows, pa.schema(list(zip(names, kinds, strict=True))))

    def __repr__(self) -> str:
        return f"<PredictionSkew: {self.sentences[0]}>"

    def __str__(self) -> str:
        return self.verdict


def document(skew: PredictionSkew) -> dict[str, Any]:
    """Everything that is told, as plain data."""
    both, swaps = skew.both, skew.swaps
    made: dict[str, Any] = plain(
        {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": skew.ok,
            "verdict": skew.verdict,
            "worst": min((f.verdict for f in skew.findings), key=VERDICTS.index),
            "model": skew.model,
            "prediction": list(skew.prediction),
            "online": skew.online,
            "offline": skew.offline,
            "features": list(skew.features),
            "max_mismatch": skew.max_mismatch,
            "unsteady": None if skew.unsteady is None else skew.unsteady._asdict(),
            "replay": _compared(skew.replay) | {
                "causes": [_why(one) for one in skew.answers],
                "statement": words.same_features(skew.replay, skew.answers),
            },
            "offline_features": None if both is None else {
                "statement": words.other_features(both),
                "by_features": _compared(both.features),
                "end_to_end": _compared(both.whole),
                "same_features_differ": both.model,
                "only_the_model_differs": both.only_model,
                "joined": _joined(skew.joined),
            },
            "attribution": None if swaps is None else {
                "by": swaps.by, "rows": swaps.used, "of": swaps.found,
                "by_random_orders": swaps.sampled,
            },
            "causes": [_cause(one) | {"statement": words.cause(one, swaps)} for one in skew.causes],
            "findings": [_finding(one) for one in skew.findings],
            "error": skew.error or None,
            "notes": list(skew.notes),
        }
    )  # fmt: skip
    return made


def _compared(one: Compared) -> dict[str, Any]:
    size = one.size
    return {
        **_share(one.differing),
        "kinds": dict(one.kinds),
        "flips": None if one.flips is None else [
            {"served": f.served, "replayed": f.replayed, "rows": f.rows} for f in one.flips
        ],
        "size": None if size is None else {
            "rows": size.rows, "mean": size.mean, "mean_size": size.mean_size,
            "median": size.typical, "p95": size.large, "largest": size.largest,
            "served_higher": size.up,
        },
    }  # fmt: skip


def _share(one: Share) -> dict[str, Any]:
    low, high = one.interval
    return {"rows": one.rows, "differing": one.count, "share": one.value, "low": low, "high": high}


def _joined(joined: Joined | None) -> Mapping[str, Any] | None:
    if joined is None:
        return None
    return {
        "rows": joined.rows, "matched": joined.matched, "without_partner": joined.alone,
        "ambiguous": joined.ambiguous, "offline_rows": joined.offline_rows,
    }  # fmt: skip


def _cause(one: Cause) -> dict[str, Any]:
    share = one.share
    low, high = one.mismatch.interval
    return {
        "feature": one.feature,
        "mismatches": one.mismatch.count,
        "mismatch_rate": one.mismatch.value,
        "mismatch_low": low,
        "mismatch_high": high,
        "share": None if share is None else share.value,
        "low": None if share is None else share.low,
        "high": None if share is None else share.high,
        "se": None if share is None else share.se,
        "se_of_orders": one.luck,
        "causes": [_why(why) for why in one.why],
    }


def _why(one: Why) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(one)
    return told


def _finding(one: Finding) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(one)
    return {"id": one.id, **told}

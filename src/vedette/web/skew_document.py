"""Whether serving saw what training sees, as JSON.

Owns: the document.  Does not own: what is asked for (`web.skew`).
"""

from typing import Any

from vedette.core.durations import SECOND
from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.twin_causes import in_words
from vedette.engine.views import TwinsView
from vedette.monitors.twins import DISAGREE
from vedette.sketches.twins import KINDS
from vedette.web.answers import Problem
from vedette.web.documents import finite, instant
from vedette.web.shares import Share
from vedette.web.skew import Told, Twinned, looked

NONE = "no twins were logged: log what training or a batch job reckons for events that were served"
ALONE = "no twin has found its event yet"
LATER = "twins came; they are counted when the window of the drift clock ends"


def skew_document(found: Twinned, column: str | None = None) -> dict[str, Any]:
    """Pairs, every column with its rates; of one column also its course, values and events.

    Errors: Problem, 404, for a column without pairs.
    """
    told, span = found.columns, found.one.span
    document = {
        "model": found.one.past.model,
        "start": instant(span.start),
        "end": instant(span.end),
        "step_s": span.width / SECOND,
        "twins": twins_document(found.twins),
        "reason": why_none(found),
        "pairs": found.pairs,
        "columns": [column_document(found, one) for one in told],
        "incidents": [one.id for one in found.incidents],
    }
    if column is not None:
        document["column"] = _whole(found, column, {one.column: one for one in told})
    plain: dict[str, Any] = finite(document)
    return plain


def why_none(found: Twinned) -> str:
    """Why there are no pairs of this time; "" where there are."""
    if found.pairs:
        return ""
    twins = found.twins
    if not twins.came:
        return NONE
    if twins.waiting:
        return LATER
    return "no pair was found in this time" if twins.pairs else ALONE


def twins_document(twins: TwinsView) -> dict[str, Any]:
    """What became of all twins since the first one."""
    settled = twins.came - twins.waiting
    return {
        "came": twins.came,
        "pairs": twins.pairs,
        "waiting": twins.waiting,
        "unmatched": twins.unmatched,
        "lost": twins.lost,
        "pairing_rate": twins.pairs / settled if settled > 0 else None,
    }


def column_document(found: Twinned, told: Told) -> dict[str, Any]:
    """One column: rates in this time, and in its last window."""
    tolerance = found.settings.tolerance_of(told.column)
    return {
        "column": told.column,
        "pairs": int(told.counts.sum()),
        **{kind: int(k) for kind, k in zip(KINDS, told.counts.tolist(), strict=True)},
        "mismatch": share_document(told.share()),
        **{f"{kind}_rate": share_document(told.share(kind)) for kind in DISAGREE},
        "last": share_document(told.now),
        "tolerated": told.tolerated,
        "tolerance": {"relative": tolerance.relative, "absolute": tolerance.absolute},
        "watched": told.watched,
        "verdict": told.verdict,
        "incident": None if told.open is None else told.open.id,
    }


def share_document(share: Share) -> dict[str, Any]:
    """A share with its interval."""
    low, high = share.interval
    return {"rate": share.rate, "low": low, "high": high, "n": share.n}


def cause_document(cause: Cause) -> dict[str, Any]:
    """One cause that is guessed."""
    return {
        "name": cause.name,
        "statement": in_words([cause])[0],
        "transformation": cause.transformation,
        "segment": cause.segment,
        "share": cause.share,
        "low": cause.low,
        "high": cause.high,
        "pairs": cause.pairs,
        "confidence": cause.confidence,
        "alternatives": list(cause.alternatives),
    }


def _whole(found: Twinned, column: str, known: dict[str, Told]) -> dict[str, Any]:
    if column not in known:
        raise Problem(404, "no_column", f"No pair has a column {column[:80]!r}.", "column")
    seen = looked(found, known[column])
    return {
        "column": column,
        "steps": [
            {
                "start": instant(at),
                "end": instant(at + found.one.span.width),
                "pairs": int(counts.sum()),
                **dict(zip(KINDS, counts.tolist(), strict=True)),
            }
            for at, counts in found.steps(column)
        ],
        "confusions": [
            {"offline": one, "online": two, "share": k / seen.n} for one, two, k in seen.values
        ],
        "confusions_of": seen.n,
        "hidden": seen.hidden,
        "causes": [cause_document(cause) for cause in seen.causes],
        "events": list(seen.events),
    }

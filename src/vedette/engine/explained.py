"""An explanation as a document.

Owns: its parts, plain enough for JSON.  Does not own: making one (`engine.explanation`), its
sentences (`engine.explanation_words`).
"""

import msgspec

from vedette.alerts.harm import Harm

COLUMN, INPUTS, OUTCOMES = "column", "other inputs", "outcomes"  # kinds of causes


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """A bin of a column and what it adds to the loss; terms that chance could make are 0."""

    words: str
    mix: float = 0.0
    rate: float = 0.0
    new: float = 0.0


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """One cause of a change of the loss, or one that was suspected and is not.

    Units: of the mean loss.  `effect` with its 95 % interval is what the cause adds: the Shapley
    value where `by` is "shapley", the mix where it is "mix".  `mix` and `rate` are the column's
    alone.  `kind` is "column", "other inputs" or "outcomes".
    """

    kind: str
    column: str = ""
    verdict: str
    statement: str
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    by: str = ""
    mix: float | None = None
    mix_low: float | None = None
    mix_high: float | None = None
    rate: float | None = None
    new: float | None = None
    by_model: float | None = None
    bins: tuple[Bin, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that is worse than it should be."""

    words: str
    rows: int
    loss: float
    expected: float
    excess: float
    low: float
    high: float
    p: float
    statement: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why the loss moved.  Causes: harmful ones first, by size; then unknown; then benign.

    Units: `before` and `after` the mean loss in the reference and now, by labels where the basis is
    "realised", else estimated; `start` and `end` in UTC nanoseconds bound the `rows` that speak of
    now, `labels` of which have a label.
    """

    statement: str
    harm: Harm
    basis: str = ""
    before: float | None = None
    after: float | None = None
    causes: tuple[Effect, ...] = ()
    segments: tuple[Place, ...] = ()
    assumptions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    rows: int = 0
    labels: int = 0

"""Why the model's loss moved: causes ranked, segments, harm, and what could not be said.

Owns: how the document (`engine.explained`) follows from facts.  Does not own: reading profiles or
the log (the caller gives `engine.facts`), the statistics (`stats`), words, drawing it.

A pure function of plain inputs.  What a column does is its Shapley value where there is a sample
of the reference, else its mix alone; importance times drift is never called a cause.
"""

from collections.abc import Sequence
from math import hypot

import msgspec
import numpy as np

from vedette.alerts.harm import (
    BENIGN,
    ESTIMATED,
    HARMFUL,
    LABELLED,
    REALISED,
    UNCHANGED,
    UNKNOWN,
    Harm,
    tolerated,
    verdict,
)
from vedette.engine.effects import beyond, column_effects
from vedette.engine.explained import COLUMN, INPUTS, OUTCOMES, Effect, Explanation
from vedette.engine.explanation_words import although, headline, missing_of, place_of, rest_words
from vedette.engine.facts import Facts, Moved
from vedette.stats.attribution import Attribution, as_before, attribute
from vedette.stats.intervals import Z95
from vedette.stats.shapley import MOST, Shapley, Share, around, shapley

ORDER = (HARMFUL, UNKNOWN, BENIGN)
JOINT = (
    "assuming that the columns depend on one another as in the reference; what that misses counts "
    "as the rest"
)
ALIKE = (
    "assuming that rows with values that the reference never showed would else have done as the "
    "other rows of the time did"
)


def explain(facts: Facts) -> Explanation:
    """Explain a change of the model's loss.

    Bounds: without any losses the harm is unknown, and the explanation says what it lacks.
    """
    real = facts.moved_realised or Moved.of(facts.realised)
    guess = facts.moved_estimated or Moved.of(facts.estimated)
    basis = REALISED if real else ESTIMATED
    parts = _parts(facts, basis)
    players = _players(facts, parts)
    values = _values(facts, players, expected=False)
    smooth = _values(facts, players, expected=True) if basis == ESTIMATED else None
    moved = real or _corrected(guess, values, smooth)
    places = tuple(place_of(segment, facts) for segment in facts.segments or ())
    missing = missing_of(facts, real, guess)
    tolerance = tolerated(moved.before, facts.noise) if moved else 0.0
    harm = verdict(
        moved.change if moved else None,
        moved.low if moved else None,
        moved.high if moved else None,
        tolerance=tolerance,
        basis=basis,
        outside=facts.outside,
        distrust=facts.distrust,
    )
    if moved is None:
        return Explanation(
            statement=harm.statement, harm=harm, segments=places, missing=tuple(missing)
        )
    causes = column_effects(facts, parts, values, tolerance, basis)
    causes += _rest(values, smooth, real, guess, tolerance, facts, parts)
    causes.sort(key=lambda one: _rank(one, facts.drifting))
    inputs = parts.columns if parts else {}
    harm = _of_incident(harm, causes, [name for name in facts.drifting if name in inputs])
    assumptions = [LABELLED] if basis == REALISED else [UNCHANGED]
    assumptions += [JOINT] if values is not None else []
    assumptions += [ALIKE] if any(abs(one.new or 0.0) > tolerance for one in causes) else []
    return Explanation(
        statement=headline(harm, causes, places),
        harm=harm,
        basis=basis,
        before=moved.before,
        after=moved.after,
        causes=tuple(causes),
        segments=places,
        assumptions=tuple(assumptions),
        missing=tuple(missing),
    )


def _of_incident(harm: Harm, causes: Sequence[Effect], drifting: Sequence[str]) -> Harm:
    """Judge the incident: what it is about may do harm that something else makes up for.

    What is about no input, but what the model says, may be the doing of any of them.
    """
    columns = [one for one in causes if one.verdict == HARMFUL and one.kind == COLUMN]
    first = next((one for one in columns if one.column in drifting or not drifting), None)
    if harm.verdict == HARMFUL or first is None:
        return harm
    return msgspec.structs.replace(
        harm,
        verdict=HARMFUL,
        statement=although(first, harm),
        change=first.effect,
        low=first.low,
        high=first.high,
    )


def _rank(one: Effect, drifting: Sequence[str]) -> tuple[int, bool, float, str]:
    """Harmful ones by their size; of those that did nothing, first what the incident is about."""
    quiet = one.verdict == BENIGN and one.column not in drifting
    return ORDER.index(one.verdict), quiet, -abs(one.effect or 0.0), one.column


def _parts(facts: Facts, basis: str) -> Attribution | None:
    """The change taken apart by every column: by labels where there are any now; else by what the
    same bins did in the reference, by its labels where it has some."""
    if basis == REALISED and facts.realised:
        return attribute(facts.realised)
    pairs = dict(facts.estimated)
    for name, (before, _) in facts.realised.items():
        if name in pairs and before.rows.sum() > 0:
            pairs[name] = before, as_before(before, pairs[name][1].rows)
    return attribute(pairs)


def _players(facts: Facts, parts: Attribution | None) -> list[str]:
    """The columns whose Shapley value is asked for: those of the incident, whatever they turn out
    to do, then those whose mix shows."""
    if facts.sample is None or parts is None:
        return []
    known = [name for name in parts.ranked if name in facts.sample.columns]
    asked = [name for name in known if name in facts.drifting]
    moving = [name for name in known if parts.columns[name].mix.seen and name not in asked]
    return sorted((asked + moving)[:MOST], key=known.index)


def _values(facts: Facts, players: Sequence[str], expected: bool) -> Shapley | None:
    """Shapley values of columns from the sample of the reference: by its labels, or by what the
    auditor expected of its rows."""
    sample = facts.sample
    if sample is None or not players:
        return None
    loss = sample.expected if expected else sample.loss
    if not np.isfinite(loss).any():
        loss = sample.loss if expected else sample.expected
    if not np.isfinite(loss).any():
        return None
    source = facts.estimated or facts.realised  # all rows where they are known
    now = {name: (source if name in source else facts.realised)[name][1] for name in players}
    rows = max(int(next(iter(now.values())).rows.sum()), 1)
    marginals = {name: sums.rows.astype(float) for name, sums in now.items()}
    return shapley(sample.chosen(players), loss, marginals, rows=rows)


def _corrected(guess: Moved | None, values: Shapley | None, smooth: Shapley | None) -> Moved | None:
    """The estimated change, with what the columns do by the reference's own labels in place of what
    the auditor makes of it: auditors smooth, so that they see too little of it."""
    if guess is None or values is None or smooth is None:
        return guess
    gap = values.total - smooth.total
    half = Z95 * hypot(guess.se, *(share.se for share in values.shares.values()))
    change = guess.change + gap
    return Moved(guess.before, guess.before + change, change - half, change + half)


def _rest(
    values: Shapley | None,
    smooth: Shapley | None,
    real: Moved | None,
    guess: Moved | None,
    tolerance: float,
    facts: Facts,
    parts: Attribution | None,
) -> list[Effect]:
    """What the columns' own distributions do not explain: by labels, rows of the same kind that
    end in another way; without labels, only other changes of the inputs can be told."""
    if real is not None and (values is not None or guess is not None):
        # No column moved enough to be asked about: the inputs did what was estimated of them.
        known, noise = (guess.change, guess.se) if guess is not None else (0.0, 0.0)
        if values is not None:
            known = values.total
            noise = hypot(0.0, *(share.se for share in values.shares.values()))
        known += beyond(facts, parts, guessed=values is None)
        left = around(real.change - known, hypot(noise, real.se))
        return [_player(OUTCOMES, left, tolerance, facts)]
    if guess is None or smooth is None:
        return []
    noise = hypot(0.0, *(share.se for share in smooth.shares.values()))
    rest = around(guess.change - smooth.total, hypot(noise, guess.se))
    return [_player(INPUTS, rest, tolerance, facts)]


def _player(kind: str, share: Share, tolerance: float, facts: Facts) -> Effect:
    distrust = facts.distrust if kind == INPUTS else ""
    harm = verdict(
        share.value, share.low, share.high, tolerance=tolerance, basis=ESTIMATED, distrust=distrust
    )
    return Effect(
        kind=kind,
        verdict=harm.verdict,
        statement=rest_words(kind, harm, share),
        effect=share.value,
        low=share.low,
        high=share.high,
        by="difference",
    )

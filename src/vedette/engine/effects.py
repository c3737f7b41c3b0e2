"""What the drift of single columns does to the loss.

Owns: which columns are told, their effect, its verdict, the bins that do most.  Does not own: what
no column explains, the story (`engine.explanation`), the statistics (`stats`).
"""

from collections.abc import Mapping
from math import hypot

import numpy as np

from vedette.alerts.harm import ESTIMATED, REALISED, verdict
from vedette.engine.explained import COLUMN, Bin, Effect
from vedette.engine.explanation_words import scarce, unjudged
from vedette.engine.facts import Facts
from vedette.profiles.codes import range_words
from vedette.stats.attribution import Attribution, Decomposition, decompose
from vedette.stats.shapley import Shapley, Share, around
from vedette.stats.unseen import Unseen, unseen

SHOWN = 3  # bins that are told of a column
NEW = 0.05  # share of rows in bins the reference never showed, from which they are judged apart
FEW = 200  # reference rows like those of now, below which these say nothing of them


def column_effects(
    facts: Facts, parts: Attribution | None, values: Shapley | None, tolerance: float, basis: str
) -> list[Effect]:
    """What every column that drifts, or whose mix shows, does to the loss."""
    if parts is None:
        return []
    shares: Mapping[str, Share] = values.shares if values else {}
    told = [
        name
        for name, part in parts.columns.items()
        if name in facts.drifting
        or max(abs(part.mix.shown), abs(part.new.shown)) > tolerance
        or (name in shares and abs(shares[name].value) > tolerance)
    ]
    return [
        _column(name, parts.columns[name], shares.get(name), facts, tolerance, basis)
        for name in told
    ]


def _column(
    name: str, part: Decomposition, share: Share | None, facts: Facts, tolerance: float, basis: str
) -> Effect:
    own = share or around(part.mix.value, part.mix.se)
    new = unseen(part) if basis == REALISED else None
    whole = own if new is None else around(own.value + new.effect.value, _root(own, new))
    mix = around(part.mix.value, part.mix.se)
    harm = verdict(
        whole.value,
        whole.low,
        whole.high,
        tolerance=tolerance,
        basis=ESTIMATED,
        column=name,
        distrust=_distrust(name, part, new, whole, tolerance),
    )
    return Effect(
        kind=COLUMN,
        column=name,
        verdict=harm.verdict,
        statement=harm.statement,
        effect=whole.value,
        low=whole.low,
        high=whole.high,
        by="shapley" if share else "mix",
        mix=mix.value,
        mix_low=mix.low,
        mix_high=mix.high,
        rate=part.rate.value if basis == REALISED else None,
        new=new.effect.value if new is not None else None,
        bins=_bins(name, part, facts, basis),
    )


def _distrust(
    name: str, part: Decomposition, new: Unseen | None, whole: Share, tolerance: float
) -> str:
    """Why nobody knows what a column does: too many rows have values that were never shown, and no
    label says how hard they are, or there are no others to set them against.

    Where all rows have such values and yet lose no more than ever, that is an answer.  Nor does
    anybody know where the reference holds hardly a row like those of now.
    """
    if part.alike < FEW:
        return scarce(name, part.alike)
    share = float(part.rows_now[part.fresh].sum() / part.n_after)
    known = new is not None and (new.compared or whole.high <= 2 * tolerance)
    return "" if share <= NEW or known else unjudged(name, share)


def _root(own: Share, new: Unseen) -> float:
    return hypot(own.se, new.effect.se)


def _bins(name: str, part: Decomposition, facts: Facts, basis: str) -> tuple[Bin, ...]:
    nothing = np.zeros(len(part.mixes))
    rates = part.shown_rates if basis == REALISED else nothing
    news = part.shown_news if basis == REALISED else nothing
    size = np.max(np.abs([part.shown_mixes, rates, news]), axis=0)
    order = [int(k) for k in np.argsort(-size, kind="stable")[:SHOWN] if size[k] > 0]
    return tuple(
        Bin(
            words=range_words(name, facts.binnings[name], k, k),
            mix=float(part.shown_mixes[k]),
            rate=float(rates[k]),
            new=float(news[k]),
        )
        for k in order
    )


def beyond(facts: Facts, parts: Attribution | None, *, guessed: bool) -> float:
    """What the values that were never shown did, beyond what was estimated of their rows where that
    counts already: the most that one column says, for several may be missing from the same rows."""
    most = 0.0
    for name, part in parts.columns.items() if parts else ():
        new = unseen(part)
        if new.share > NEW and new.compared:
            guess = decompose(*facts.estimated[name]) if name in facts.estimated else None
            counted = unseen(guess).effect.value if guess and guessed else 0.0
            most = max(most, new.effect.value - counted, key=abs)
    return most

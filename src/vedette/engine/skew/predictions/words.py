"""What a prediction skew is in words.

Owns: its sentences.  Does not own: the figures (`result`).
"""

from collections.abc import Sequence

from vedette.core.words import count, number, percent, plural, span
from vedette.engine.skew.causes.candidate import Cause as Why
from vedette.engine.skew.predictions.cause import Cause
from vedette.engine.skew.predictions.counted import Both
from vedette.engine.skew.predictions.steady import REVERSED, Unsteady
from vedette.engine.skew.predictions.swaps import SIZE, Swaps
from vedette.engine.skew.predictions.tally import (
    NOT_REPLAYED,
    NOT_SERVED,
    RAISED,
    Compared,
    Share,
)

FLIPS = 2  # that are told


def refused(unsteady: Unsteady) -> str:
    """Why nothing can be said."""
    share = Share(unsteady.rows, unsteady.asked)
    why = (
        "its answer hangs on the rows beside a row"
        if unsteady.when == REVERSED
        else "it draws luck or keeps a state"
    )
    return (
        f"the model is not steady: {plural(unsteady.rows, 'row')} of {count(unsteady.asked)} "
        f"({percent(share.value)}) got another answer when {unsteady.when}, so {why}"
    )


def same_features(found: Compared, why: Sequence[Why] = ()) -> str:
    """What the model says of the features that were logged."""
    if found.differing.rows == 0:
        return "no row was replayed"
    if found.differing.count == 0:
        return (
            f"with the features that were logged the model gives what was served, in all "
            f"{plural(found.differing.rows, 'row')}"
        )
    guessed = [_answered(one) for one in why]
    told = f"; {'; '.join(guessed)}" if guessed else ""
    return (
        f"with the features that were logged the model gives something else in "
        f"{_share(found.differing)}{_how(found)}{told}: another version, environment or "
        "preprocessing served, or it saw other features than were logged"
    )


def other_features(both: Both) -> str:
    """What offline features change."""
    found = both.features
    if found.differing.rows == 0:
        return "no row has a partner offline"
    if found.differing.count == 0:
        differing = sum(1 for one in both.mismatches.values() if one.count)
        tail = f", though {plural(differing, 'feature')} differ" if differing else ""
        return f"with offline features the model says the same in every row{tail}"
    return (
        f"with offline features the model gives something else than with the logged ones in "
        f"{_share(found.differing)}{_how(found)}"
    )


def cause(one: Cause, swaps: Swaps | None) -> str:
    """What one feature does."""
    often = f"differs in {percent(one.mismatch.value)} of rows{_done(one.why)}"
    if one.share is None or swaps is None:
        return f"{one.feature!r} {often} and changes no prediction"
    what = "of the disagreement, by its size," if swaps.by == SIZE else "of the disagreement"
    luck = f"; random orders add ±{percent(one.luck)} (one standard error)" if one.luck else ""
    if one.share.value < 0:
        made_up = f"{percent(-one.share.value)} {what.rstrip(',')}"
        return f"{one.feature!r}, which {often}, makes up for {made_up}{luck}"
    return f"{percent(one.share.value)} {what} comes from {one.feature!r}, which {often}{luck}"


def _done(why: Sequence[Why]) -> str:
    """What was done to a feature."""
    return f" ({'; '.join(one.words for one in why)})" if why else ""


def _answered(one: Why) -> str:
    """What lies between answers: the guesser speaks of training and serving values."""
    said = one.transformation.replace("training value", "training")
    said = said.replace("training", "the model's answer")
    where = f" for {one.segment.replace(' = ', ' ')}" if one.segment else ""
    verb = "=" if f" = {one.transformation}" in one.words else "is"
    return f"in {percent(one.share)} of them what was served {verb} {said}{where}"


def _share(share: Share) -> str:
    low, high = share.interval
    return (
        f"{count(share.count)} of {count(share.rows)} rows ({percent(share.value)}; 95 % interval "
        f"{span(low, high)})"
    )


def _how(found: Compared) -> str:
    """In which way answers differ."""
    said = []
    if found.flips:
        pairs = ", ".join(
            f"{one.served!r} became {one.replayed!r} in {count(one.rows)}"
            for one in found.flips[:FLIPS]
        )
        more = (
            f" and {plural(len(found.flips) - FLIPS, 'other way')}"
            if len(found.flips) > FLIPS
            else ""
        )
        said.append(f"{plural(found.flipped, 'row')} change class ({pairs}{more})")
    elif found.size is not None:
        size = found.size
        said.append(
            f"by {number(size.typical, 3)} in the median, {number(size.largest, 3)} at most"
        )
    names = ((NOT_SERVED, "nothing was served"), (NOT_REPLAYED, "the model gives nothing"),
             (RAISED, "the model raises an error"))  # fmt: skip
    said += [f"in {count(found.kinds[kind])} {text}" for kind, text in names if found.kinds[kind]]
    return f", {'; '.join(said)}" if said else ""


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."

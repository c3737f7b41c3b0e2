"""The sentences of an explanation: for somebody who is tired and has to decide now.

Owns: words for segments, for what no column explains, for what is missing, and the headline.  Does
not own: figures and verdicts (`engine.explanation`), the sentence of one column (`alerts.harm`).
"""

from collections.abc import Mapping, Sequence

from vedette.alerts.harm import BENIGN, HARMFUL, Harm, spelt
from vedette.core.words import count, p_words, percent, points
from vedette.engine.explained import COLUMN, INPUTS, OUTCOMES, Effect, Place
from vedette.engine.facts import Facts, Moved
from vedette.profiles.codes import range_words
from vedette.stats.shapley import Share
from vedette.stats.weakest import Segment

SAYS: Mapping[str, tuple[str, str]] = {
    INPUTS: (
        "other changes of the inputs, beyond those of single columns, raised the loss",
        "other changes of the inputs hardly matter",
    ),
    OUTCOMES: (
        "the same kind of row goes wrong more often than in the reference, which raised the loss",
        "the same kind of row goes wrong as often as in the reference, or less",
    ),
}


def rest_words(kind: str, harm: Harm, share: Share) -> str:
    """Say what the rest of the inputs, or a change of outcomes, did to the loss."""
    span = f"(95 %: {points(share.low)} to {points(share.high)})"
    harmful, benign = SAYS[kind]
    if harm.verdict == HARMFUL:
        text = f"Harmful: {harmful} by {spelt(share.value)} {span}"
        return text + ": concept drift, or a cause not among the columns" * (kind == OUTCOMES)
    if harm.verdict == BENIGN:
        return f"Benign: {benign}: {points(share.value)} points {span}"
    name = "other changes of the inputs" if kind == INPUTS else "a change of how rows end"
    return (
        f"Unknown: what {name} did lies between {points(share.low)} and {points(share.high)} points"
    )


def unjudged(name: str, share: float) -> str:
    """Say that nobody knows what a column's drift does."""
    return (
        f"{percent(share)} of the rows have values of {name} that the reference never showed, "
        "so nobody knows how hard they are"
    )


def scarce(name: str, rows: float) -> str:
    """Say that the reference holds too few rows like those of now.

    Example:
        >>> scarce("visib", 78.2)
        'the reference holds only about 78 rows with such values of visib, too few to say'
    """
    return (
        f"the reference holds only about {count(round(rows))} rows with such values of {name}, "
        "too few to say"
    )


def although(first: Effect, harm: Harm) -> str:
    """Say that a drift does harm although the loss as a whole does not show it."""
    change = harm.change or 0.0
    way = "more" if change > 0 else "less"
    return f"{first.statement}, though the loss as a whole is {spelt(change)} {way} than it was"


def place_of(segment: Segment, facts: Facts) -> Place:
    """A weak segment in words."""
    words = " and ".join(
        range_words(one.column, facts.binnings[one.column], one.low, one.high)
        if one.column in facts.binnings
        else f"{one.column} in bins {one.low} to {one.high}"
        for one in segment.conditions
    )
    text = (
        f"Where {words}: the loss is {percent(segment.loss)} over {count(segment.rows)} rows, "
        f"{spelt(segment.excess)} more than expected (95 %: {points(segment.low)} to "
        f"{points(segment.high)}); by chance {p_words(segment.p)}"
    )
    return Place(words=words, rows=segment.rows, loss=segment.loss, expected=segment.expected,
                 excess=segment.excess, low=segment.low, high=segment.high, p=segment.p,
                 statement=text)  # fmt: skip


def missing_of(facts: Facts, real: Moved | None, guess: Moved | None) -> list[str]:
    """What could not be done, and why."""
    out = []
    if real is None:
        out.append(
            "No labels have arrived for these rows: whether outcomes depend on the inputs in "
            "another way cannot be seen"
        )
    if guess is None:
        out.append("The baseline has no auditor: rows without a label are not counted")
    if facts.sample is None:
        out.append(
            "The baseline keeps no sample of the reference: columns that move together are not "
            "told apart"
        )
    if facts.segments is None:
        out.append(f"Weak segments were not searched: {facts.unsearched or 'too few labels'}")
    if facts.distrust:
        out.append(facts.distrust[:1].upper() + facts.distrust[1:])
    return out


def headline(harm: Harm, causes: Sequence[Effect], places: Sequence[Place]) -> str:
    """The whole story in two or three sentences."""
    text = harm.statement
    harmful = [one for one in causes if one.verdict == HARMFUL]
    benign = [one.column for one in causes if one.verdict == BENIGN and one.kind == COLUMN]
    if harm.verdict == HARMFUL and harmful:
        others = [f"{_named(one)} ({spelt(one.effect or 0.0)})" for one in harmful[1:3]]
        if not text.startswith(harmful[0].statement):
            text += f". Mostly {_named(harmful[0])}, with {spelt(harmful[0].effect or 0.0)}"
        text += f"; then {' and '.join(others)}" if others else ""
    elif harm.verdict == HARMFUL:
        text += ". No single cause stands out"
    if benign:
        names = ", ".join(benign[:3]) + (f" and {len(benign) - 3} more" if len(benign) > 3 else "")
        text += f". Harmless drift: {names}"
    if places:
        text += f". Worst where {places[0].words}"
    return text


def _named(one: Effect) -> str:
    if one.kind == COLUMN:
        return f"the drift of {one.column}"
    if one.kind == INPUTS:
        return "other changes of the inputs"
    return "that rows of the same kind end differently (concept drift or a hidden cause)"

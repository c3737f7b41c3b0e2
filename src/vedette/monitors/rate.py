"""Rate: a share of rows that should be rare, or steady, is not.

Owns: the words for values that are missing, not finite, of a broken type, outside the reference's
range or in categories it never showed.
Does not own: testing them (`stats.rates`), nor the distribution of what is left (`monitors.drift`).
"""

from vedette.core.words import count, number, percent
from vedette.monitors.pair import Pair
from vedette.monitors.said import Beside, Said
from vedette.profiles.binning import NumericBinning
from vedette.stats.intervals import cohen_h
from vedette.stats.rates import beyond_prior, good_turing
from vedette.stats.two_sample import Component

MONITOR = "rate"
WORTH_SAYING = 0.005  # a smaller expected share only lengthens the sentence
SHOWN = 3  # new categories named in a sentence


def missing(pair: Pair, c: Component, beside: Beside) -> Said:
    """Rows without a value."""
    if c.observed == 1.0:
        return _said(pair, c, f"{pair.title} did not arrive: every value is missing")
    return _said(pair, c, f"{percent(c.observed)} of {pair.title}{pair.over} is missing")


def not_finite(pair: Pair, c: Component, beside: Beside) -> Said:
    """Values that are NaN or infinite."""
    return _said(pair, c, f"{percent(c.observed)} of {pair.title}{pair.over} is NaN or infinite")


def broken(pair: Pair, c: Component, beside: Beside) -> Said:
    """Values of a type that the field cannot hold."""
    what = "not a number" if pair.is_ordered else "of a type that is no category"
    return _said(pair, c, f"{percent(c.observed)} of {pair.title}{pair.over} is {what}")


def outside(pair: Pair, c: Component, beside: Beside) -> Said:
    """Values below the reference's minimum or above its maximum: named by the side that nearly all
    of them lie on."""
    assert isinstance(pair.binning, NumericBinning)
    current = pair.counts[1]
    below, above = int(current[0]), int(current[-1])
    low, high = number(float(pair.binning.edges[0])), number(float(pair.binning.edges[-1]))
    if below >= 9 * above:
        name, where = "below", f"below {low}, the smallest reference value"
    elif above >= 9 * below:
        name, where = "above", f"above {high}, the largest reference value"
    else:
        name, where = "range", f"outside the reference's range, {low} to {high}"
    if pair.lasted:  # earlier windows may have shown the other side
        name = name if below + above else "range"
        now = "" if name == "range" else f" (now {name} it)"
        where = f"outside the reference's range, {low} to {high}{now}"
    text = f"{percent(c.observed)} of {pair.title}{pair.over} lies {where}"
    return _said(pair, c, text, name=name)


def unseen(pair: Pair, c: Component, beside: Beside) -> Said:
    """Categories that the reference never showed."""
    fresh = pair.current.newcomers
    share = f"{percent(c.observed)} of {pair.title}{pair.over}"
    text = f"{share} is in categories never seen in the reference"
    if fresh is not None and fresh.entries:
        ranked = sorted(fresh.entries, key=lambda entry: (-entry[2], entry[1]))
        named = ", ".join(f"`{name}` ({count(n)})" for _, name, n in ranked[:SHOWN])
        lately = "in the last window " if pair.lasted else ""
        text += f": {lately}{named}" + (", ..." if len(ranked) > SHOWN else "")
    return _said(pair, c, text)


def _said(pair: Pair, c: Component, text: str, name: str = "") -> Said:
    expected = _expected(pair, c)
    if not (pair.fitted and c.name in ("range", "unseen")):
        text += f", {pair.before(percent(c.expected))}"
    elif expected > WORTH_SAYING:
        text += f", where about {percent(expected)} was to be expected"
    size = abs(cohen_h(c.observed, expected))
    return Said(text, "share", size, c.observed, expected, name=name)


def _expected(pair: Pair, c: Component) -> float:
    """The share to be expected: what the reference never showed is not impossible."""
    m = pair.reference.usable
    if pair.fitted and c.name == "unseen":
        a, b = good_turing(*pair.rare, m)
    elif pair.fitted and c.name == "range":
        a, b = beyond_prior(m)
    else:
        return c.expected
    return a / (a + b)

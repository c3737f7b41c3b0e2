"""Recoding: values that stand for others.

Owns: categories spelt otherwise, cut off or new; one value in the place of missing or of others;
numbers rounded or cut off.  Does not own: tests (`texts`, `spikes`, `resolution`).
"""

from collections.abc import Callable

import numpy as np

from vedette.core.words import count, number, percent, plural
from vedette.engine.skew.unkeyed.likeness import SURE, alike_numbers, alike_words, rounded
from vedette.engine.skew.unkeyed.resolution import multiples
from vedette.engine.skew.unkeyed.trait import Two
from vedette.engine.skew.unkeyed.values import Values
from vedette.stats.rates import rate_change

DEFAULT_WORDS = frozenset(
    (
        "", "unknown", "none", "null", "nan", "na", "n/a", "missing", "other", "default", "-", "?",
        "undefined", "tbd", "0", "-1",
    )
)  # fmt: skip
MOST = 0.8  # share of what is new that a rule must explain
REST = 3  # different values that must be left for "the others did not change"
FILLED = 0.5  # share of a spike that must have been missing
TRACE = 0.002  # share of missing values too small to tell anything by


def respelt(two: Two) -> tuple[str, str] | None:
    """Kind and sentence where serving's new words are training's, spelt otherwise."""
    if two.training.kind != "text" or not two.comparable:
        return None
    known, now = two.training.tally, two.serving.tally
    fresh = {word: rows for word, rows in now.items() if word not in known}
    new = sum(fresh.values())
    if not new:
        return None
    rules: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("case", str.casefold),
        ("whitespace", lambda word: " ".join(word.split())),
        ("whitespace", lambda word: " ".join(word.casefold().split())),
    )
    for kind, rule in rules:
        spelt = {rule(word): word for word in sorted(known, key=known.__getitem__)}
        mapped = {word: spelt[rule(word)] for word in fresh if rule(word) in spelt}
        if sum(fresh[word] for word in mapped) >= MOST * new:
            return kind, _spelt(two.name, kind, mapped, fresh, now)
    limit = max(map(len, fresh))
    long = [word for word in known if len(word) > limit]
    mapped = {w: next((k for k in long if k.startswith(w)), "") for w in fresh if len(w) == limit}
    mapped = {word: old for word, old in mapped.items() if old}
    if sum(fresh[word] for word in mapped) >= MOST * new:
        return "cut", _cut(two.name, limit, mapped, fresh, now)
    return None


def _spelt(
    name: str, kind: str, mapped: dict[str, str], fresh: dict[str, int], now: dict[str, int]
) -> str:
    word = max(mapped, key=lambda w: (fresh[w], w))
    how = "in another letter case" if kind == "case" else "with other white space"
    share = percent(sum(fresh[w] for w in mapped) / sum(now.values()))
    return f"{share} of serving `{name}` are {how}: `{word}` is training's `{mapped[word]}`"


def _cut(
    name: str, limit: int, mapped: dict[str, str], fresh: dict[str, int], now: dict[str, int]
) -> str:
    word = max(mapped, key=lambda w: (fresh[w], w))
    share = percent(sum(fresh[w] for w in mapped) / sum(now.values()))
    return (
        f"serving `{name}` is cut off at {plural(limit, 'character')} in {share} of the rows:"
        f" `{word}` is training's `{mapped[word]}`"
    )


def filled_missing(two: Two, spike: str) -> str:
    """The sentence where one value takes the place of missing ones; "" where it does not."""
    value, rise = _rise(two, spike)
    gone = two.training.missing - two.serving.missing
    if rise <= 0 or gone < FILLED * rise or gone <= TRACE:
        return ""
    return (
        f"{_now(two, value)} in the place of missing values: {percent(two.serving.missing)} is"
        f" missing, {percent(two.training.missing)} in training"
    )


def filled_others(two: Two, spike: str) -> tuple[str, str] | None:
    """Kind and sentence where one value takes the place of any others, which stay as they were."""
    value, rise = _rise(two, spike)
    if rise <= 0 or not _others_alike(two, value):
        return None
    before = _share(two.training, value)
    if isinstance(value, str) and before == 0 and value.strip().lower() not in DEFAULT_WORDS:
        return "new_category", f"{_now(two, value)}, a category that training never had"
    return "default_fill", (
        f"{_now(two, value)}, {percent(before)} in training, and the other values are distributed"
        " as before: as if a default stood in their place"
    )


def _rise(two: Two, spike: str) -> tuple[str | float, float]:
    value: str | float = spike if two.training.kind == "text" else float(spike)
    return value, _share(two.serving, value) - _share(two.training, value)


def _now(two: Two, value: str | float) -> str:
    said = f"`{value}`" if isinstance(value, str) else number(value)
    return f"{percent(_share(two.serving, value))} of serving `{two.name}` is {said}"


def fresh_words(two: Two) -> str:
    """The sentence on categories that training never had; "" when there is none."""
    if two.training.kind != "text" or not two.comparable:
        return ""
    now, known = two.serving.tally, two.training.tally
    fresh = {word: rows for word, rows in now.items() if word not in known}
    if not fresh:
        return ""
    ranked = sorted(fresh, key=lambda word: (-fresh[word], word))
    named = ", ".join(f"`{word}` ({count(fresh[word])})" for word in ranked[:3])
    share = percent(sum(fresh.values()) / sum(now.values()))
    more = ", ..." if len(ranked) > 3 else ""
    kinds = "a category" if len(ranked) == 1 else "categories"
    return f"{share} of serving `{two.name}` is in {kinds} that training never had: {named}{more}"


def still_coarser(two: Two, step: float, spike: str) -> bool:
    """Whether multiples of a step became more frequent even without the value that gained most."""
    sides = [side.ordered[side.ordered != 0.0] for side in (two.serving, two.training)]
    left = [side[side != float(spike)] for side in sides]
    if not all(len(side) for side in left):
        return False
    x, k = (int(multiples(side, step).sum()) for side in left)
    change = rate_change(x, len(left[0]), k, len(left[1]), eps=0.05)
    return change.effect > 0 and change.p_margin < SURE


def same_but_digits(two: Two) -> bool:
    """Whether numbers agree to six digits, and not to all of them."""
    if two.training.kind != "number" or not two.comparable:
        return False
    sides = two.training.ordered, two.serving.ordered
    seen = [np.unique(side) for side in sides]
    if not alike_numbers(*sides).alike or min(map(len, seen)) == 0:
        return False
    apart = 1 - np.isin(seen[1], seen[0]).mean()
    return bool(apart > MOST and np.isin(rounded(seen[1]), rounded(seen[0])).mean() > MOST)


def coarser(two: Two, step: float) -> str:
    """The sentence on numbers that lost digits: rounded, or cut off, where that can be told."""
    before, after = two.training.ordered, two.serving.ordered
    whole = after[after != 0]
    share = float(multiples(whole, step).mean()) if len(whole) else 0.0
    to = "whole numbers" if step == 1 else f"multiples of {number(step)}"
    ways = {
        "rounded": np.rint(before / step) * step,
        "cut off": np.trunc(before / step) * step,
        "rounded down": np.floor(before / step) * step,
        "rounded up": np.ceil(before / step) * step,
    }
    fits = {way: alike_numbers(np.sort(values), after).distance for way, values in ways.items()}
    ranked = sorted(fits, key=lambda way: fits[way])
    noise = 1.2 * np.sqrt((len(before) + len(after)) / (len(before) * len(after)))
    clear = fits[ranked[0]] <= noise < fits["cut off" if ranked[0] == "rounded" else "rounded"]
    how = ranked[0] if clear and share > 0.99 else "rounded or cut off"
    if how == "rounded down" and before[0] >= 0:
        how = "cut off"
    if share > 0.99:
        return f"serving `{two.name}` is {how} to {to}"
    return f"{percent(share)} of serving `{two.name}` are {to}, more than in training: {how}"


def _share(side: Values, value: str | float) -> float:
    if isinstance(value, str):
        return side.tally.get(value, 0) / side.rows
    return float((side.ordered == value).sum()) / side.rows


def _others_alike(two: Two, value: str | float) -> bool:
    """Whether both sides agree once the value is left out."""
    if isinstance(value, str):
        one, other = (
            {word: rows for word, rows in side.tally.items() if word != value}
            for side in (two.serving, two.training)
        )
        return len(other) >= REST and alike_words(one, other).alike
    left = [side.ordered[side.ordered != value] for side in (two.serving, two.training)]
    return len(np.unique(left[1])) >= REST and alike_numbers(*left).alike

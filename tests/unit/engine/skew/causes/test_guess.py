"""Each cause is named where it is planted; none is where values differ by chance."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.engine.skew.causes.made import ROWS, pairs, side, skewed_numbers, some

from vedette.engine.skew.causes.catalog import CATALOG
from vedette.engine.skew.causes.guess import guess
from vedette.engine.skew.causes.pairs import (
    BOOLEAN,
    TEXT,
    TIME,
    History,
    Neighbours,
    Pairs,
    Values,
)

X = skewed_numbers()
SOME = some()
RNG = np.random.default_rng(5)
HOUR = 3600 * 10**6

NUMBERS = {
    "miles": (X * 1.609344, "unit", "× 1.609344 (miles to kilometres)"),
    "miles written short": (X * 1.609, "unit", "× 1.609 (miles to kilometres)"),
    "miles rounded": (np.round(X * 1.609344, 1), "unit", "kilometres), rounded"),
    "kilometres": (X / 1.609344, "unit", "× 0.6213712 (kilometres to miles)"),
    "thousand": (X * 1000, "unit", "× 1000"),
    "some factor": (X * 1.17, "unit", "× 1.17"),
    "offset": (X + 5, "offset", "+ 5"),
    "Fahrenheit": (X * 1.8 + 32, "affine", "Celsius to Fahrenheit"),
    "Fahrenheit rounded": (np.round(X * 1.8 + 32), "affine", "Celsius to Fahrenheit"),
    "a line": (X * 2.3 + 7, "affine", "× 2.3 + 7"),
    "standardised": ((X - X.mean()) / X.std(), "scaler", "standardised"),
    "0 to 1": ((X - X.min()) / np.ptp(X), "scaler", "scaled to 0..1"),
    "log": (np.log1p(X), "log", "log(1 + training value)"),
    "rounded": (np.round(X), "rounding", "whole numbers"),
    "rounded to tens": (np.round(X, -1), "rounding", "multiples of 10"),
    "cut": (np.trunc(X), "truncation", "whole numbers"),
    "half precision": (X.astype(np.float16).astype(float), "rounding", "half precision"),
    "sign": (np.where(SOME, -X, X), "sign", "× -1"),
    "default": (np.where(SOME, -1.0, X), "fill", "always -1"),
    "mean": (np.where(SOME, X.mean(), X), "fill", "the mean of training"),
    "limit": (np.minimum(X, 900), "truncation", "at most 900"),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_cause_of_numbers_is_named(case):
    online, name, words = NUMBERS[case]
    (cause,) = guess(pairs(X, online))
    assert (cause.name, cause.confidence) == (name, "sure")
    assert words in cause.words
    assert cause.share > 0.99
    assert cause.low <= cause.share <= cause.high + 1e-9


CODES = RNG.integers(0, 6, ROWS)
NAMES = np.array(["AA", "B6", "DL", "UA", "WN", "Hawaiian Air"], object)
WORDS = NAMES[CODES]

TEXTS = {
    "lower case": (np.array([w.lower() for w in WORDS], object), "spelling", "in lower case"),
    "prefix": (np.array(["c_" + w for w in WORDS], object), "spelling", "after 'c_'"),
    "recoded": (NAMES[(CODES + 1) % 6], "recode", "one to one"),
    "renamed": (np.where(WORDS == "B6", "JB", WORDS), "recode", "'B6' -> 'JB'"),
    "other": (np.where(CODES % 3 == 1, "other", WORDS), "recode", "several values to one"),
    "cut": (np.array([w[:3] for w in WORDS], object), "truncation", "first 3 characters"),
    "unknown": (np.where(SOME, "unknown", WORDS), "fill", "always 'unknown'"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_cause_of_text_is_named(case):
    online, name, words = TEXTS[case]
    (cause,) = guess(pairs(WORDS, online, TEXT))
    assert (cause.name, cause.confidence) == (name, "sure")
    assert words in cause.words


TIMES = RNG.integers(1_600_000_000_000_000, 1_700_000_000_000_000, ROWS)
MOMENTS = {
    "New York": (TIMES - 5 * HOUR, "zone", "- 5 h"),
    "summer time": (TIMES - np.where(SOME, 4, 5) * HOUR, "zone", "summer time"),
    "whole days": (TIMES // (24 * HOUR) * 24 * HOUR, "truncation", "whole 1 d"),
    "late": (TIMES + 7_000_000, "offset", "+ 7 s"),
}


@pytest.mark.parametrize("case", MOMENTS)
def test_a_cause_of_times_is_named(case):
    online, name, words = MOMENTS[case]
    (cause,) = guess(pairs(TIMES, online, TIME))
    assert (cause.name, cause.confidence) == (name, "sure")
    assert words in cause.words


def test_booleans_are_inverted_only_where_all_are():
    truth = some(0.3, 2).astype(float)
    (cause,) = guess(pairs(truth, 1 - truth, BOOLEAN))
    assert cause.name == "inverted"
    few = np.where(some(0.02, 3), 1 - truth, truth)
    assert guess(pairs(truth, few, BOOLEAN)) == ()
    (cause,) = guess(pairs(truth, np.where(SOME, 0.0, truth), BOOLEAN))
    assert (cause.name, cause.words) == ("fill", "serving value is always false")


def test_numbers_as_text_are_read():
    commas = np.array([str(x).replace(".", ",") for x in X], object)
    (cause,) = guess(pairs(X, commas, online_kind=TEXT))
    assert (cause.name, "decimal comma" in cause.words) == ("parse", True)


WHOLE = RNG.integers(0, 20, ROWS).astype(float)
NOISE = {
    "noise": (X, X + RNG.normal(size=ROWS)),
    "noise in proportion": (X, X * (1 + 0.1 * RNG.normal(size=ROWS))),
    "mixed up": (X, RNG.permutation(X)),
    "one up or down": (WHOLE, WHOLE + RNG.choice([-1, 1], ROWS)),
    "up to two up or down": (WHOLE, WHOLE + RNG.integers(-2, 3, ROWS)),
    "whole numbers drawn anew": (WHOLE, RNG.permutation(WHOLE)),
    "many zeros mixed up": (np.where(SOME, 0.0, X), RNG.permutation(np.where(SOME, 0.0, X))),
}


TINY = RNG.choice([1.5e-6, 4e-6, -3e-6], ROWS)  # just above what is tolerated
SMALL = RNG.integers(0, 6, ROWS).astype(float)
HUGE = 10.0**18 + 8 * np.arange(ROWS)
NOISE |= {
    "next to nothing": (SMALL, SMALL * (1 + TINY)),
    "truth values, up to two up or down": (
        SOME.astype(float), SOME + RNG.integers(-2, 3, ROWS).astype(float)
    ),
    "next to nothing, mostly less": (SMALL, np.where(SOME, SMALL * (1 - 3e-6), SMALL)),
    "small numbers, up to two up or down": (SMALL, SMALL + RNG.integers(-2, 3, ROWS)),
}  # fmt: skip


@pytest.mark.parametrize("case", NOISE)
def test_chance_is_no_cause(case):
    assert guess(pairs(*NOISE[case])) == ()


@pytest.mark.parametrize("n", [20, 24, 30])
def test_few_small_numbers_that_hardly_moved_lie_on_no_line(n):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 20, n).round()
        assert guess(pairs(x, x + rng.integers(-2, 3, n))) == ()


def test_flips_of_two_values_that_fell_alike_are_no_default():
    truth = some(0.5, 2).astype(float)
    flipped = truth.copy()
    flipped[np.flatnonzero(truth == 0)[:14]] = 1
    flipped[np.flatnonzero(truth == 1)[:1]] = 0
    assert guess(pairs(truth, flipped, BOOLEAN)) == ()


def test_text_that_reads_almost_as_the_number_is_not_written_otherwise():
    wholes = RNG.integers(600_000, 10**6, ROWS)
    texts = np.array([str(x) for x in wholes], object)
    same = Pairs(side(texts, TEXT), side(wholes + 1.0))
    assert guess(same) == ()


def test_whole_numbers_too_large_for_a_float_have_no_cause():
    assert guess(Pairs(side(HUGE), side(HUGE))) == ()


def test_many_zeros_do_not_hide_a_rounding():
    rain = np.where(some(0.7, 4), 0.0, X)
    (cause,) = guess(pairs(rain, np.round(rain)))
    assert (cause.name, "whole numbers" in cause.words) == ("rounding", True)


@pytest.mark.parametrize("seed", range(5))
def test_categories_drawn_anew_have_no_cause(seed):
    anew = NAMES[np.random.default_rng(seed).integers(0, 6, ROWS)]
    assert guess(pairs(WORDS, anew, TEXT)) == ()


def test_two_causes_in_one_column_are_named_one_after_the_other():
    third = RNG.random(ROWS)
    online = np.where(third < 0.4, X * 1000, np.where(third < 0.6, -999.0, X))
    first, second = guess(pairs(X, online))
    assert (first.name, second.name) == ("unit", "fill")
    assert first.share == pytest.approx(2 / 3, abs=0.05)
    assert second.share == pytest.approx(1 / 3, abs=0.05)


def test_missing_values_and_what_fills_them_are_told_apart():
    gone = some(0.2, 8)
    here = some(0.2, 9) & ~gone
    differ = gone | here
    offline = Values("number", X, gone).take(differ)
    online = Values("number", np.where(gone, -1.0, X), here).take(differ)
    first, second = guess(Pairs(offline, online, same=side(X[~differ])))
    told = {first.words, second.words}
    assert told == {"serving value is -1 where training has none", "serving value is missing"}


def test_where_it_happens_is_said():
    carrier = NAMES[CODES]
    online = np.where(CODES == 3, X * 1.609344, X)
    differ = CODES == 3
    (cause,) = guess(
        pairs(
            X, online, column="distance",
            segments={"carrier": side(carrier[differ], TEXT)},
            same_segments={"carrier": side(carrier[~differ], TEXT)},
        )
    )  # fmt: skip
    assert cause.segment == "carrier = UA"
    assert cause.words == (
        "serving `distance` = training × 1.609344 (miles to kilometres) for carrier UA"
    )


def test_a_segment_of_whole_numbers_is_spelt_as_one():
    month = RNG.integers(1, 5, ROWS)
    given = pairs(X, np.where(month == 2, X * 1000, X))
    moved = month == 2
    (cause,) = guess(
        replace(
            given, segments={"month": side(month[moved] * 1.0)},
            same_segments={"month": side(month[~moved] * 1.0)},
        )
    )  # fmt: skip
    assert (cause.segment, cause.words.endswith("for month 2")) == ("month = 2", True)


def test_a_swapped_column_is_named_and_is_no_unit():
    other = X * 1.609344
    (cause,) = guess(pairs(X, other, others={"km": (side(other), side(X))}))
    assert (cause.name, cause.confidence) == ("swapped", "sure")
    assert "the other way round" in cause.words


def test_a_column_read_in_the_place_of_another_may_be_a_unit_as_well():
    other = X * 1.609344
    (cause,) = guess(pairs(X, other, others={"km": (side(other), side(other))}))
    assert cause.confidence == "either"


def test_rows_of_before_are_a_lag():
    before = np.roll(X, 2)
    lags = (1, 2, 3)
    held = np.stack([np.roll(X, lag) for lag in lags], axis=1)
    known = Neighbours(" in the table", lags, Values("number", held, np.zeros(held.shape, bool)))
    differ = before != X
    made = Pairs(
        side(X[differ]), side(before[differ]), neighbours=(
            Neighbours(known.order, lags, known.values.take(differ)),
        )
    )  # fmt: skip
    (cause,) = guess(made)
    assert (cause.name, cause.words) == (
        "lag",
        "serving value = training value 2 rows earlier in the table",
    )


def test_a_value_of_an_hour_ago_is_stale():
    rng = np.random.default_rng(3)
    n, k = 600, 12
    ages = np.cumsum(rng.integers(600_000_000, 1_800_000_000, (n, k)), axis=1)
    since = ages
    until = np.concatenate([np.full((n, 1), -1), ages[:, :-1]], axis=1)
    held = rng.normal(size=(n, k))
    place = ((until < HOUR) & (since >= HOUR)).argmax(axis=1)
    online = held[np.arange(n), place]
    known = History(Values("number", held, np.zeros((n, k), bool)), since, until)
    (cause,) = guess(Pairs(side(held[:, 0]), side(online), history=known))
    assert (cause.name, cause.words) == ("lag", "serving value = training value of 1 h earlier")


def test_few_pairs_say_nothing():
    assert guess(pairs(X[:7], X[:7] * 2)) == ()


@pytest.mark.parametrize("name", CATALOG)
def test_every_cause_bears_pairs_of_any_kind(name):
    kinds = [
        side(X[:40]), side(WORDS[:40], TEXT), side(TIMES[:40], TIME),
        side(SOME[:40] * 1.0, BOOLEAN),
        Values("number", X[:40], np.ones(40, bool)),
    ]  # fmt: skip
    for offline in kinds:
        for online in kinds:
            given = Pairs(offline, online)
            for one in CATALOG[name](given, np.arange(40) % 2 == 0):
                assert one.explains(given).dtype == bool
                assert one.explains(given).shape == (40,)


def test_a_lag_explains_what_was_missing_then():
    before = np.roll(X, 2)
    gone = some(0.1, 12)
    held = np.stack([before, np.roll(X, 1)], axis=1)
    lost = np.stack([gone, np.zeros(ROWS, bool)], axis=1)
    made = Pairs(
        side(X), Values("number", before, gone), rate=1.0,
        neighbours=(Neighbours("", (2, 1), Values("number", held, lost)),),
    )  # fmt: skip
    (cause,) = guess(made)
    assert (cause.name, cause.share) == ("lag", 1.0)


def test_single_precision_cut_to_decimals_is_no_offset():
    tenths = np.round(X, 1).astype(np.float32).astype(float)
    cut = np.floor(tenths * 10) / 10
    differ = np.abs(cut - tenths) > 1e-6 * tenths
    made = Pairs(side(tenths[differ]), side(cut[differ]), same=side(tenths[~differ]))
    (cause,) = guess(made)
    assert (cause.name, cause.confidence) == ("truncation", "sure")


def test_a_limit_of_some_rows_is_no_default_and_a_default_is_no_limit():
    held = np.where(some(0.4, 13), np.minimum(X, 500), X)
    (cause,) = guess(pairs(X, held))
    assert cause.name == "truncation"
    (cause,) = guess(pairs(X, np.where(some(0.4, 14), 500.0, X)))
    assert cause.name == "fill"

"""Traits one by one: each sees what it is for, exact where it claims to be, calm otherwise."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.engine.skew.unkeyed.clocks import clocks
from vedette.engine.skew.unkeyed.glance import BLOCK, Followed, Glance
from vedette.engine.skew.unkeyed.likeness import alike_numbers, alike_words, likeness
from vedette.engine.skew.unkeyed.order import stale, twice
from vedette.engine.skew.unkeyed.relations import coders, relations
from vedette.engine.skew.unkeyed.resolution import resolution
from vedette.engine.skew.unkeyed.rowset import KEPT, RowSet
from vedette.engine.skew.unkeyed.scales import mixture, scale
from vedette.engine.skew.unkeyed.spikes import spikes
from vedette.engine.skew.unkeyed.texts import texts
from vedette.engine.skew.unkeyed.trait import Two
from vedette.engine.skew.unkeyed.values import Values, values_of
from vedette.ingest.source import open_source


def column(values: object, kind: str | None = None) -> Values:
    source = open_source(pa.table({"x": values}))
    return values_of(source.sample(10**6), "x", kind)


def two(training: object, serving: object, kind: str | None = None) -> Two:
    return Two(column(training, kind), column(serving, kind))


RNG = np.random.default_rng(0)
CENTS = np.round(RNG.gamma(3, 20, 4_000), 2)
WORDS = np.array(["Newark", "Kennedy", "La Guardia"])[RNG.integers(0, 3, 4_000)]


def test_resolution_counts_multiples_exactly_and_passes_zero_over() -> None:
    found = resolution(two([0.0, 1.5, 2.0, 2.25], [0.0, 0.0, 3.0, 4.0]), 0.05)
    whole = next(f for f in found if f.category == "1")
    assert (whole.observed, whole.expected, whole.n_window, whole.n_baseline) == (1.0, 1 / 3, 2, 3)


def test_resolution_sees_single_precision_as_decimals() -> None:
    found = resolution(two(CENTS, CENTS.astype(np.float32)), 0.05)
    assert all(f.p is None or f.p > 0.5 for f in found)


def test_resolution_is_silent_without_numbers() -> None:
    for odd in (two(["a"], ["b"]), two([None, 1.0], [None, None]), two([0.0], [0.0])):
        assert resolution(odd, 0.05) == []


def test_texts_count_case_white_space_and_cuts() -> None:
    lower = texts(two(WORDS, np.char.lower(WORDS)), 0.05)
    assert {f.component for f in lower if f.p is not None and f.p < 1e-9} == {"case"}
    padded = texts(two(WORDS, np.char.add(WORDS, " ")), 0.05)
    assert {f.component for f in padded if f.p is not None and f.p < 1e-9} == {"whitespace"}
    cut = texts(two(WORDS, [word[:7] for word in WORDS]), 0.05)
    assert {f.component for f in cut if f.p is not None and f.p < 1e-9} == {"cut"}
    assert "longer than 7 characters" in cut[-1].reason


def test_a_cut_is_as_likely_as_counting_says() -> None:
    training, serving = ["abc"] * 12 + ["abcd"] * 8, ["abc"] * 20
    found = [f for f in texts(two(training, serving), 0.05) if f.component == "cut"]
    by_hand = np.prod([(20 - i) / (40 - i) for i in range(8)])
    assert found[0].p == pytest.approx(by_hand)


def test_a_spike_is_tested_on_rows_that_did_not_choose_it() -> None:
    filled = np.where(np.arange(4_000) % 4 == 0, -1.0, CENTS)
    found = spikes(two(CENTS, filled), 0.05)
    assert found[0].category == "-1.0"
    assert found[0].observed == pytest.approx(0.25, abs=0.03)
    assert found[0].n_window == 2_000
    assert spikes(two(CENTS, CENTS[:20]), 0.05) == []


def test_repeats_are_held_against_chance() -> None:
    codes = RNG.integers(0, 3, 4_000)
    values = two(codes, codes)
    even = Followed(pairs=3_999, repeats=int((codes[1:] == codes[:-1]).sum()))
    assert (stale(values, even, even)[0].p or 0) > 0.1
    held = Followed(pairs=3_999, repeats=2_600)
    found = stale(values, even, held)[0]
    assert found.p is not None
    assert found.p < 1e-9
    assert found.effect == pytest.approx((2_600 / 3_999 - 1 / 3) / (2 / 3), abs=0.03)
    constant = two([1.0] * 500, [1.0] * 500)
    assert stale(constant, Followed(pairs=499, repeats=499), held) == []


def test_uneven_repeats_widen_the_test() -> None:
    assert Followed(pairs=100).unevenness == 1.0
    rows = BLOCK * 20
    lumps = np.repeat([0.0, 1.0], rows // 2)
    lumps[: rows // 2] = np.arange(rows // 2)
    seen = Glance.of(open_source({"x": lumps}), ["x"]).followed["x"]
    assert seen.repeats == rows // 2 - 1
    assert seen.unevenness > 50


def test_a_glance_counts_whatever_the_batches() -> None:
    table = pa.table({"n": [1, 1, 2, None, 2], "t": ["a", "a", None, "b", "b"]})
    whole = Glance.of(open_source(table), ["n", "t"])
    assert whole.rows == 5
    assert (
        whole.followed["n"].missing,
        whole.followed["n"].repeats,
        whole.followed["n"].pairs,
    ) == (1, 1, 2)
    assert (
        whole.followed["t"].missing,
        whole.followed["t"].repeats,
        whole.followed["t"].pairs,
    ) == (1, 2, 2)
    assert sorted(whole.rowset.counts().tolist()) == [1, 1, 1, 2]


def test_a_row_set_stays_bounded_and_keeps_all_copies_of_a_row() -> None:
    rows = RowSet()
    hashes = RNG.integers(0, 2**63, KEPT, dtype=np.uint64) * np.uint64(2)
    for _ in range(2):
        rows.add(hashes)
        rows.add(RNG.integers(0, 2**63, KEPT // 2, dtype=np.uint64) * np.uint64(2) + np.uint64(1))
    times = rows.counts()
    assert len(times) <= KEPT
    assert rows.limit < 2**64 - 1
    assert times.max() == 2
    assert (times == 2).sum() == (np.unique(hashes) <= np.uint64(rows.limit)).sum()


def test_copies_are_held_against_as_many_rows() -> None:
    small = {"x": RNG.integers(0, 500, 1_000)}
    large = {"x": RNG.integers(0, 500, 20_000)}
    one, other = (Glance.of(open_source(side), ["x"]) for side in (large, small))
    assert (twice(one, other, 0.05)[0].p or 0) > 0.01
    assert (twice(other, one, 0.05)[0].p or 0) > 0.01
    empty = Glance.of(open_source(pa.table({"x": pa.array([], pa.int64())})), ["x"])
    assert twice(one, empty, 0.05) == []


def test_clocks_see_a_turn() -> None:
    hours = np.clip(RNG.normal(13, 3, 3_000), 0, 23).astype("timedelta64[h]")
    at = np.datetime64("2024-03-01T00:00:00") + hours
    found = clocks(two(at, at + np.timedelta64(3, "h")), 0.05)[0]
    assert found.p is not None
    assert found.p < 1e-9
    assert "as if turned by +3 h" in found.reason
    dates = np.datetime64("2024-03-01") + RNG.integers(0, 90, 3_000).astype("timedelta64[D]")
    assert clocks(two(dates, dates), 0.05) == []


def test_text_with_an_offset_is_read_as_the_instant_it_is() -> None:
    read = column(["2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z", "2024-01-01 00:00", None])
    assert read.kind == "time"
    assert read.numbers is not None
    assert set(read.numbers[:3]) == {1704067200.0}
    assert np.isnan(read.numbers[3])


def test_relations_break_only_where_columns_come_apart() -> None:
    rng = np.random.default_rng(5)

    def side(rows: int) -> dict[str, np.ndarray]:
        a = rng.normal(size=rows)
        kind = np.where(a > 0.5, "high", np.where(a < -0.5, "low", "mid"))
        return {
            "a": a,
            "b": a + rng.normal(size=rows),
            "kind": kind,
            "noise": rng.normal(size=rows),
        }

    def pairs(one: dict, other: dict) -> list[Two]:
        tables = [open_source(pa.table(s)).sample(10**6) for s in (one, other)]
        return [Two(*(values_of(t, name) for t in tables)) for name in one]

    training, serving = side(4_000), side(4_000)
    calm = relations(coders(pairs(training, serving)))
    assert {frozenset(b.relation.columns) for b in calm} == {
        frozenset(("a", "b")), frozenset(("a", "kind")), frozenset(("b", "kind")),
    }  # fmt: skip
    assert all((b.finding.p or 0) > 1e-3 for b in calm)
    serving["b"] = np.roll(serving["b"], 11)
    apart = {b.relation.columns: b.finding for b in relations(coders(pairs(training, serving)))}
    assert (apart["a", "b"].p or 0) < 1e-30
    assert (apart["a", "kind"].p or 0) > 1e-3
    few = [
        Two(t.training, values_of(pa.table({t.name: [1.0]}), t.name))
        for t in pairs(training, serving)
    ]
    assert coders(few) == []


def test_exceptions_to_a_rule_are_not_taken_for_its_end() -> None:
    """One row in 150 breaks a rule: some tests see none on one side, and must not be sure then."""
    rng = np.random.default_rng(8)
    alarms = 0
    for _ in range(300):
        tables = []
        for _ in range(2):
            a = rng.integers(0, 3, 300)
            b = np.where(rng.random(300) < 1 / 150, rng.integers(0, 3, 300), a)
            words = [np.array(["x", "y", "z"])[side] for side in (a, b)]
            tables.append(open_source({"a": words[0], "b": words[1]}).sample(1_000))
        found = relations(coders([Two(*(values_of(t, n) for t in tables)) for n in ("a", "b")]))
        alarms += (found[0].finding.p or 0.0) < 0.01
    assert alarms <= 9  # 3 are to be expected at 1 in 100


def test_likeness_is_that_of_the_textbook() -> None:
    from scipy.stats import chi2_contingency, ks_2samp

    one, other = np.sort(CENTS[:900]), np.sort(CENTS[900:1_600] * 1.1)
    ours, theirs = alike_numbers(one, other), ks_2samp(one, other, method="asymp")
    assert ours.distance == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, rel=0.2)  # theirs corrects for small samples
    counts = {"a": 40, "b": 30}, {"a": 50, "b": 90}
    assert alike_words(*counts).p == pytest.approx(
        chi2_contingency([[40, 30], [50, 90]], correction=False).pvalue
    )
    assert likeness(column([1.0]), column(["a"])).distance == 1.0


def test_a_mixture_is_told_apart() -> None:
    rng = np.random.default_rng(3)
    before, after = np.sort(rng.gamma(3, 1, 5_000)), rng.gamma(3, 1, 5_000)
    after[:1_500] *= 1000
    share, left, start = mixture(before, np.sort(after), before * 1000)
    assert share == pytest.approx(0.3, abs=0.02)
    assert left < 0.03 < start


def test_no_scale_explains_another_shape() -> None:
    rng = np.random.default_rng(4)
    assert scale(two(rng.normal(10, 1, 3_000), rng.exponential(10, 3_000))) is None
    assert scale(two([1.0] * 200, [2.0] * 200)) is None
    assert scale(two(CENTS, CENTS)) is None

"""The drift monitor on its own: what it says, and that odd windows do not break it."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest
from bench.counted import HOUR, baseline_of, nominal_cell, ordered_cell, profile_of, window_of
from bench.traffic import EDGES, Model, World, monitor_of, reference_of
from scipy.special import ndtr

from vedette.core.constraints import Constraints
from vedette.engine.snapshot import filled
from vedette.monitors import drift
from vedette.monitors.monitor import Terms
from vedette.monitors.pair import Pair
from vedette.monitors.shift import Shift
from vedette.profiles.cell import Cell
from vedette.profiles.variation import fit_variation
from vedette.sketches.bins import Bins
from vedette.sketches.moments import Moments
from vedette.stats import pooled
from vedette.stats.two_sample import Component

RNG = np.random.default_rng(5)
P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
BINS = np.full(30, 1 / 30)
N, HOURS, MONDAY = 400, 200, 24 * 20_004
QUIET, OTHER, WORD, CONSTANT, EMPTY = range(5)


def cells(n=N, p=BINS, words=P, missing=0, unseen=0, above=0):
    """Two numbers (the first changes), a word, a constant, a column that never has a value."""
    first = RNG.multinomial(max(n - missing - above, 0), p)
    return [
        ordered_cell(first, missing, above=above),
        ordered_cell(RNG.multinomial(n, BINS)),
        nominal_cell(RNG.multinomial(n - unseen, words), 0, unseen),
        ordered_cell(np.array([n])),
        ordered_cell(np.zeros(30, int), n),
    ]


def made(hours=HOURS):
    drawn = [(window_of(MONDAY + t), profile_of(cells())) for t in range(hours)]
    baseline = baseline_of(cells(n=N * HOURS))
    if not hours:
        return baseline
    return replace(baseline, variation=fit_variation(baseline, drawn, HOUR))


def terms(baseline):
    C = len(Shift.streams_of(baseline))
    return Terms(np.full(C, 1 / C), 900.0, HOUR)


BASELINE = made()
MONITOR = Shift.of(BASELINE, terms(BASELINE))
FRESH = made(0)
LEARNING = Shift.of(FRESH, terms(FRESH))


def after(monitor, *windows):
    state = monitor.start()
    for t, profile in enumerate(windows):
        state, look = monitor.step(state, profile, window_of(MONDAY + HOURS + t))
    return state, look


def said(monitor, at, *windows):
    state, look = after(monitor, *windows)
    return monitor.tell(state, look, windows[-1], [at])[0]


def same(one, two):
    return all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(one))


def shifted(d=0.6):
    tilt = BINS * np.exp(d * np.linspace(-1.7, 1.7, 30))
    return tilt / tilt.sum()


def test_a_shift_of_level_is_told_with_its_interval_and_what_would_be_noticed():
    finding = said(MONITOR, QUIET, *[profile_of(cells(p=shifted())) for _ in range(3)])
    assert (finding.verdict, finding.component, finding.unit) == ("alarming", "level", "sd")
    assert finding.reason.startswith("`c000` rose by 0.")
    assert 0 < finding.low < finding.effect < finding.high
    assert 0.05 < finding.detectable < finding.effect
    assert finding.evidence > 3
    assert finding.p is None
    calm = said(MONITOR, OTHER, *[profile_of(cells(p=shifted())) for _ in range(3)])
    assert calm.verdict == "calm"
    assert "would be noticed within a day" in calm.reason


def test_missing_values_unseen_categories_and_values_out_of_range_are_told_at_once():
    missing = said(MONITOR, QUIET, profile_of(cells(missing=152)))
    assert missing.verdict == "alarming"
    assert missing.reason == "38 % of `c000` is missing, was 0 %"
    assert (missing.component, missing.unit, missing.observed) == ("missing", "share", 0.38)
    fresh = said(MONITOR, WORD, profile_of(cells(unseen=30)))
    assert (fresh.verdict, fresh.component) == ("alarming", "unseen")
    high = said(MONITOR, QUIET, profile_of(cells(above=40)))
    assert (high.verdict, high.component) == ("alarming", "above")


def test_a_category_that_grows_is_named():
    words = np.array([0.4, 0.3, 0.15, 0.0, 0.15])
    finding = said(MONITOR, WORD, *[profile_of(cells(words=words)) for _ in range(3)])
    assert (finding.verdict, finding.component) == ("alarming", "category")
    assert finding.category in ("k3", "k4")
    assert finding.low < finding.effect < finding.high


def test_a_window_without_rows_changes_nothing_and_is_unknown():
    state, look = after(MONITOR, profile_of(cells()))
    empty = replace(profile_of([]), rows=0)
    again, blank = MONITOR.step(state, empty, window_of(MONDAY + HOURS + 1))
    assert same(state, again)
    assert np.array_equal(look.evidence, blank.evidence)
    assert np.isnan(blank.effect).all()
    assert not blank.quiet.any()
    finding = MONITOR.tell(again, blank, empty, [QUIET])[0]
    assert (finding.verdict, finding.effect) == ("unknown", None)
    assert finding.reason == "no row of `c000` in this window"


def test_columns_that_cannot_be_compared_say_so():
    for at, words in (
        (CONSTANT, "every reference value"),
        (EMPTY, "too few values of `c004`"),
    ):
        finding = said(MONITOR, at, profile_of(cells()))
        assert finding.verdict == "unknown"
        assert words in finding.reason


@pytest.mark.parametrize("n", [1, 2, 7, 49])
def test_few_rows_are_safe(n):
    windows = [profile_of(cells(n=n)) for _ in range(200)]
    _, look = after(MONITOR, *windows)
    assert np.isfinite(look.evidence).all()
    assert (look.evidence < 900).all()


def test_a_column_that_is_gone_from_the_profile_leaves_the_others_alone():
    whole = profile_of(cells())
    part = replace(whole, cells={k: c for k, c in whole.cells.items() if k[0] != "c001"})
    state, look = after(MONITOR, part)
    full, other = after(MONITOR, whole)
    assert np.isnan(look.effect[OTHER])
    kept = np.arange(5) != OTHER
    assert np.array_equal(look.evidence[kept], other.evidence[kept])
    assert MONITOR.tell(state, look, part, [OTHER])[0].verdict == "unknown"
    assert not same(state, full)


def test_nothing_is_changed_in_place_and_the_same_comes_out_again():
    profile = profile_of(cells(p=shifted()))
    begin = MONITOR.start()
    one, look = MONITOR.step(begin, profile, window_of(MONDAY + HOURS))
    two, again = MONITOR.step(begin, profile, window_of(MONDAY + HOURS))
    assert same(one, two)
    assert np.array_equal(look.evidence, again.evidence)
    assert same(begin, MONITOR.start())


def test_reset_forgets_the_evidence_and_keeps_the_filter():
    state, look = after(MONITOR, *[profile_of(cells(p=shifted())) for _ in range(3)])
    assert look.evidence[QUIET] > 900
    which = np.arange(5) == QUIET
    fresh = MONITOR.reset(state, which)
    assert not fresh.R[QUIET].any()
    assert np.array_equal(fresh.R[OTHER], state.R[OTHER])
    assert np.array_equal(fresh.m, state.m)


def test_the_onset_is_where_the_change_began():
    calm = [profile_of(cells()) for _ in range(10)]
    moved = [profile_of(cells(p=shifted(0.15))) for _ in range(8)]
    _, look = after(MONITOR, *calm, *moved)
    began = window_of(MONDAY + HOURS + 10).start
    assert abs(int(look.onset[QUIET]) - began) <= 2 * HOUR


def test_an_hour_without_traffic_lets_the_wobble_go_on():
    """A gap relaxes the filter: what was predicted before it is no longer known."""
    state, _ = after(MONITOR, *[profile_of(cells(p=shifted(0.1))) for _ in range(5)])
    soon, _ = MONITOR.step(state, profile_of(cells()), window_of(MONDAY + HOURS + 5))
    late, _ = MONITOR.step(state, profile_of(cells()), window_of(MONDAY + HOURS + 500))
    assert (late.P >= soon.P - 1e-15).all()


class TestBeforeVariationIsKnown:
    def test_ordinary_windows_are_unknown_with_the_reason(self):
        finding = said(LEARNING, QUIET, profile_of(cells()))
        assert finding.verdict == "unknown"
        assert "still learning" in finding.reason
        assert "0 of 72 windows" in finding.reason

    def test_small_shifts_wait_gross_ones_and_missing_values_do_not(self):
        _, look = after(LEARNING, *[profile_of(cells(p=shifted(0.15))) for _ in range(20)])
        assert look.evidence[QUIET] < 1
        gross = said(LEARNING, QUIET, profile_of(cells(p=shifted(1.0))))
        assert gross.verdict == "alarming"
        assert gross.magnitude > 0.3
        missing = said(LEARNING, QUIET, profile_of(cells(missing=20)))
        assert (missing.verdict, missing.component) == ("alarming", "missing")

    def test_fewer_than_72_windows_learn_rates_only(self):
        short = made(71)
        monitor = Shift.of(short, terms(short))
        finding = said(monitor, OTHER, profile_of(cells()))
        assert finding.verdict == "unknown"
        assert "71 of 72" in finding.reason


def test_a_required_column_tolerates_less():
    schema = BASELINE.schema.replace({"c000": {"constraints": Constraints(required=True)}})
    strict = Shift.of(replace(BASELINE, schema=schema), terms(BASELINE))
    assert strict.fitted.r0[QUIET, 0] < MONITOR.fitted.r0[QUIET, 0]
    assert strict.fitted.r0[OTHER, 0] == MONITOR.fitted.r0[OTHER, 0]


def test_predictions_weigh_more_labels_are_left_out_and_segments_share_half():
    roles = {"c000": {"role": "prediction"}, "c001": {"role": "label"}}
    parted = dict(BASELINE.profile.cells)
    parted["c002", "c002=k0"] = parted["c002", ""]
    baseline = replace(
        BASELINE,
        schema=BASELINE.schema.replace(roles),
        segments={"c002": ("k0",)},
        profile=replace(BASELINE.profile, cells=parted),
    )
    streams = {(s.column, s.segment): s for s in Shift.streams_of(baseline)}
    assert ("c001", "") not in streams
    assert streams["c000", ""].share == "predictions"
    assert streams["c000", ""].importance == 3 * streams["c003", ""].importance
    assert streams["c002", "c002=k0"].importance == 0.5


def test_rows_in_any_split_give_the_same_evidence():
    one, two = (
        Cell(200, bins=Bins(np.concatenate([[0], RNG.multinomial(200, BINS), [0]]))) for _ in "ab"
    )
    others = cells()[1:]
    _, merged = after(MONITOR, profile_of([one.merge(two), *others]))
    _, swapped = after(MONITOR, profile_of([two.merge(one), *others]))
    assert np.array_equal(merged.evidence, swapped.evidence)


def valued(x):
    """A cell of 10 rows of one value."""
    counts, places = np.bincount([1], [10], 32).astype(int), np.ones(10, int)
    return Cell(10, bins=Bins(counts), moments=Moments.of(np.full(10, x), places, 32))


class TestWhatWindowsSayTogether:
    """The effect and interval of a finding, since its walk began."""

    def test_a_small_shift_is_told_by_all_windows_since_its_onset(self):
        """At the alarm the interval excludes 0, and covers the truth about as often as it says."""
        shift, rows, columns = 0.15, 400, 8
        covered, excluded, spans = [], [], []
        for seed in range(5):
            model = Model(World("wobble", wobble=0.05), np.random.default_rng(seed), columns, 0)
            baseline, _ = reference_of(model, MONDAY, 300, rows)
            monitor, told = monitor_of(baseline), np.zeros(columns, bool)
            state = monitor.start()
            for t in range(90):
                off = 0.05 * model.state[:columns, 0] + shift * (t >= 10)
                model.state = 0.8 * model.state + 0.6 * model.rng.normal(size=model.state.shape)
                edges = ndtr(EDGES - off[:, None])
                shares = np.diff(edges, axis=1, prepend=0, append=1)
                profile = profile_of([ordered_cell(model.rng.multinomial(rows, p)) for p in shares])
                state, look = monitor.step(state, profile, window_of(MONDAY + 300 + t))
                enough = monitor.terms.weights * look.evidence >= monitor.terms.threshold
                for finding in monitor.tell(state, look, profile, np.flatnonzero(enough & ~told)):
                    covered.append(finding.low <= shift <= finding.high)
                    excluded.append(finding.low > 0)
                    spans.append(" over " in finding.reason)
                told |= enough
        assert len(covered) >= 30
        assert np.mean(covered) >= 0.85
        assert np.mean(excluded) >= 0.95
        assert np.mean(spans) > 0.8

    def test_one_window_speaks_for_itself(self):
        profile = profile_of(cells(p=shifted()))
        state, look = after(MONITOR, profile)
        finding = MONITOR.tell(state, look, profile, [QUIET])[0]
        effect, half = state.r[QUIET, 0], 1.96 * state.sd[QUIET, 0]
        assert (finding.effect, finding.low, finding.high) == pytest.approx(
            (effect, effect - half, effect + half)
        )
        assert " over " not in finding.reason
        pool = state.pool[QUIET, 0, 0]
        assert pooled.mean_and_sd(pool)[0] == pytest.approx(effect)
        total = np.hypot(pooled.mean_and_sd(pool)[1], MONITOR.fitted.error[QUIET, 0])
        assert total == pytest.approx(state.sd[QUIET, 0])

    def test_a_jump_after_quiet_hours_is_not_blurred_by_them(self):
        """What came before it does not count, even where a walk had not come back to 0."""
        calm = [profile_of(cells()) for _ in range(30)]
        moved = [profile_of(cells(p=shifted())) for _ in range(4)]
        finding = said(MONITOR, QUIET, *calm, *moved)
        alone = said(MONITOR, QUIET, *moved)
        assert finding.effect == pytest.approx(alone.effect, abs=0.1)

    def test_the_longer_the_narrower_down_to_the_error_of_the_level(self):
        moved = [profile_of(cells(p=shifted(0.3))) for _ in range(100)]
        few, many = (said(MONITOR, QUIET, *moved[:k]) for k in (10, 100))
        assert re.search("over (8|9|10) hours", few.reason)
        assert "over 4 days" in many.reason
        widths = [f.high - f.low for f in (few, many)]
        assert 2 * 1.96 * MONITOR.fitted.error[QUIET, 0] < widths[1] < widths[0]

    def test_the_effect_on_the_map_stays_that_of_the_last_window(self):
        state, look = after(MONITOR, *[profile_of(cells(p=shifted(0.3))) for _ in range(10)])
        assert look.effect[QUIET] == state.r[QUIET, 0]

    def test_hours_without_rows_leave_it_as_it_is_and_the_wobble_is_forgotten(self):
        moved = [profile_of(cells(p=shifted(0.3))) for _ in range(5)]
        empty = replace(profile_of([]), rows=0)
        before, _ = after(MONITOR, *moved)
        gone, _ = after(MONITOR, *moved, empty, empty)
        assert np.array_equal(gone.pool, before.pool)
        assert np.array_equal(gone.tried, before.tried)
        finding = said(MONITOR, QUIET, *moved, empty, empty, profile_of(cells(p=shifted(0.3))))
        assert re.search("over [678] hours", finding.reason)

    def test_a_category_is_told_with_the_shares_of_all_these_windows(self):
        words = P + np.array([0.1, -0.1, 0, 0, 0])
        profiles = [profile_of(cells(words=words)) for _ in range(20)]
        finding = said(MONITOR, WORD, *profiles)
        assert (finding.component, finding.verdict) == ("category", "alarming")
        assert finding.observed - finding.expected == pytest.approx(finding.effect)
        assert 0.07 < abs(finding.effect) < 0.13
        assert finding.low * finding.high > 0
        assert re.search("over [0-9]+ hours$", finding.reason)

    def test_rates_count_the_rows_since_their_onset(self):
        some = [profile_of(cells(missing=k)) for k in (12, 8, 10)]
        finding = said(MONITOR, QUIET, *some)
        assert finding.observed == pytest.approx(30 / 1200)
        assert finding.reason == "2.5 % of `c000` over 3 hours is missing, was 0 %"
        gone = said(MONITOR, QUIET, *some, profile_of(cells(missing=N)))
        assert "did not arrive" in gone.reason
        fresh = said(MONITOR, WORD, *[profile_of(cells(unseen=k)) for k in (12, 8, 10)])
        assert fresh.observed == pytest.approx(30 / 1200)
        high = said(MONITOR, QUIET, *[profile_of(cells(above=k)) for k in (12, 8, 10)])
        assert "2.5 % of `c000` over 3 hours lies outside" in high.reason
        assert high.reason.endswith("(now above it)")

    def test_reset_clears_it(self):
        state, _ = after(MONITOR, *[profile_of(cells(p=shifted(0.3), missing=8)) for _ in range(5)])
        assert state.pool[QUIET].any()
        assert state.hits[QUIET].any()
        fresh = MONITOR.reset(state, np.arange(5) == QUIET)
        for name in ("pool", "hits", "tried"):
            assert not getattr(fresh, name)[QUIET].any()
            assert np.array_equal(getattr(fresh, name)[OTHER], getattr(state, name)[OTHER])

    def test_it_survives_a_restart(self):
        state, _ = after(MONITOR, *[profile_of(cells(p=shifted(0.3))) for _ in range(5)])
        plain = {
            f.name: {"dtype": a.dtype.str, "shape": list(a.shape), "data": a.tobytes()}
            for f in fields(state)
            for a in [getattr(state, f.name)]
        }
        assert same(filled(MONITOR.start(), plain), state)

    def test_means_that_went_the_other_way_are_left_out(self):
        """What is said of all windows and of the last one must not contradict each other."""
        c = Component("level", None, 0, 0, 0.22, 0.15, 0.29, 0.03, 1.0, 1.0)
        low, high = (valued(x) for x in (11.4, 17.5))
        binning, field = BASELINE.binnings["c000"], BASELINE.schema["c000"]
        up, down = (
            Pair(field, "", binning, one, two, fitted=True, lasted=9 * HOUR)
            for one, two in ((low, high), (high, low))
        )
        said = "`c000` rose by 0.22 sd (0.15 to 0.29) over 9 hours"
        assert drift.level(up, c, {}).statement == said + ": mean 11.4 -> 17.5"
        assert drift.level(down, c, {}).statement == said

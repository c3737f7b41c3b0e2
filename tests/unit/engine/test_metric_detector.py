"""What the detector says of series that people know.

Owns: golden behaviours of `vd.MetricDetector`, its times, its bytes.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import vedette as vd

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
FIRST = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAYS = 28


def values(days: int = DAYS, seed: int = 0) -> np.ndarray:
    """Hourly values: a day, weekends that are lower, noise."""
    hours = np.arange(24 * days)
    weekend = hours // 24 % 7 >= 5
    day = 10 * np.sin(2 * np.pi * hours / 24) * np.where(weekend, 0.5, 1.0)
    return 100 + day - 8.0 * weekend + np.random.default_rng(seed).normal(size=len(hours))


def moments(count: int) -> list[datetime]:
    return [FIRST + timedelta(hours=k) for k in range(count)]


def warmed(**settings) -> tuple[vd.MetricDetector, int, np.ndarray]:
    """A detector after four weeks, and what comes next."""
    detector, every = vd.MetricDetector(**settings), values(DAYS + 7)
    detector.update_many(moments(24 * DAYS), every[: 24 * DAYS])
    return detector, 24 * DAYS, every[24 * DAYS :]


def told(detector: vd.MetricDetector, first: int, row) -> list:
    found = []
    for k, value in enumerate(row):
        found.append(detector.update(FIRST + timedelta(hours=first + k), value))
    return found


def test_ordinary_values_are_calm():
    detector, first, later = warmed()
    said = told(detector, first, later)
    assert "alarming" not in {one.verdict for one in said}
    assert sum(one.verdict == "notable" for one in said) <= 3
    assert all(0 <= one.score < 1 and one.low < one.expected < one.high for one in said)


def test_a_spike_is_alarming_at_once_and_over_at_once():
    detector, first, later = warmed()
    later[5] += 9
    said = told(detector, first, later[:12])
    assert [one.verdict == "alarming" for one in said[:7]] == [False] * 5 + [True, False]
    assert said[5].kind == "spike"
    assert "above the" in said[5].reason
    assert said[5].score > 0.5 > said[4].score


def test_a_shift_of_the_level_is_found_and_adopted_when_it_lasts():
    detector, first, later = warmed()
    said = told(detector, first, later + 6)
    alarming = [one.verdict == "alarming" for one in said]
    assert any(alarming[:6])
    assert any(alarming[:36])
    assert abs(said[10].expected - later[10]) < 5  # not learnt at once
    assert not any(alarming[24 * 4 :])
    assert abs(np.mean([one.expected for one in said[-24:]]) - np.mean(later[-24:] + 6)) < 1


def test_a_small_shift_is_found_by_the_averages():
    detector, first, later = warmed()
    said = told(detector, first, later[:24] + 3.0)
    kinds = {one.kind for one in said if one.verdict == "alarming"}
    assert kinds
    assert kinds <= {"level", "trend", "season", "spike"}


def test_a_slow_trend_is_found():
    detector, first, later = warmed()
    said = told(detector, first, later[:48] + np.linspace(0, 5, 48))
    assert any(one.verdict == "alarming" for one in said)


def test_a_season_that_is_gone_is_found():
    detector, first, _ = warmed()
    flat = 100 + np.random.default_rng(1).normal(size=48)
    said = told(detector, first, flat)
    assert any(one.verdict == "alarming" for one in said)
    assert "season" in {one.kind for one in said}


def test_missing_values_are_alarming_when_they_last():
    detector, first, later = warmed()
    said = told(detector, first, [later[0], None, later[2], *[float("nan")] * 8])
    assert [one.verdict for one in said[:3]].count("alarming") == 0
    assert said[-1].verdict == "alarming"
    assert said[-1].kind == "missing"
    assert said[-1].reason == "the value is missing, for longer than usual"


def test_a_long_gap_between_moments_is_one_of_missing_values():
    detector, first, later = warmed()
    said = detector.update(FIRST + timedelta(hours=first + 9), later[9])
    assert (said.verdict, said.kind) == ("alarming", "missing")
    assert detector.update(FIRST + timedelta(hours=first + 10), later[10]).verdict == "calm"


def test_a_constant_series_is_calm_until_it_moves():
    detector = vd.MetricDetector()
    said = told(detector, 0, [0.1] * (24 * 20))
    assert {one.verdict for one in said[72:]} == {"calm"}
    assert told(detector, 24 * 20, [0.5])[0].verdict in ("notable", "alarming")


def test_little_is_said_at_first_but_of_what_is_gross():
    detector = vd.MetricDetector()
    every = values(2, seed=3)
    said = told(detector, 0, every[:40])
    assert {one.verdict for one in said} == {"unknown"}
    assert said[0].reason == "too few values have been seen to tell"
    gross = told(detector, 40, [1e6])[0]
    assert (gross.verdict, gross.kind) == ("alarming", "spike")


def test_a_deploy_may_change_the_level():
    detector, first, later = warmed()
    detector.deployed()
    said = told(detector, first, later + 15)
    assert "alarming" not in {one.verdict for one in said}
    assert said[0].reason == "the level is learnt anew after a deploy"
    assert abs(said[40].expected - later[40] - 15) < 4
    assert told(detector, first + len(later), [190.0])[0].verdict == "alarming"


def test_maintenance_is_not_judged_and_teaches_nothing():
    detector, first, later = warmed()
    at = FIRST + timedelta(hours=first)
    detector.maintenance(at, at + timedelta(hours=6))
    said = told(detector, first, [0.0] * 6)
    assert {(one.verdict, one.reason) for one in said} == {("unknown", "maintenance")}
    assert told(detector, first + 6, later[6:8])[0].verdict == "calm"


def test_holidays_bring_what_sundays_bring():
    detector, first, _ = warmed(holidays=["2026-03-30"])  # the Monday that follows
    sunday = values(7, seed=9)[24 * 6 :]
    said = told(detector, first, sunday)
    assert "alarming" not in {one.verdict for one in said}


def test_times_may_be_written_in_three_ways():
    nano = int(FIRST.timestamp()) * 10**9
    by_text, by_number = vd.MetricDetector(), vd.MetricDetector()
    for k in range(50):
        at = FIRST + timedelta(hours=k)
        one = by_text.update(at.isoformat(), float(k % 7))
        other = by_number.update(nano + k * HOUR, float(k % 7))
        assert repr(one) == repr(other)
    assert by_text.state() == by_number.state()


@pytest.mark.parametrize("back", [0, 5])
def test_a_time_that_does_not_go_on_is_ignored_and_said(back):
    detector, first, later = warmed()
    before = detector.state()
    said = detector.update(FIRST + timedelta(hours=first - 1 - back), 1e9)
    assert said.verdict == "unknown"
    assert said.reason == "the time is not later than the last one"
    assert detector.state() == before
    many = detector.update_many(moments(3), later[:3])
    assert [many[k].verdict for k in range(3)] == ["unknown"] * 3


def test_what_is_no_time_is_refused():
    with pytest.raises(vd.UsageError, match="cannot read a time"):
        vd.MetricDetector().update("yesterday", 1.0)


@pytest.mark.parametrize("cut", [1, 100, 24 * 13 + 5])
def test_a_detector_goes_on_where_it_was_kept(cut):
    every, at = values(16), moments(24 * 16)
    whole, first = vd.MetricDetector(), vd.MetricDetector()
    said = whole.update_many(at, every)
    first.update_many(at[:cut], every[:cut])
    second = vd.MetricDetector.restore(first.state())
    rest = second.update_many(at[cut:], every[cut:])
    np.testing.assert_array_equal(said.p[cut:], rest.p)
    np.testing.assert_array_equal(said.level[cut:], rest.level)
    assert second.state() == whole.state()


def test_many_updates_say_what_single_ones_say():
    every, at = values(14), moments(24 * 14)
    every[300] = np.nan
    one, many = vd.MetricDetector(), vd.MetricDetector()
    said = many.update_many(at, every, noise=np.full(len(every), 0.3))
    for k, moment in enumerate(at):
        alone = one.update(moment, every[k], noise=0.3)
        if np.isfinite(every[k]):
            assert repr(alone) == repr(said[k])  # nothing is expected of the first: NaN
    assert one.state() == many.state()


def test_several_series_share_the_budget():
    every, at = values(21), moments(24 * 21)
    names = ["a", "b"]
    both = vd.MetricDetector(2.0, series=names)
    table = np.stack([every, every[::-1]], axis=1)
    said = both.update_many(at, table)
    alone = vd.MetricDetector(1.0)
    np.testing.assert_array_equal(said.level[:, 0], alone.update_many(at, every).level)
    last = both.update("2026-03-23", {"a": 300.0})
    assert (last["a"].verdict, last["b"].kind) == ("alarming", "missing")
    again = vd.MetricDetector.restore(both.state())
    assert again.series == ("a", "b")
    assert again.threshold == both.threshold
    with pytest.raises(vd.UsageError, match="does not know a series"):
        both.update("2026-03-25", {"c": 1.0})
    with pytest.raises(vd.UsageError, match="names a series twice"):
        vd.MetricDetector(series=["a", "a"])


def test_values_that_do_not_fit_are_refused():
    with pytest.raises(vd.UsageError, match="values do not fit"):
        vd.MetricDetector().update_many(moments(3), [1.0, 2.0])
    with pytest.raises(vd.UsageError, match="budget is out of range"):
        vd.MetricDetector(0)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x93\x01\x02\x03"])
def test_other_bytes_are_refused(data):
    with pytest.raises(vd.StoreError, match="cannot be restored"):
        vd.MetricDetector.restore(data)


def test_a_series_needs_no_season():
    detector = vd.MetricDetector(season="")
    rng = np.random.default_rng(2)
    said = told(detector, 0, 5 + rng.normal(size=600))
    assert "alarming" not in {one.verdict for one in said}
    assert told(detector, 600, [25.0])[0].verdict == "alarming"


def test_a_larger_budget_alarms_earlier():
    strict, lax = vd.MetricDetector(0.1), vd.MetricDetector(100.0)
    at = moments(24 * 10)
    for detector in (strict, lax):
        detector.update_many(at, values(10))
    assert strict.threshold < lax.threshold <= 0.01

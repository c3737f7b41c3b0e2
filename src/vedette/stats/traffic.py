"""How many rows a window should bring: learnt from live windows, by time of day and of week.

Owns: the level by quarter hour of the day and of the week, how rows scatter within an hour and
between days, the level of the last minutes; the forecast they add up to.  Does not own: evidence
that it is not met (`stats.traffic_bets`).

Rows of a window are Gamma-Poisson about the forecast: the level of the last twenty minutes relative
to the season is a Gamma that fades towards its prior, bursts inflate the Poisson.  Every average
fades; what is too far off counts as a few standard deviations only.  Calendars are not known here:
1970-01-01 was a Thursday, and that is all.

Source: Harvey & Fernandes 1989, Journal of Business & Economic Statistics 7, 407-417 (the fading
Gamma); the design's `reference/statistics.md`, section 10 (slots, clipping, cold start).
"""

from dataclasses import dataclass, replace
from math import exp

import numpy as np
from numpy.typing import NDArray

MINUTE = 60_000_000_000
QUARTER, HOUR, DAY = 15 * MINUTE, 60 * MINUTE, 1440 * MINUTE
QUARTERS, HOURS, WEEKDAYS = 96, 24, 7
THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0

DAYS_KEPT, WEEKS_KEPT = 7.0, 4.0  # occurrences of a slot that its average remembers
SCATTER_DAYS, WOBBLE_DAYS = 14.0, 7.0
LEVEL_KEPT = 40 * MINUTE  # memory of the level of the last minutes (bench/bench_silence.py)
PSEUDO_ROWS = 1.0  # how firmly a slot is held to the coarser one above it
PSEUDO_WEEKS = 0.5  # a weekday's slot against the everyday one, in occurrences
PSEUDO_SCATTER = 50.0  # rows by which an hour's scatter is held to that of all hours
FIRST_SCATTER, FIRST_WOBBLE, FIRST_MISFIT = 1.5, 0.1, 0.01  # before anything is known
LEAST_WOBBLE, MOST_WOBBLE = 0.02, 1.0  # relative variance of the level between days
WHOLE_SLOT = 0.85  # of a slot's windows: it has been seen once
FIRMEST = 400.0  # no forecast is trusted to better than 1 / sqrt of it: 5 %
FIRST_HELD = 4.0  # windows before which a step says more of the start than of scatter
CLIP = 4.0  # standard deviations that a window teaches at most
CLIP_SCATTER = 50.0  # times the expected square that one step teaches at most
CLIP_WOBBLE = 9.0
SEASON_KNOWN = 2 * DAY  # before it only silence is told
WEEK_KNOWN = 8 * DAY  # before it a level 10 times higher or lower may be a weekday


@dataclass(frozen=True, eq=False)
class Traffic:
    """What is known of the traffic so far.

    Shapes: rows, windows and empty windows of every quarter hour of the day (96) and of the week
    (672); rows and expected rows of every weekday (7); squared steps and their expectation by hour
    (24).  `wobble` sums how far windows lie from the season, `misfit` from the forecast, beyond
    what scatter explains.  `first` is the start of the first window with a row, -1 before; `gap`
    counts the empty windows since the last row, `longest` those of the longest gap before.  `shape`
    over `rate` is the level of the last minutes relative to the season.
    """

    first: int
    last_start: int
    day_rows: NDArray[np.float64]
    day_windows: NDArray[np.float64]
    day_empty: NDArray[np.float64]
    week_rows: NDArray[np.float64]
    week_windows: NDArray[np.float64]
    week_empty: NDArray[np.float64]
    weekday_rows: NDArray[np.float64]
    weekday_due: NDArray[np.float64]
    steps: NDArray[np.float64]
    steps_due: NDArray[np.float64]
    wobble: float
    wobble_due: float
    misfit: float
    misfit_due: float
    shape: float
    rate: float
    last_rows: float
    last_season: float
    gap: int
    longest: int


@dataclass(frozen=True)
class Forecast:
    """Rows that a window should bring.

    `season` is what this time of the week brings, `mean` also knows the last minutes, `least` is
    the smaller of several guesses: what silence may be held against.  `shape` is the Gamma's,
    `scatter` the variance of a window over its mean, `empty` the share of empty windows at this
    time, `misfit` the relative standard deviation of levels about their forecast.
    """

    season: float
    mean: float
    least: float
    shape: float
    scatter: float
    empty: float
    misfit: float = 0.0

    @property
    def deviation(self) -> float:
        """Standard deviation of the rows of the window."""
        return float((self.mean * self.scatter + self.mean**2 / self.shape) ** 0.5)

    @property
    def size(self) -> float:
        """The r of the negative binomial with this mean and variance."""
        return self.mean / max(self.scatter - 1 + self.mean / self.shape, 1e-9)


def no_traffic() -> Traffic:
    """Know nothing yet."""
    slots, week = np.zeros(QUARTERS), np.zeros(QUARTERS * WEEKDAYS)
    days, hours = np.zeros(WEEKDAYS), np.zeros(HOURS)
    prior = 1 / FIRST_WOBBLE
    return Traffic(
        -1, -1, slots, slots, slots, week, week, week, days, days, hours, hours,
        0.0, 0.0, 0.0, 0.0, prior, prior, 0.0, 0.0, 0, 0,
    )  # fmt: skip


def is_season_known(traffic: Traffic, start: int) -> bool:
    """Whether two days have been seen."""
    return traffic.first >= 0 and start - traffic.first >= SEASON_KNOWN


def is_week_known(traffic: Traffic, start: int) -> bool:
    """Whether every weekday has been seen."""
    return traffic.first >= 0 and start - traffic.first >= WEEK_KNOWN


def forecast(traffic: Traffic, start: int, width: int) -> Forecast:
    """Say how many rows the window from `start` should bring.

    Units: UTC nanoseconds.
    """
    quarter, week, weekday = _slots(start)
    hour, day = quarter // 4, _everyday(traffic, quarter)
    factor = (traffic.weekday_rows[weekday] + PSEUDO_ROWS) / (
        traffic.weekday_due[weekday] + PSEUDO_ROWS
    )
    pseudo = PSEUDO_WEEKS * max(QUARTER / width, 1.0)
    season = float(
        (traffic.week_rows[week] + pseudo * day * factor) / (traffic.week_windows[week] + pseudo)
    )
    shape, rate = _faded(traffic, width)
    level = shape / rate
    firm = min(shape, FIRMEST)
    known = float(traffic.day_rows[quarter] + traffic.week_rows[week]) + 1.0
    everywhere = (traffic.steps.sum() + 20 * FIRST_SCATTER) / (traffic.steps_due.sum() + 20)
    scatter = (traffic.steps[hour] + PSEUDO_SCATTER * everywhere) / (
        traffic.steps_due[hour] + PSEUDO_SCATTER
    )
    return Forecast(
        season,
        season * level,
        (season if traffic.week_windows[week] else min(season, day)) * min(1.0, level),
        1 / (1 / firm + 1 / known),
        max(1.0, float(scatter)),
        _empty_share(traffic, quarter, week, width),
        misfit_of(traffic, width) ** 0.5,
    )


def learn(
    traffic: Traffic, seen: Forecast, rows: int, start: int, width: int, *, lasting: bool = True
) -> Traffic:
    """Take a window in.  Unless `lasting`, only the level of the last minutes: what may be a fault
    must not become what is expected.  Until every weekday has been seen, everything teaches."""
    lasting = lasting or not is_week_known(traffic, start)
    if traffic.first < 0 and rows == 0:
        return traffic
    first = start if traffic.first < 0 else traffic.first
    n = float(rows)
    if is_week_known(traffic, start):
        reach = CLIP * seen.deviation + 1
        n = min(max(n, seen.mean - reach), seen.mean + reach)
    shape, rate = _faded(traffic, width)
    known = float(is_season_known(traffic, start))  # a level is relative to something
    gap = 0 if rows else traffic.gap + 1
    longest = max(traffic.longest, traffic.gap) if rows else traffic.longest
    new = replace(
        traffic,
        first=first,
        last_start=start,
        shape=shape + known * n / seen.scatter,
        rate=rate + known * seen.season / seen.scatter,
        last_rows=float(rows),
        last_season=seen.season,
        gap=gap,
        longest=longest,
    )
    return _learn_season(new, traffic, seen, n, rows, start, width) if lasting else new


def _learn_season(
    new: Traffic, old: Traffic, seen: Forecast, n: float, rows: int, start: int, width: int
) -> Traffic:
    quarter, week, weekday = _slots(start)
    hour, per_slot = quarter // 4, max(QUARTER / width, 1.0)
    per_day = DAY / width
    by_day, by_week = exp(-1 / (per_slot * DAYS_KEPT)), exp(-1 / (per_slot * WEEKS_KEPT))
    by_weekday = exp(-1 / (per_day * WEEKS_KEPT))
    # The first window is as usual as any: its weekday is not held against nothing, or itself.
    everyday = _everyday(old, quarter) if old.day_windows.any() else n
    due = seen.season + old.last_season
    step = (rows - old.last_rows) ** 2  # the season hardly moves between neighbours
    by_step = exp(-1 / (per_day / HOURS * SCATTER_DAYS))
    by_wobble = exp(-1 / (per_day * WOBBLE_DAYS))
    square = (n - seen.season) ** 2 / max(seen.season, 1e-9)
    most = CLIP_WOBBLE * (seen.scatter + seen.season * wobble_of(old, width))
    off, usual = (
        (rows - seen.mean) ** 2 / max(seen.mean, 1e-9),
        seen.scatter + seen.mean / seen.shape,
    )
    known = float(is_season_known(old, start))
    has_before = old.day_windows.sum() >= FIRST_HELD
    return replace(
        new,
        day_rows=_put(old.day_rows, quarter, by_day, n),
        day_windows=_put(old.day_windows, quarter, by_day, 1.0),
        day_empty=_put(old.day_empty, quarter, by_day, float(rows == 0)),
        week_rows=_put(old.week_rows, week, by_week, n),
        week_windows=_put(old.week_windows, week, by_week, 1.0),
        week_empty=_put(old.week_empty, week, by_week, float(rows == 0)),
        weekday_rows=_put(old.weekday_rows, weekday, by_weekday, n),
        weekday_due=_put(old.weekday_due, weekday, by_weekday, everyday),
        steps=_put(
            old.steps, hour, by_step, min(step, CLIP_SCATTER * seen.scatter * due + 1)
        ) if has_before else old.steps,
        steps_due=_put(old.steps_due, hour, by_step, due) if has_before else old.steps_due,
        wobble=by_wobble * old.wobble + known * (min(square, most) - seen.scatter),
        wobble_due=by_wobble * old.wobble_due + known * seen.season,
        misfit=by_wobble * old.misfit + known * (min(off, CLIP_WOBBLE * usual) - seen.scatter),
        misfit_due=by_wobble * old.misfit_due + known * seen.mean,
    )  # fmt: skip


def wobble_of(traffic: Traffic, width: int) -> float:
    """The relative variance of the level about the season, between days."""
    windows = max(traffic.day_windows.sum(), 1.0)
    held = traffic.day_rows.sum() / windows * DAY / width / 2  # half a day's rows
    raw = (traffic.wobble + held * FIRST_WOBBLE) / max(traffic.wobble_due + held, 1e-9)
    return float(min(max(raw, LEAST_WOBBLE), MOST_WOBBLE))


def misfit_of(traffic: Traffic, width: int) -> float:
    """The relative variance of the level about its forecast: what the last minutes do not tell."""
    windows = max(traffic.day_windows.sum(), 1.0)
    held = traffic.day_rows.sum() / windows * DAY / width / 2
    raw = (traffic.misfit + held * FIRST_MISFIT) / max(traffic.misfit_due + held, 1e-9)
    return float(min(max(raw, 0.0), MOST_WOBBLE))


def _empty_share(traffic: Traffic, quarter: int, week: int, width: int) -> float:
    """How often windows of this time of the week were empty; of the day, while it is the first."""
    by_day = float(traffic.day_empty[quarter] / (traffic.day_windows[quarter] + 1))
    by_week = float(traffic.week_empty[week] / (traffic.week_windows[week] + 1))
    is_first = traffic.week_windows[week] < WHOLE_SLOT * max(QUARTER / width, 1.0)
    return max(by_day, by_week) if is_first else by_week


def _faded(traffic: Traffic, width: int) -> tuple[float, float]:
    """The Gamma of the level a window later: nearer to its prior, whose mean is 1."""
    keep = exp(-width / LEVEL_KEPT)
    prior = (1 - keep) / wobble_of(traffic, width)
    return keep * traffic.shape + prior, keep * traffic.rate + prior


def _everyday(traffic: Traffic, quarter: int) -> float:
    """Rows of a window at a time of the day, whatever the weekday."""
    rows, windows = traffic.day_rows, traffic.day_windows
    part = slice(quarter // 4 * 4, quarter // 4 * 4 + 4)
    overall = _held(rows.sum(), windows.sum(), 0.0, 0.0)
    by_hour = _held(rows[part].sum(), windows[part].sum(), overall, PSEUDO_ROWS)
    return _held(rows[quarter], windows[quarter], by_hour, PSEUDO_ROWS)


def _slots(start: int) -> tuple[int, int, int]:
    """Quarter hour of the day, of the week, and the weekday, Monday being 0."""
    quarter = start // QUARTER % QUARTERS
    weekday = (start // DAY + THURSDAY) % WEEKDAYS
    return quarter, weekday * QUARTERS + quarter, weekday


def _held(rows: float, windows: float, prior: float, pseudo: float) -> float:
    """Rows a window, held to a prior by some pseudo-rows."""
    if pseudo == 0:
        return float(rows / max(windows, 1.0))
    return float((rows + pseudo) / (windows + pseudo / max(prior, 1e-9)))


def _put(values: NDArray[np.float64], at: int, keep: float, add: float) -> NDArray[np.float64]:
    """A copy with one place faded and added to."""
    changed = values.copy()
    changed[at] = keep * changed[at] + add
    return changed

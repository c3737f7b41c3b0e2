"""River's detector made for time series, on metric series: `PredictiveAnomalyDetection`.

Run as `run_river_forecasts.py SERIES.npz OUT.npz` in its own environment.  The file holds, for
every series k, the values `v{k}`, the values of a day `d{k}`, and the first place that is judged
`f{k}`.  Writes, for every setting s of its two forecasters, `winters{s}_{k}` and `snarimax{s}_{k}`:
the largest `n_std` at which the detector would have cried, so that a threshold on it is the choice
of `n_std`, the detector's only threshold (its own score stops at 1, where it cries).

The season's length is given, a day or a week.  The forecast is of the next value: whatever the
horizon, the detector compares the first value of the forecast.  Its running errors start after four
fifths of the time that is not judged, when the forecaster has settled.  A missing value gets 0, and
the forecaster learns its own forecast instead, since to leave it out would shift the season.
As documented, SNARIMAX reads as many lags as a season is long: at most 24 here, since the 288 of a
day of 5 minutes take too long.  Its other settings read few lags, and the season's.
"""

import math
import sys

import numpy as np
from river import anomaly, linear_model, optim, preprocessing, time_series

N_STD = 1e9  # the score never gets as far as 1, from which the error is not to be had back
WARM = 0.8  # share of the time not judged
# level, trend, season, multiplicative (where values are positive), days of a season
WINTERS = (
    (0.3, 0.1, 0.6, True, 1),  # as documented
    (0.3, 0.1, 0.6, False, 1),
    (0.3, 0.001, 0.2, False, 1),
    (0.1, 0.001, 0.2, False, 1),
    (0.02, 0.001, 0.2, False, 1),
    (0.1, 0.001, 0.4, True, 7),
    (0.02, 0.001, 0.6, False, 7),
)
# p, d, q, sp, sd, sq, rate, days of a season
SNARIMAX = (
    (24, 1, 24, 0, 1, 0, 0.005, 1),  # as documented
    (24, 0, 0, 2, 0, 0, 0.002, 1),
    (2, 0, 1, 1, 1, 1, 0.005, 1),
    (2, 0, 0, 2, 0, 0, 0.01, 1),
    (2, 0, 1, 1, 1, 1, 0.005, 7),
)

Forecaster = time_series.base.Forecaster


def winters(setting: tuple, per_day: int, positive: bool) -> Forecaster:
    """Return a Holt-Winters forecaster."""
    level, trend, season, multiplicative, days = setting
    return time_series.HoltWinters(
        level, trend, season, days * per_day, multiplicative=multiplicative and positive
    )


def snarimax(setting: tuple, per_day: int) -> Forecaster:
    """Return a seasonal autoregression that learns by stochastic gradients."""
    p, d, q, sp, sd, sq, rate, days = setting
    return time_series.SNARIMAX(
        p, d, q, days * per_day, sp, sd, sq,
        preprocessing.StandardScaler() | linear_model.LinearRegression(optim.SGD(rate)),
    )  # fmt: skip


def cries_at(forecaster: Forecaster, values: np.ndarray, first: int) -> np.ndarray:
    """Return the largest `n_std` at which the detector would have cried, from place `first` on."""
    detector = anomaly.PredictiveAnomalyDetection(forecaster, horizon=1, n_std=N_STD)
    found, last = np.zeros(len(values)), 0.0
    for t, value in enumerate(values.tolist()):
        if math.isnan(value):
            value = forecaster.forecast(1)[0] if t >= first else last
        elif t >= first:
            mean = detector.dynamic_mae.get()
            spread = math.sqrt(detector.dynamic_se_variance.get())
            score = detector.score_one(None, value)
            if spread > 0:
                found[t] = score * (mean / spread + N_STD) - mean / spread
        detector.learn_one(None, value)
        last = value
    return found


def main() -> None:
    data = np.load(sys.argv[1])
    out = {}
    for k in range(sum(name.startswith("v") for name in data.files)):
        values, per_day = data[f"v{k}"], int(data[f"d{k}"])
        first = int(WARM * int(data[f"f{k}"]))
        positive = bool(np.nanmin(values[:first]) > 0)
        for s, setting in enumerate(WINTERS):
            model = winters(setting, per_day, positive)
            out[f"winters{s}_{k}"] = cries_at(model, values, first)
        for s, setting in enumerate(SNARIMAX):
            out[f"snarimax{s}_{k}"] = cries_at(snarimax(setting, per_day), values, first)
    np.savez_compressed(sys.argv[2], **out)


if __name__ == "__main__":
    main()

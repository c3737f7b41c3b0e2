"""What would be noticed: how often such a change is told."""

import numpy as np
import pytest

from vedette.stats.noticed import noticed_rate, noticed_share
from vedette.stats.rate_bets import bets_against, window_bets


def test_more_rows_show_smaller_shares():
    shares = [noticed_share(n, 0.01, [0.015, 0.03, 0.1, 0.505], 1.0, 18.0) for n in (3, 10, 1e6)]
    assert shares[0] is None
    assert shares[1] > shares[2] >= 0.01


@pytest.mark.parametrize("dispersion", [1.0, 3.0])
@pytest.mark.parametrize("rows", [500, 20_000])
def test_a_share_that_is_noticed_pays_what_is_asked_four_times_in_five(rows, dispersion):
    """Hits of an effective number of rows, as the dispersion says."""
    rng, one = np.random.default_rng(1), np.full(4000, 0.01)
    bets = bets_against(np.array([0.01]))
    share = noticed_share(rows, 0.01, bets.rates[0].tolist(), dispersion, 18.0)
    hits = dispersion * rng.binomial(round(rows / dispersion), share, 4000)
    paid = window_bets(hits, np.full(4000, float(rows)), bets, dispersion * np.ones_like(one))
    told = (np.log(paid).max(axis=1) >= 18.0).mean()
    assert 0.75 < told < 0.9


def test_nothing_is_noticed_of_what_is_not_seen_or_too_common():
    assert noticed_rate(0, 0.01, 1.0, 24, 12.0) is None
    assert noticed_rate(1000, 0.95, 1.0, 24, 12.0) is None
    assert noticed_rate(1000, 0.0, 1.0, 24, 12.0) is None

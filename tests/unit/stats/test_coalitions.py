"""The Shapley value of games whose answer is known."""

import numpy as np
import pytest

from vedette.stats.coalitions import exact, factors, orders


def test_weights_of_a_player_add_up_to_one():
    for players in range(1, 7):
        for player in range(players):
            found = factors(player, players)
            assert sum(weight for _, weight in found) == pytest.approx(1)
            assert all(not coalition >> player & 1 for coalition, _ in found)


def test_the_glove_game():
    # One left and two right gloves: a pair is worth 1.  Shapley 1953: 2/3, 1/6, 1/6.
    worth = [float(bool(c & 1) and c != 1) for c in range(8)]
    assert exact(np.array([worth]))[0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_an_additive_game_gives_each_its_own():
    own = np.array([1.0, -2.0, 3.5, 0.0])
    worth = [sum(own[j] for j in range(4) if c >> j & 1) for c in range(16)]
    assert exact(np.array([worth, worth])).tolist() == [pytest.approx(own.tolist())] * 2


def test_shares_add_up_for_many_games():
    worth = np.random.default_rng(0).normal(size=(50, 32))
    assert exact(worth).sum(axis=1) == pytest.approx(worth[:, -1] - worth[:, 0])


def test_orders_come_with_their_reverse():
    found = orders(5, 3, 7)
    assert found.shape == (6, 5)
    assert (found[1::2] == found[::2, ::-1]).all()
    assert (np.sort(found, axis=1) == np.arange(5)).all()
    assert (orders(5, 3, 7) == found).all()

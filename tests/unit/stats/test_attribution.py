import numpy as np
import pytest

from vedette.sketches.losses import Losses
from vedette.stats.attribution import attribute, decompose


def losses(rows, loss):
    rows = np.array(rows)
    loss = np.array(loss, float)
    return Losses(rows, loss, loss)


def test_without_rows_there_is_nothing_to_take_apart():
    assert decompose(Losses.zero(3), losses([1, 1, 1], [1, 0, 0])) is None
    assert decompose(losses([1, 1, 1], [1, 0, 0]), Losses.zero(3)) is None
    assert attribute({"a": (Losses.zero(2), Losses.zero(2))}) is None
    assert attribute({}) is None


def test_one_row_on_each_side_is_never_beyond_chance():
    part = decompose(losses([1, 0], [0, 0]), losses([0, 1], [0, 1]))
    assert not part.mix.seen
    assert part.new.value == 1.0
    part = decompose(losses([1, 0], [0, 0]), losses([1, 0], [1, 0]))
    assert part.rate.value == 1.0


def test_equal_sides_have_no_change():
    one = losses([500, 300, 0], [50, 60, 0])
    part = decompose(one, one)
    assert part.change == part.mix.value == part.rate.value == part.new.value == 0
    assert part.shown_mixes.tolist() == part.shown_rates.tolist() == [0, 0, 0]


def test_what_chance_could_do_is_shown_as_nothing():
    part = decompose(losses([500, 500], [50, 100]), losses([52, 48], [5, 10]))
    assert part.mix.value != 0
    assert part.mix.shown == 0
    assert part.shown_mixes.tolist() == [0, 0]


def test_a_new_region_is_told_apart():
    part = decompose(losses([900, 0], [90, 0]), losses([700, 200], [70, 120]))
    assert part.fresh.tolist() == [False, True]
    assert part.new.value == pytest.approx(200 / 900 * (0.6 - 0.1))
    assert part.new.seen
    assert part.rate.value == pytest.approx(0)

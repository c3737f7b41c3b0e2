"""Shares of disagreement: exact over all mixtures, near it by random orders."""

from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from vedette.engine.skew.predictions import swaps as module
from vedette.engine.skew.predictions.caller import Answers
from vedette.engine.skew.predictions.mixed import Sides
from vedette.engine.skew.predictions.swaps import swaps
from vedette.engine.skew.predictions.unlike import ANSWERS, Tolerances

NAMES = ("a", "b", "c", "d")


def ask(rows):
    a, b, c, d = (rows.column(name).to_numpy() for name in NAMES)
    return answers(a * b + np.maximum(c, a) - d**2)


def answers(values):
    return Answers((pa.array(values),), np.zeros(len(values), np.bool_))


def sides(rows=60, seed=0):
    luck = np.random.default_rng(seed)
    online = pa.RecordBatch.from_arrays([pa.array(luck.normal(size=rows)) for _ in NAMES], NAMES)
    offline = tuple(pa.array(luck.normal(size=rows)) for _ in NAMES)
    return Sides(online, offline, NAMES)


def shared(both, **more):
    offline = pa.RecordBatch.from_arrays(list(both.offline), NAMES)
    asked = {"found": len(both), "classes": False, "batch_rows": 50} | more
    return swaps(both, ask(both.online), ask(offline), ask, ANSWERS, Tolerances({}), **asked)


def by_hand(both):
    """The mean over all orders of what each swap takes away, summed over rows."""
    totals = dict.fromkeys(NAMES, 0.0)
    on = {name: both.online.column(name).to_numpy() for name in NAMES}
    off = dict(zip(NAMES, (one.to_numpy() for one in both.offline), strict=True))
    aim = ask(pa.RecordBatch.from_pydict(off)).columns[0].to_numpy()
    orders = list(permutations(NAMES))
    for order in orders:
        rows = dict(on)
        before = np.abs(ask(pa.RecordBatch.from_pydict(rows)).columns[0].to_numpy() - aim)
        for name in order:
            rows[name] = off[name]
            after = np.abs(ask(pa.RecordBatch.from_pydict(rows)).columns[0].to_numpy() - aim)
            totals[name] += float((before - after).sum()) / len(orders)
            before = after
    whole = sum(totals.values())
    return {name: value / whole for name, value in totals.items()}


def test_all_mixtures_give_the_mean_over_all_orders():
    both = sides()
    found = shared(both)
    for name, share in by_hand(both).items():
        assert found.shares[name].value == pytest.approx(share)
        assert found.luck[name] == 0
    assert found.sampled == 0
    assert sum(one.value for one in found.shares.values()) == pytest.approx(1)


def test_random_orders_come_near_and_say_how_near(monkeypatch):
    both = sides(400)
    exact = shared(both)
    monkeypatch.setattr(module, "EXACT", 2)
    found = shared(both)
    assert found.sampled == 400
    assert sum(one.value for one in found.shares.values()) == pytest.approx(1)
    for name, share in exact.shares.items():
        assert 0 < found.luck[name] < 0.05
        assert abs(found.shares[name].value - share.value) < 4 * found.luck[name]
        assert found.shares[name].se >= share.se * 0.9


def test_the_stated_error_of_random_orders_is_true(monkeypatch):
    monkeypatch.setattr(module, "EXACT", 2)
    both = sides(80)
    runs = [shared(both, seed=1_000 * i) for i in range(40)]
    for name in NAMES:
        values = np.array([one.shares[name].value for one in runs])
        stated = np.mean([one.luck[name] for one in runs])
        assert 0.6 < values.std(ddof=1) / stated < 1.5


def test_rows_are_left_out_where_mixtures_would_be_too_many(monkeypatch):
    monkeypatch.setattr(module, "MIXTURES", 14 * 10)
    found = shared(sides(60))
    assert (found.used, found.found) == (10, 60)


def test_only_features_that_differ_play():
    both = sides(30)
    same = (
        both.offline[0],
        both.online.column("b"),
        both.online.column("c"),
        both.online.column("d"),
    )
    calls = []
    found = swaps(
        Sides(both.online, same, NAMES),
        ask(both.online),
        ask(pa.RecordBatch.from_arrays(list(same), NAMES)),
        lambda rows: calls.append(rows) or ask(rows),
        ANSWERS,
        Tolerances({}),
        found=30,
        classes=False,
        batch_rows=50,
    )
    assert list(found.shares) == ["a"]
    assert found.shares["a"].value == pytest.approx(1)
    assert calls == []  # one feature alone needs no mixture


def test_a_mixture_without_answer_leaves_its_row_out():
    both = sides(30)

    def holey(rows):
        values = ask(rows).columns[0].to_numpy().copy()
        mixed = rows.column("a").to_numpy() == both.online.column("a").to_numpy()[0]
        offline_b = rows.column("b").to_numpy() == both.offline[1].to_numpy()[0]
        values[mixed & offline_b] = np.nan
        return answers(values)

    offline = pa.RecordBatch.from_arrays(list(both.offline), NAMES)
    found = swaps(
        both, ask(both.online), ask(offline), holey, ANSWERS, Tolerances({}),
        found=30, classes=False, batch_rows=500,
    )  # fmt: skip
    assert found.used == 29
    assert sum(one.value for one in found.shares.values()) == pytest.approx(1)

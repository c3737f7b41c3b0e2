"""Two tables whose columns go together otherwise: what is found, named and shown.

Owns: findings of pairs through `vedette.compare`.  Does not own: the tests (`tests/unit/stats`),
how often nothing is found (`bench`).
"""

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd

N = 4_000


def table(seed: int, rho: float = 0.5, late: float = 0.2) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=N)
    carrier = rng.choice(["UA", "DL", "AA"], N, p=[0.5, 0.3, 0.2])
    size = np.sort(rng.lognormal(2, 1, N))
    order = np.argsort(rng.normal(size=N) + late * (carrier == "UA"))
    delay = np.empty(N)
    delay[order] = size
    columns = {
        "x1": x,
        "x7": rho * x + np.sqrt(1 - rho**2) * rng.normal(size=N),
        "dep_delay": delay,
        "carrier": carrier,
        "alone": rng.random(N),
    }
    return pa.table(columns)


@pytest.fixture(scope="module")
def turned() -> vd.Comparison:
    return vd.compare(table(0), table(1, rho=-0.5, late=1.5))


def test_pairs_are_found_though_no_column_changed(turned):
    assert not turned.ok
    assert {f.column for f in turned.alarms} == {"x1 & x7", "carrier & dep_delay"}
    assert set(turned.verdicts.values()) == {"calm"}
    first = next(f for f in turned.alarms if f.column == "x1 & x7")
    assert (first.monitor, first.component, first.unit) == (
        "dependence", "association", "correlation",
    )  # fmt: skip
    assert first.expected == pytest.approx(0.5, abs=0.05)
    assert first.observed == pytest.approx(-0.5, abs=0.05)
    assert first.low < first.effect < first.high < -0.8
    assert first.reason.startswith("`x1` and `x7` go together the other way: correlation 0.")


def test_the_neighbourhood_that_gained_most_is_named(turned):
    told = next(f for f in turned.alarms if f.component == "pattern")
    assert told.reason.startswith("`carrier` and `dep_delay` meet otherwise: `carrier` = UA and ")
    found = turned.to_dict()["dependence"]
    assert (found["pairs"], found["changed"], found["rows"]) == (10, 2, [N, N])
    where = next(o for o in found["told"] if o["pair"] == told.column)["neighbourhood"]
    assert abs(where["now"] - where["before"]) > 0.03
    assert abs(where["expected"] - where["before"]) < 0.03


def test_nothing_is_said_of_tables_alike_and_one_line_says_how_much_was_looked_at():
    result = vd.compare(table(0), table(2))
    assert result.ok
    (calm,) = [f for f in result.findings if f.monitor == "dependence"]
    assert calm.verdict == "calm"
    assert calm.reason.startswith("no change of how columns go together beyond chance")


def test_it_can_be_left_out_and_needs_rows():
    one, two = table(0), table(1, rho=-0.5)
    assert vd.compare(one, two, dependence=False).to_dict()["dependence"] is None
    baseline = vd.Baseline.fit(one)
    assert vd.compare(baseline, vd.profile(two, baseline)).to_dict()["dependence"] is None


def test_sensitive_columns_are_left_out():
    one, two = table(0), table(1, rho=-0.5)
    result = vd.compare(one, two, columns={"x7": {"role": "sensitive"}})
    assert "x7" not in result.to_dict()["dependence"]["columns"]
    assert result.ok


def test_many_changed_pairs_are_counted_and_the_worst_told():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(N, 1))
    one = pa.table({f"c{i}": (x + rng.normal(size=(N, 1)))[:, 0] for i in range(8)})
    two = pa.table({f"c{i}": np.sqrt(2) * rng.normal(size=N) for i in range(8)})
    found = vd.compare(one, two).to_dict()["dependence"]
    assert found["changed"] == 28
    assert len(found["told"]) == 10


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_few_rows_are_no_error(rows):
    assert vd.compare(table(0), table(1).slice(0, rows)).to_dict()["dependence"] is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("slope", [1.0, -1.0, 0.0])
def test_columns_that_were_the_same_have_an_interval(slope):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, N))
    same = pa.table({"a": x, "b": x})
    one = vd.compare(same, pa.table({"a": y, "b": slope * y if slope else x}))
    (found,) = (f for f in one.findings if f.monitor == "dependence")
    assert (found.verdict == "calm") == (slope == 1.0)
    assert found.low <= found.effect <= found.high
    assert found.effect == pytest.approx(slope - 1, abs=0.06)
    assert found.high - found.low < 0.1
    assert slope == 1.0 or found.low < found.high < -0.9


def test_a_text_that_changed_does_not_crowd_out_other_pairs():
    def noted(seed, rho, topic):
        rng = np.random.default_rng(seed)
        words = np.array([f"word{at}" for at in range(200)])
        told = [" ".join(words[rng.integers(0, 200, 10)]) for _ in range(N)]
        new = rng.random(N) < topic
        text = [
            ("tax refund invoice " if is_new else "") + one
            for is_new, one in zip(new, told, strict=True)
        ]
        return table(seed, rho).append_column("note", pa.array(text))

    fields = {"note": {"kind": "text"}}
    found = vd.compare(noted(0, 0.5, 0.0), noted(1, 0.25, 0.5), columns=fields)
    pairs = [f.column for f in found.alarms if f.monitor == "dependence"]
    assert "x1 & x7" in pairs
    assert sum(pair.count("note.") == 2 for pair in pairs) == 1
    assert found.to_dict()["dependence"]["changed"] > 10

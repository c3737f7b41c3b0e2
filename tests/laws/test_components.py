"""What every finding of a comparison obeys, whatever its component.

Owns: the laws of two-sample findings, and one planted fault per component of the catalogue.  Does
not own: error rates (`bench`), formulas (`tests/golden`).
"""

import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vedette as vd
from vedette.monitors.catalog import COMPONENTS

N = 3_000
NAMES = {"north": "norden", "south": "sueden", "east": "osten"}


def table(n=N, seed=1):
    """Two ordered columns, two nominal ones, a segment."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "amount": rng.normal(10, 2, n),
            "visits": rng.poisson(4, n),
            "country": rng.choice(["DE", "FR", "IT", "ES"], n, p=[0.5, 0.28, 0.17, 0.05]),
            "ok": rng.random(n) < 0.3,
            "shop": rng.choice(list(NAMES), n, p=[0.5, 0.3, 0.2]),
        }
    )


def put(reference, **columns):
    for name, column in columns.items():
        reference = reference.set_column(
            reference.schema.get_field_index(name), name, pa.array(column)
        )
    return reference


REFERENCE = table()
SHIFTED = put(
    table(seed=2),
    amount=np.random.default_rng(3).normal(10.6, 2.4, N),
    country=np.random.default_rng(3).choice(["DE", "FR", "IT", "XX"], N),
)


def numbers(finding):
    """What a finding rests on, without its words."""
    return (
        finding.verdict,
        finding.effect,
        finding.p,
        finding.p_margin,
        finding.low,
        finding.high,
        finding.n_baseline,
        finding.n_window,
    )


def by_aspect(result, rename=lambda segment: segment):
    return {
        (f.column, f.component, f.category, rename(f.segment)): numbers(f) for f in result.findings
    }


# --- purity ---------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_output():
    one = vd.compare(REFERENCE, SHIFTED, segments=["shop"])
    two = vd.compare(REFERENCE, SHIFTED, segments=["shop"])
    assert one.to_json() == two.to_json()


def test_another_process_says_the_same(tmp_path):
    """Under another seed of Python's hash, which orders sets."""
    for name, t in (("r", REFERENCE), ("c", SHIFTED)):
        pq.write_table(t, tmp_path / f"{name}.parquet")
    paths = [str(tmp_path / f"{name}.parquet") for name in "rc"]
    code = (
        "import sys, vedette as vd; print(vd.compare(*sys.argv[1:], segments=['shop']).to_json())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, *paths],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] == vd.compare(*paths, segments=["shop"]).to_json()


def test_inputs_are_not_mutated():
    frames = REFERENCE.to_pandas(), SHIFTED.to_pandas()
    kept = [frame.copy(deep=True) for frame in frames]
    before = REFERENCE.to_pylist(), SHIFTED.to_pylist()
    vd.compare(*frames, segments=["shop"], columns={"amount": {"method": "psi"}})
    vd.compare(REFERENCE, SHIFTED, segments=["shop"])
    assert all(frame.equals(copy) for frame, copy in zip(frames, kept, strict=True))
    assert (REFERENCE.to_pylist(), SHIFTED.to_pylist()) == before


def test_profiles_and_baselines_are_not_mutated():
    baseline = vd.Baseline.fit(REFERENCE)
    profile = vd.profile(SHIFTED, baseline)
    states = [{k: c.integers() for k, c in p.cells.items()} for p in (baseline.profile, profile)]
    first = vd.compare(baseline, profile).to_json()
    assert vd.compare(baseline, profile).to_json() == first
    again = [{k: c.integers() for k, c in p.cells.items()} for p in (baseline.profile, profile)]
    assert again == states


# --- what must not matter -------------------------------------------------------------------------


def test_renaming_segments_renames_findings_and_nothing_else():
    def renamed(t):
        return put(t, shop=[NAMES[name] for name in t["shop"].to_pylist()])

    def rename(segment):
        column, _, value = segment.partition("=")
        return f"{column}={NAMES[value]}" if segment else ""

    one = vd.compare(REFERENCE, SHIFTED, segments=["shop"])
    two = vd.compare(renamed(REFERENCE), renamed(SHIFTED), segments=["shop"])
    expected = by_aspect(one, rename)
    expected = {
        (column, component, NAMES.get(category, category), segment): value
        for (column, component, category, segment), value in expected.items()
    }
    assert any(segment for *_, segment in expected)
    assert by_aspect(two) == expected


@pytest.mark.parametrize("method", ["scores", "psi", "ks", "wasserstein"])
@pytest.mark.parametrize("factor", [8.0, 2.0**-20, 2.0**300])
def test_a_change_of_unit_changes_no_verdict(method, factor):
    def scaled(t):
        return put(t, amount=np.asarray(t["amount"]) * factor, visits=np.asarray(t["visits"]) * 1.0)

    columns = {"amount": {"method": method}}
    plain = [put(t, visits=np.asarray(t["visits"]) * 1.0) for t in (REFERENCE, SHIFTED)]
    one = vd.compare(*plain, columns=columns)
    two = vd.compare(scaled(REFERENCE), scaled(SHIFTED), columns=columns)
    assert by_aspect(two) == by_aspect(one)
    assert "amount" in {f.column for f in one.alarms}


def test_a_change_of_unit_and_zero_changes_no_verdict():
    """From one scale to another, as Celsius to Fahrenheit; exact on these values."""

    def on_a_grid(t, scale=1.0, zero=0.0):
        return put(t, amount=scale * np.round(np.asarray(t["amount"]) * 1024) / 1024 + zero)

    one = vd.compare(on_a_grid(REFERENCE), on_a_grid(SHIFTED))
    two = vd.compare(on_a_grid(REFERENCE, 2.0, 3.0), on_a_grid(SHIFTED, 2.0, 3.0))
    assert by_aspect(two) == by_aspect(one)


def test_the_order_of_columns_does_not_matter():
    order = ["shop", "visits", "ok", "amount", "country"]
    one = vd.compare(REFERENCE, SHIFTED)
    two = vd.compare(REFERENCE.select(order), SHIFTED.select(order[::-1]))
    assert by_aspect(two) == by_aspect(one)
    assert [f.id for f in two.findings] == [f.id for f in one.findings]


def test_the_order_of_rows_does_not_matter():
    ordered = ["amount", "visits"]
    at = np.random.default_rng(4).permutation(N)
    one = vd.compare(REFERENCE.select(ordered), SHIFTED.select(ordered))
    two = vd.compare(REFERENCE.select(ordered).take(at), SHIFTED.select(ordered).take(at[::-1]))
    assert by_aspect(two) == by_aspect(one)
    three = vd.compare(REFERENCE, SHIFTED.take(at), segments=["shop"])
    assert by_aspect(three) == by_aspect(vd.compare(REFERENCE, SHIFTED, segments=["shop"]))


# --- no rows, no change ---------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [(True, False), (False, True), (True, True)], ids=str)
def test_no_rows_is_unknown_with_a_reason(sides):
    result = vd.compare(*(REFERENCE.slice(0, 0) if empty else REFERENCE for empty in sides))
    assert set(result.verdicts.values()) == {"unknown"}
    assert {f.verdict for f in result.findings} == {"unknown"}
    assert all(f.reason for f in result.findings)
    assert result.verdict == "None of the 5 columns can be judged."


@pytest.mark.parametrize("kind", ["missing", "nan", "broken"])
def test_no_value_on_either_side_is_never_called_calm(kind):
    column = {
        "missing": pa.nulls(500, pa.float64()),
        "nan": pa.array(np.full(500, np.nan)),
        "broken": pa.array(["no number"] * 500),
    }[kind]
    t = pa.table({"x": column})
    result = vd.compare(t, t, columns={"x": {"kind": "numeric"}})
    assert result.ok
    assert result.verdicts == {"x": "unknown"}


@pytest.mark.parametrize("rows", [1, 2, 3, 20, N])
def test_a_table_against_itself_is_calm(rows):
    t = REFERENCE.slice(0, rows)
    result = vd.compare(t, t, segments=["shop"])
    assert result.ok
    assert not {f.verdict for f in result.findings} & {"alarming", "notable"}
    if rows == N:
        assert set(result.verdicts.values()) == {"calm"}


def test_many_categories_against_themselves_are_calm():
    rng = np.random.default_rng(5)
    t = pa.table({"city": [f"city {k}" for k in rng.geometric(0.01, N)]})
    assert vd.compare(t, t).ok


# --- a larger change is never less evident --------------------------------------------------------


def planted_level(size, rng):
    return put(REFERENCE, amount=rng.normal(10 + 2 * size, 2, N))


def planted_missing(size, rng):
    amount = np.asarray(table(seed=9)["amount"])
    return put(REFERENCE, amount=pa.array(amount, mask=rng.random(N) < size))


def planted_newcomer(size, rng):
    country = np.asarray(table(seed=9)["country"].to_pylist(), object)
    return put(REFERENCE, country=np.where(rng.random(N) < size, "XX", country).tolist())


LARGER = {
    "level": (planted_level, "amount", [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]),
    "missing": (planted_missing, "amount", [0, 0.002, 0.005, 0.01, 0.05, 0.2, 0.6, 1.0]),
    "unseen": (planted_newcomer, "country", [0, 0.001, 0.003, 0.01, 0.05, 0.2, 0.6, 1.0]),
}


@pytest.mark.parametrize("component", LARGER)
def test_a_larger_change_never_gives_less_evidence(component):
    plant, column, sizes = LARGER[component]
    evidence, magnitude = [], []
    for size in sizes:
        result = vd.compare(REFERENCE, plant(size, np.random.default_rng(6)))
        own = [f for f in result.findings if (f.column, f.component) == (column, component)]
        evidence.append(max((f.evidence for f in own), default=0.0))
        magnitude.append(max((f.magnitude for f in own), default=0.0))
    assert evidence == sorted(evidence)
    assert magnitude[1:] == sorted(magnitude[1:])
    assert evidence[0] < 1.5 < 10 < evidence[-1]


# --- every component can alarm --------------------------------------------------------------------


def rng():
    return np.random.default_rng(7)


def some(share):
    return rng().random(N) < share


def fresh(name):
    return np.asarray(table(seed=8)[name].to_pylist(), object)


def amounts():
    return fresh("amount").astype(float)


def holes(column, share=0.2, value=None):
    return [value if hit else x for hit, x in zip(some(share), column, strict=True)]


def far():
    return np.where(some(0.1), 100 * np.random.default_rng(8).choice([-1, 1], N), 0)


# A fault per component: the column that it is planted in, and the faulty column.
PLANTS = {
    "level": ("amount", lambda: rng().normal(11, 2, N)),
    "spread": ("amount", lambda: rng().normal(10, 3, N)),
    "skew": ("amount", lambda: 8 + 2 * rng().exponential(1, N)),
    "shape": ("amount", lambda: 10 + 2 * rng().choice([-1, 1], N) + rng().normal(0, 0.3, N)),
    "category": ("country", lambda: rng().choice(["DE", "FR", "IT"], N)),
    "distance": ("amount", lambda: rng().normal(11, 2, N)),
    "missing": ("ok", lambda: holes(fresh("ok"))),
    "not_finite": ("amount", lambda: holes(amounts(), value=np.nan)),
    "broken": ("visits", lambda: holes(fresh("visits").astype(str), value="?")),
    "range": ("amount", lambda: amounts() + far()),
    "unseen": ("country", lambda: holes(fresh("country"), value="XX")),
}
SETTINGS = {"distance": {"columns": {"amount": {"method": "psi"}}}}


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_alarms_on_its_planted_fault_and_names_the_column(component):
    assert component in PLANTS, "plant a fault for the new component"
    column, fault = PLANTS[component]
    settings = SETTINGS.get(component, {})
    result = vd.compare(REFERENCE, put(table(seed=8), **{column: fault()}), **settings)
    found = [f for f in result.alarms if f.component == component]
    assert {f.column for f in found} == {column}
    assert {f.column for f in result.alarms} == {column}
    assert {f.monitor for f in found} == {COMPONENTS[component][0]}
    for f in found:
        assert f"`{column}`" in f.reason
        assert f.low <= f.effect <= f.high
        assert 0 <= f.p <= f.p_adjusted < 0.05
        assert f.evidence > 1.3
    document = json.loads(result.to_json())
    assert document["columns"][0]["name"] == column
    assert document["columns"][0]["verdict"] == "alarming"


@pytest.mark.parametrize(("side", "sign"), [("below", -1), ("above", 1)])
def test_values_beyond_one_end_are_named_by_it(side, sign):
    amount = fresh("amount").astype(float) + np.where(some(0.05), sign * 100, 0)
    result = vd.compare(REFERENCE, put(REFERENCE, amount=amount))
    assert (side, "amount") in {(f.component, f.column) for f in result.alarms}


# --- whatever arrives, an answer ------------------------------------------------------------------

ODD = {
    "gone": None,
    "empty": pa.nulls(N, pa.float64()),
    "constant": pa.array([1.0] * N),
    "infinite": pa.array([np.inf, -np.inf] * (N // 2)),
    "huge": pa.array([1.7e308, -1.7e308] * (N // 2)),
    "tiny": pa.array([5e-324, 0.0] * (N // 2)),
    "text": pa.array(["?"] * N),
    "lists": pa.array([[1.0]] * N),
    "bytes": pa.array([b"\xff\xfe"] * N, pa.large_binary()),
    "instants": pa.array([1] * N, pa.timestamp("us")),
    "durations": pa.array([1] * N, pa.duration("us")),
    "booleans": pa.array([True, False] * (N // 2)),
}


@pytest.mark.parametrize("column", ["amount", "visits", "country", "ok", "shop"])
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_column_is_a_finding_or_a_reason_never_an_exception(odd, column):
    kinds = {f.name: f.kind for f in vd.infer_schema(REFERENCE).fields}
    if ODD[odd] is None:
        bad = REFERENCE.drop_columns([column])
    else:
        bad = REFERENCE.set_column(REFERENCE.schema.get_field_index(column), column, ODD[odd])
    result = vd.compare(REFERENCE, bad)
    assert result.verdicts[column] != "calm"
    assert {name for name, v in result.verdicts.items() if v != "calm"} == {column}
    assert json.loads(result.to_json())["ok"] is result.ok
    back = vd.compare(bad, bad, columns={} if odd == "gone" else {column: {"kind": kinds[column]}})
    assert back.ok

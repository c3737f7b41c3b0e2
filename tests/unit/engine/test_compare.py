"""`compare`: what it takes, what it says, and how it fails."""

import json

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import vedette as vd

N = 2_000


@pytest.fixture(scope="module")
def reference():
    rng = np.random.default_rng(1)
    return pa.table(
        {
            "amount": rng.lognormal(3, 1, N),
            "age": rng.poisson(40, N),
            "country": rng.choice(["DE", "FR", "IT"], N, p=[0.5, 0.3, 0.2]),
            "ok": rng.random(N) < 0.3,
        }
    )


def changed(table, **columns):
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(column))
    return table


def test_the_same_table_is_calm(reference):
    result = vd.compare(reference, reference)
    assert result.ok
    assert {f.verdict for f in result.findings} == {"calm"}
    assert "None of the 4 columns" in result.verdict


def test_a_shift_is_named_with_effect_interval_and_sizes(reference):
    shifted = np.asarray(reference["amount"]) * 1.5
    result = vd.compare(reference, changed(reference, amount=shifted))
    first = result.alarms[0]
    assert (first.column, first.component, first.unit) == ("amount", "level", "sd")
    assert 0.3 < first.low < first.effect < first.high < 0.5
    assert (first.n_baseline, first.n_window) == (N, N)
    assert first.observed == pytest.approx(1.5 * first.expected)
    assert not result.ok


def test_frames_of_every_library_give_the_same_findings(reference, tmp_path):
    import pyarrow.parquet as pq

    current = changed(reference, age=np.asarray(reference["age"]) + 3)
    for table, name in ((reference, "r"), (current, "c")):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    expected = vd.compare(reference, current).to_dict()["findings"]
    pairs = [
        (reference.to_pandas(), current.to_pandas()),
        (pl.from_arrow(reference), pl.from_arrow(current)),
        (str(tmp_path / "r.parquet"), tmp_path / "c.parquet"),
        (reference.to_reader(), current.to_reader()),
    ]
    for one, two in pairs:
        assert vd.compare(one, two).to_dict()["findings"] == expected


def judged(result):
    """Findings without what float sums show, which may differ in the last digit."""
    shown = ("observed", "expected")
    return [
        {key: value for key, value in finding.items() if key not in shown}
        for finding in result.to_dict()["findings"]
    ]


def test_profiles_in_place_of_tables_say_the_same(reference, tmp_path):
    current = changed(reference, age=np.asarray(reference["age"]) + 3)
    expected = judged(vd.compare(reference, current, dependence=False))  # which takes rows
    baseline = vd.Baseline.fit(reference)
    profile = vd.profile(current.slice(0, 700), baseline) + vd.profile(current.slice(700), baseline)
    assert judged(vd.compare(baseline, profile)) == expected
    assert judged(vd.compare(baseline.profile, profile, baseline=baseline)) == expected
    vd.save(tmp_path / "r.vdp", baseline)
    vd.save(tmp_path / "c.vdp", baseline, profile)
    result = vd.compare(tmp_path / "r.vdp", tmp_path / "c.vdp")
    assert judged(result) == expected
    assert judged(vd.compare(tmp_path / "r.vdp", current)) == expected


def test_a_baseline_of_other_data_judges_both_sides_plainly(reference):
    baseline = vd.Baseline.fit(reference)
    rng = np.random.default_rng(2)
    wide = changed(reference, amount=rng.lognormal(3.5, 1.2, N))
    fresh = changed(reference, country=rng.choice(["DE", "XX"], N))
    same = vd.compare(wide, wide, baseline=baseline)
    assert same.ok
    result = vd.compare(wide, fresh, baseline=baseline)
    found = {(f.column, f.component) for f in result.alarms}
    assert ("country", "unseen") in found
    assert any(column == "amount" for column, _ in found)


def test_segments_say_where(reference):
    rng = np.random.default_rng(3)
    country = np.asarray(reference["country"].to_pylist())
    amount = np.asarray(reference["amount"]).copy()
    amount[country == "IT"] *= 3
    many = rng.choice(list("abcdefgh"), N)
    table = reference.append_column("shop", pa.array(many))
    current = changed(table, amount=amount)
    result = vd.compare(table, current, segments=["country"])
    segments = {f.segment for f in result.alarms if f.component == "level"}
    assert "country=IT" in segments
    assert "country=DE" not in segments
    assert all(f.reason.count("where country") == bool(f.segment) for f in result.alarms)


def test_min_effect_and_method_follow_wildcards(reference):
    current = changed(reference, age=np.asarray(reference["age"]) + 3)
    assert not vd.compare(reference, current).ok
    assert vd.compare(reference, current, columns={"a*": {"min_effect": 2.0}}).ok
    by_psi = vd.compare(reference, current, columns={"age": {"method": "psi", "min_effect": 0.1}})
    components = {f.component for f in by_psi.findings if f.column == "age"}
    assert "distance" in components
    assert not components & {"level", "spread", "skew", "shape"}
    assert by_psi.alarms[0].unit == "psi"


@pytest.mark.parametrize(
    "method", ["psi", "js", "hellinger", "total_variation", "w", "chi_square", "ks", "wasserstein"]
)
def test_every_method_finds_a_large_change_and_is_calm_on_none(reference, method):
    current = changed(reference, age=np.asarray(reference["age"]) + 10)
    columns = {"age": {"method": method, "min_effect": 0.1}}
    assert {f.column for f in vd.compare(reference, current, columns=columns).alarms} == {"age"}
    assert vd.compare(reference, reference, columns=columns).ok


def test_methods_of_ordered_columns_leave_categories_to_the_scores(reference):
    current = changed(reference, country=np.random.default_rng(0).choice(["DE", "FR"], N))
    result = vd.compare(reference, current, columns={"*": {"method": "ks"}})
    assert "country" in {f.column for f in result.alarms}


def test_roles_are_checked_and_leave_columns_out(reference):
    with pytest.raises(vd.UsageError, match="did you mean 'country'"):
        vd.compare(reference, reference, label="contry")
    result = vd.compare(reference, reference, id="age")
    assert result.ignored == {"age": "role id is not compared"}


def test_a_table_without_common_columns_is_an_error(reference):
    with pytest.raises(vd.UsageError, match="no column in common"):
        vd.compare(reference, {"other": [1.0]})


def test_a_profile_of_another_baseline_is_an_error(reference):
    one, two = vd.Baseline.fit(reference), vd.Baseline.fit(reference.slice(100))
    with pytest.raises(vd.UsageError, match="another baseline"):
        vd.compare(one, two.profile)


def test_text_and_vectors_are_compared_through_descriptors():
    rng = np.random.default_rng(4)
    words = ["alpha", "beta", "gamma", "delta", "omega"]

    def table(n_words, shift):
        text = [" ".join(rng.choice(words, n_words)) + f" {i}" for i in range(N)]
        vectors = rng.normal(size=(N, 16)) + shift
        return pa.table({"review": text, "embedding": list(vectors)})

    result = vd.compare(table(6, 0.0), table(9, 0.4))
    alarmed = {f.column for f in result.alarms}
    assert "review.words" in alarmed
    assert any(name.startswith("embedding.projection_") for name in alarmed)
    columns = {c["name"]: c for c in result.to_dict()["columns"]}
    assert columns["review.words"]["derived_from"] == "review"


def test_the_joint_classifier_sees_what_no_single_column_shows():
    rng = np.random.default_rng(5)

    def table(rho):
        x = rng.normal(size=N)
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=N)
        return pa.table({"x": x, "y": y, "z": rng.normal(size=N)})

    result = vd.compare(table(0.8), table(-0.8), joint=True)
    assert {f.monitor for f in result.alarms} == {"joint", "dependence"}
    assert {name for name, _ in result.joint.columns[:2]} == {"x", "y"}
    assert vd.compare(table(0.8), table(0.8), joint=True).ok


def test_score_and_label_are_counted_together():
    rng = np.random.default_rng(6)
    score = rng.random(N)
    table = pa.table({"score": score, "label": rng.random(N) < score})
    profile = vd.Baseline.fit(table, score="score", label="label").profile
    joint = profile.joints["score", "label"]
    assert joint.counts.sum() == N


def test_workers_do_not_change_the_answer(reference):
    current = changed(reference, age=np.asarray(reference["age"]) + 3)
    one = vd.compare(reference, current, workers=1, segments=["country"])
    four = vd.compare(reference, current, workers=4, segments=["country"])
    assert one.to_json() == four.to_json()


def test_the_document_is_json_and_the_result_shows_itself(reference, tmp_path):
    current = changed(reference, age=np.asarray(reference["age"]) + 3)
    result = vd.compare(reference, current)
    written = json.loads(result.to_json(tmp_path / "r.json"))
    assert written == json.loads((tmp_path / "r.json").read_text())
    assert written["ok"] is False
    assert str(result).startswith("1 of 4 columns changed in a way that matters: `age`.")
    assert "age" in result._repr_html_()
    assert "<failure" in result.to_junit(tmp_path / "r.xml")
    assert result.to_html(tmp_path / "r.html").stat().st_size < 2_000_000


def test_the_joint_classifier_stands_empty_columns():
    rng = np.random.default_rng(7)
    table = pa.table({"x": rng.normal(size=400), "gone": pa.nulls(400, pa.float64())})
    assert vd.compare(table, table, joint=True).ok


def test_strict_never_alarms_where_the_default_does_not():
    rng = np.random.default_rng(8)
    for _ in range(40):
        table = pa.table({f"c{i}": rng.normal(size=2_000) for i in range(5)})
        few = pa.table({f"c{i}": rng.normal(size=16) * (1 + 0.2 * i) for i in range(5)})
        default = {(f.column, f.component) for f in vd.compare(table, few).alarms}
        strict = {(f.column, f.component) for f in vd.compare(table, few, strict=True).alarms}
        assert strict <= default


def test_a_smaller_spread_is_not_told_as_a_larger_one():
    rng = np.random.default_rng(9)
    result = vd.compare({"x": rng.normal(size=N)}, {"x": rng.normal(1.1, 0.8, N)})
    spread = next(f for f in result.findings if f.component == "spread")
    assert "scatters more" not in spread.reason
    assert spread.observed < spread.expected


def test_the_limit_of_a_distance_is_no_limit_of_rates(reference):
    gone = changed(reference, amount=[None] * 1200 + [1.0] * (N - 1200))
    columns = {"amount": {"method": "psi", "min_effect": 50.0}}
    alarms = vd.compare(reference, gone, columns=columns).alarms
    assert [f.component for f in alarms if f.column == "amount"] == ["missing"]


def test_a_distance_between_numbers_is_refused_for_categories_by_name(reference):
    with pytest.raises(vd.SettingsError, match="ks needs numbers in an order; got kind category"):
        vd.compare(reference, reference, columns={"country": {"method": "ks"}})


def test_a_constant_column_has_no_deviation(reference):
    result = vd.compare(reference, changed(reference, amount=[0.1] * N))
    current = next(c for c in result.to_dict()["columns"] if c["name"] == "amount")["current"]
    assert (current["mean"], current["sd"]) == (0.1, 0.0)


def test_what_a_rate_was_not_shown_to_exceed_is_said_in_points():
    words = np.where(np.arange(20_000) % 400 == 0, None, 1.5)
    same = vd.compare({"x": [1.5, 2.5] * 10_000}, {"x": list(words)})
    missing = next(f for f in same.findings if f.component == "missing")
    assert missing.verdict == "notable"
    assert "not shown to exceed 0.25 points" in missing.reason


def test_a_schema_may_be_a_path_and_wrong_arguments_say_so(reference, tmp_path):
    path = tmp_path / "schema.yaml"
    path.write_text("version: 1\nfields:\n  age: {kind: category}\n")
    result = vd.compare(reference, reference, schema=path)
    assert result.baseline.schema["age"].kind == "category"
    with pytest.raises(vd.UsageError, match="baseline is no baseline; got int"):
        vd.compare(reference, reference, baseline=3)
    with pytest.raises(vd.UsageError, match="schema"):
        vd.compare(reference, reference, schema=3)


def test_unseen_categories_that_were_to_be_expected_are_no_effect():
    rng = np.random.default_rng(10)
    table = pa.table({"s": [f"c{i}" for i in rng.integers(0, 3_000, 1_000)]})
    other = pa.table({"s": [f"c{i}" for i in rng.integers(0, 3_000, 1_000)]})
    result = vd.compare(table, other, columns={"s": {"kind": "category"}})
    unseen = next(f for f in result.findings if f.component == "unseen")
    assert result.ok
    assert unseen.observed > 0.5
    assert abs(unseen.effect) < 0.1
    assert unseen.low <= unseen.effect <= unseen.high

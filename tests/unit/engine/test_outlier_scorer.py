"""`OutlierScorer` on anything that is a table: the same scores, its file, errors in words."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vedette as vd


def table(rows: int, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return pa.table(
        {
            "event": [f"e{i}" for i in range(rows)],
            "x": x,
            "y": x + rng.normal(size=rows),
            "kind": rng.choice(["a", "b", "c"], rows),
        }
    )


@pytest.fixture(scope="module")
def scorer():
    return vd.OutlierScorer.fit(table(4000), id="event")


def test_every_form_of_the_same_rows_scores_the_same(scorer, tmp_path):
    rows = table(300, 1)
    path = tmp_path / "rows.parquet"
    pq.write_table(rows, path)
    whole = scorer.score(rows)
    forms = (path, str(path), rows.to_pandas(), rows.to_pylist(), rows.to_pydict())
    for form in forms:
        assert scorer.score(form).score.tobytes() == whole.score.tobytes()
    assert scorer.score(rows.to_pylist()[7]).score[0] == whole.score[7]
    assert scorer.score(pd.DataFrame({"x": []})).verdict == "There are no rows."


def test_it_is_the_same_after_its_file(scorer, tmp_path):
    rows, path = table(500, 2), tmp_path / "likeness.vdp"
    scorer.save(path)
    again = vd.OutlierScorer.load(path)
    assert again.columns == scorer.columns == ("x", "y", "kind")
    before, after = scorer.score(rows), again.score(rows)
    assert before.p.tobytes() == after.p.tobytes()
    assert before.to_dict() == after.to_dict()


def test_the_rarest_rows_come_first_with_the_columns_to_blame(scorer):
    rows = table(2000, 3).to_pydict()
    rows["x"][11], rows["kind"][500], rows["y"][1700] = 1e6, "never", None
    found = scorer.score(rows)
    document = found.to_dict(top=3)
    assert {(one["row"], one["id"]["event"]) for one in document["rows"]} == {
        (11, "e11"), (500, "e500"), (1700, "e1700"),
    }  # fmt: skip
    told = {one["row"]: one["reasons"][0]["reason"] for one in document["rows"]}
    assert told[500] == "`kind` 'never' was never seen in the reference"
    assert told[1700] == "`y` is missing"
    assert told[11].startswith("`x` 1,000,000 lies above everything in the reference (max ")
    assert str(found.reasons(500)[0]) == told[500]
    assert found.reasons(500)[0].words(shown=False).startswith("`kind` has a value that was never")


def test_only_more_rare_rows_than_by_chance_are_a_finding(scorer):
    calm = scorer.score(table(5000, 4))
    assert calm.ok
    assert calm.verdict.endswith("are unlike the reference, as chance allows.")
    rows = table(5000, 5).to_pydict()
    rows["x"][:100] = [50.0] * 100
    assert not scorer.score(rows).ok
    # Of a single row nothing is certain but that it is as rare as any can be.
    assert scorer.score({"x": 0.0, "y": 0.0, "kind": "a"}).ok


def test_values_that_go_together_in_no_row_are_told_as_such():
    rng = np.random.default_rng(6)
    x = rng.normal(size=6000)
    columns = {name: x + 0.1 * rng.normal(size=6000) for name in "abcde"}
    found = vd.OutlierScorer.fit(columns).score(dict.fromkeys("abde", 1.5) | {"c": -1.5})
    reason = found.reasons(0)[0]
    assert (reason.column, reason.kind) == ("c", "together")
    assert found.p[0] < 0.001


def test_means_of_rows_stand_for_rows():
    rows = table(4000)
    kept = vd.OutlierScorer.fit(rows, id="event", centroids_of=10)
    sample = kept.baseline.outliers.parts["sample"]
    assert len(sample) <= 2000 // 10
    odd = kept.score({"x": 40.0, "y": 0.0, "kind": "a"})
    assert odd.p[0] < 0.001
    p = np.sort(kept.score(table(10_000, 7)).p)
    assert np.abs(p - np.arange(1, len(p) + 1) / len(p)).max() < 0.05


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reference": {"x": [1.0] * 5}}, "has too few rows; got 5; wanted 50"),
        ({"reference": {"x": [f"id{i}" for i in range(500)]}}, "has no column that says what rows"),
        ({"reference": {"x": [1.0] * 500}, "nearest": 0}, "nearest is out of range; got 0"),
        ({"reference": {"x": [1.0] * 500}, "sampled": "many"}, "sampled is out of range; got 'm"),
        ({"reference": 5}, "is not a table"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_one_sentence(given, said):
    with pytest.raises(vd.UsageError, match=said):
        vd.OutlierScorer.fit(**given)


def test_wrong_use_is_said_in_one_sentence(scorer, tmp_path):
    with pytest.raises(vd.UsageError, match="there is no such row; got 1; wanted 0 to 0"):
        scorer.score({"x": 1.0}).reasons(1)
    with pytest.raises(vd.UsageError, match="there is no such file"):
        vd.OutlierScorer.load(tmp_path / "nothing.vdp")
    few = vd.Baseline.fit({"x": [1.0, 2.0]})
    vd.save(tmp_path / "few.vdp", few)
    with pytest.raises(vd.UsageError, match=r"few\.vdp': knows nothing of single rows"):
        vd.OutlierScorer.load(tmp_path / "few.vdp")
    with pytest.raises(vd.UsageError, match="has nothing to hold rows against"):
        vd.OutlierScorer(few)


def test_one_row_may_hold_a_vector():
    rng = np.random.default_rng(5)
    table = {"x": rng.normal(size=400).tolist(), "e": rng.normal(size=(400, 4)).tolist()}
    scorer = vd.OutlierScorer.fit(table)
    row = {"x": table["x"][0], "e": table["e"][0]}
    (listed,) = scorer.score([row]).score
    for one in (row, {**row, "e": np.array(row["e"])}, {**row, "e": tuple(row["e"])}):
        assert scorer.score(one).score.tolist() == [listed]
    assert len(scorer.score({"e": row["e"]})) == 1
    assert len(scorer.score(table)) == len(scorer.score({"e": table["e"]})) == 400

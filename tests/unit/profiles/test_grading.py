"""What a reference says of how its model is graded, and how classes are spelt."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.profiles.classes import Classes
from vedette.profiles.graded_rows import read_labels, read_predictions
from vedette.profiles.grading import OTHER, TASKS, TERMS, Grading, facts_of, terms_of
from vedette.profiles.grading_fit import MOST_CLASSES, fit_grading

ROLES = {"said": "prediction", "p": "score", "y": "label"}


def fitted(columns, kinds=(), **options):
    """Fit on columns named by role: said, p, y and any other."""
    fields = [
        Field(name, dict(kinds).get(name, "category"), ROLES.get(name, "attribute"))
        for name in columns
    ]
    return fit_grading(pa.table(columns), Schema(tuple(fields)), **options)


NUMBERS = {"said": "numeric", "p": "numeric", "y": "integer"}
BINARY = [
    ({"p": [0.1, 0.9], "y": [0, 1]}, ("0", "1")),
    ({"p": [0.1, 0.9], "y": [0.0, 1.0]}, ("0", "1")),
    ({"p": [0.1, 0.9], "y": [False, True]}, ("false", "true")),
    ({"p": [0.1, 0.9], "y": ["no", "yes"]}, ("no", "yes")),
    ({"p": [0.9, 0.2], "y": ["bad", "good"]}, ("good", "bad")),  # the one that scores higher
    ({"said": [0, 1, 0], "y": [0, 1, 1]}, ("0", "1")),
    ({"said": [True, False], "y": [1, 0]}, ("0", "1")),
    ({"said": ["True", "False"], "y": [1, 0]}, ("0", "1")),
    ({"said": [True, False], "y": [0, 0]}, ("0", "1")),  # a reference without a positive
    ({"p": [0.2, 0.3], "y": [1, 1]}, ("0", "1")),
    ({"said": ["a", "a", "b"], "y": ["a", "a", "b"]}, ("a", "b")),  # the rarer
    ({"p": [-3.0, 2.0], "y": [0, 1]}, ("0", "1")),
]


@pytest.mark.parametrize(("columns", "classes"), BINARY)
def test_two_classes(columns, classes):
    nominal = isinstance(columns["y"][0], str | bool)
    kinds = NUMBERS | ({"y": "category"} if nominal else {})
    found = fitted(columns, kinds)
    assert (found.task, found.classes) == ("binary", classes)
    assert found.scores == (("p",) if "p" in columns else ())


def test_a_predicted_chance_is_a_score():
    found = fitted({"said": [0.2, 0.7, 0.4], "y": [0, 1, 1]}, NUMBERS)
    assert (found.task, found.prediction, found.scores) == ("binary", None, ("said",))
    assert found.columns == ("said",)


def test_positive_is_chosen_by_the_user():
    columns = {"p": [0.1, 0.9], "y": ["no", "yes"]}
    assert fitted(columns, {"p": "numeric"}, positive="no").classes == ("yes", "no")


@pytest.mark.parametrize(
    ("score", "threshold"), [([-3.0, 1.0, 2.0, -1.0], 0.0), ([300.0, 500.0, 700.0, 800.0], 600.0)]
)
def test_a_score_that_is_no_chance(score, threshold):
    found = fitted({"p": score, "y": [0, 0, 1, 1]}, NUMBERS)
    assert not found.chances
    assert found.threshold == threshold
    assert set(score) <= set(found.edges[0])


def test_many_classes_with_and_without_scores():
    found = fitted({"said": ["a", "b", "c"], "y": ["a", "b", "d"]})
    assert (found.task, found.classes, found.scores) == (
        "multiclass", ("a", "b", "c", "d", OTHER), (),
    )  # fmt: skip
    scores = {"score.a": [0.5, 0.2, 0.1], "score.b": [0.25, 0.7, 0.1], "score.c": [0.25, 0.1, 0.8]}
    found = fitted({**scores, "y": ["a", "b", "c"]}, dict.fromkeys(scores, "numeric"))
    assert found.scores == ("score.a", "score.b", "score.c", "")
    assert len(found.edges) == len(found.classes) == 4
    assert found.chances


def test_whole_numbers_are_classes_where_each_has_a_score():
    scores = {f"score.{c}": [0.3, 0.3, 0.4] for c in (1, 2, 3)}
    found = fitted({**scores, "y": [1, 2, 3]}, {**dict.fromkeys(scores, "numeric"), "y": "integer"})
    assert (found.task, found.classes) == ("multiclass", ("1", "2", "3", OTHER))


def test_two_scores_by_class_are_one_model_of_two():
    scores = {"score.no": [0.9, 0.2], "score.yes": [0.1, 0.8]}
    found = fitted({**scores, "y": ["no", "yes"]}, dict.fromkeys(scores, "numeric"))
    assert (found.task, found.scores) == ("binary", ("score.yes",))


def test_too_many_classes_share_the_last():
    names = [f"c{k:03d}" for k in range(70) for _ in range(70 - k)]
    found = fitted({"said": names, "y": names})
    assert found.classes == (*(f"c{k:03d}" for k in range(MOST_CLASSES - 1)), OTHER)
    read = read_labels(pa.array(["c000", "c069", "never seen", None]), found)
    assert read.codes.tolist() == [0, 49, 49, -1]


def test_numbers():
    y = np.arange(1000.0)
    found = fitted({"said": y + 2, "y": y}, {"said": "numeric", "y": "numeric"}, quantiles=(0.5,))
    assert (found.task, found.scale, found.centre) == ("regression", 2.0, 499.5)
    assert terms_of(found)[-1] == "pinball@0.5"


def test_numbers_without_an_error_are_measured_in_their_own_spread():
    found = fitted({"said": [0.0, 4.0], "y": [0.0, 4.0]}, {"said": "numeric", "y": "numeric"})
    assert found.scale == 2.0


def test_whole_numbers_declared_as_categories_are_classes():
    columns = {"said": [1, 2, 3], "y": [1, 2, 3]}
    assert fitted(columns, {"said": "integer", "y": "integer"}).task == "regression"
    assert fitted(columns).task == "multiclass"


def test_lists():
    columns = {"p": [[0.5, 0.1]], "y": [[1, 0]]}
    found = fitted(columns, {"p": "vector", "y": "vector"}, top=(2,))
    assert (found.task, found.scores, found.top) == ("ranking", ("p",), (2,))
    assert terms_of(found)[-2:] == ("ndcg@2", "hit_rate@2")
    shown = fitted({"said": [["x", "y"]], "y": [[1, 0]]}, {"y": "vector"})
    assert (shown.task, shown.prediction, shown.scores) == ("ranking", "said", ())


NOTHING = [
    {"p": [0.1, 0.2]},  # no label
    {"y": [0, 1]},  # nothing predicted
    {"p": [0.1, 0.2], "y": pa.nulls(2, pa.int64())},
    {"p": [0.1, 0.2], "y": ["only", "only"]},  # one class, and no word for the other
    {"p": [0.1, 0.2, 0.3], "y": ["a", "b", "c"]},  # one score for many classes
    {"p": [0.1], "y": [[1, 0]]},  # a list beside a number
    {"said": ["x", "y"], "y": [1.5, 2.5]},
]


@pytest.mark.parametrize("columns", NOTHING)
def test_what_cannot_be_graded(columns):
    kinds = {"y": "numeric"} if columns.get("y") == [1.5, 2.5] else {}
    assert fitted(columns, {"p": "numeric", **kinds}) is None


def test_an_empty_reference_is_not_graded():
    empty = {"p": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}
    assert fitted(empty, NUMBERS) is None


def test_every_task_has_terms():
    assert set(TERMS) == set(TASKS)
    for task, terms in TERMS.items():
        assert terms[:2] == ("one", "loss")
        assert facts_of(Grading(task, "said")).terms[: len(terms)] == terms


# --- reading --------------------------------------------------------------------------------------

YES_NO = Grading("binary", None, ("p",), "y", ("0", "1"), (np.array([0.5]),))
SPELT = [
    pa.array([1, 0, None]),
    pa.array([1.0, 0.0, None]),
    pa.array([True, False, None]),
    pa.array(["1", "0", None]),
    pa.array(["1.0", "0.0", None]),
    pa.array(["TRUE", "false", None]),
    pa.array(["yes", "no", "perhaps"]),
    pa.array(["1", "0", None]).dictionary_encode(),
    pa.array([1, 0, None]).dictionary_encode(),
    pa.array(["1", "0", None], pa.large_string()),
    pa.array([1, 0, 7], pa.int8()),
    pa.chunked_array([[1], [0, None]]),
]


@pytest.mark.parametrize("column", SPELT, ids=str)
def test_labels_of_any_type(column):
    read = read_labels(column, YES_NO)
    assert read.codes.tolist() == [1, 0, -1]
    assert read.usable.tolist() == [True, True, False]


@pytest.mark.parametrize(
    "column", [pa.array([[1], [0]]), pa.array([datetime.date(2024, 1, 1)] * 2), pa.nulls(2)]
)
def test_labels_that_are_none(column):
    assert read_labels(column, YES_NO).usable.tolist() == [False, False]


def test_labels_that_are_numbers():
    grading = Grading("regression", "said")
    read = read_labels(pa.array(["1.5", "x", None, "inf"]), grading)
    assert read.numbers[0] == 1.5
    assert read.usable.tolist() == [True, False, False, False]
    assert read_labels(pa.array([[1.0]]), grading).usable.tolist() == [False]


def test_classes_that_are_not_yes_and_no_are_not_read_as_such():
    assert Classes(("0", "1", "2")).place("true") == -1
    assert Classes(("0", "2")).place("false") == -1
    assert Classes(("-1", "1")).place("0.0") == 0
    assert Classes(("no", "yes")).place("True") == 1
    assert Classes(("01", "1")).place("01") == 0


def test_a_row_without_a_class_takes_it_from_its_score():
    grading = Grading("binary", "said", ("p",), "y", ("0", "1"), (np.array([0.5]),), threshold=0.3)
    batch = pa.record_batch(
        {"said": pa.array(["1", None, None, None]), "p": pa.array([0.1, 0.3, 0.2, np.nan])}
    )
    read = read_predictions(batch, grading)
    assert read.codes.tolist() == [1, 1, 0, -1]
    assert read.places.tolist() == [[0, 0, 0, 2]]


def test_scores_of_many_classes_and_what_they_leave():
    grading = Grading(
        "multiclass", None, ("score.a", "score.b", ""), "y", ("a", "b", OTHER),
        (np.array([0.5]), np.array([0.5]), np.array([0.5])),
    )  # fmt: skip
    batch = pa.record_batch(
        {"score.a": pa.array([0.2, 0.1, None]), "score.b": pa.array([0.7, 0.1, 0.5])}
    )
    read = read_predictions(batch, grading)
    assert read.codes.tolist() == [1, 2, -1]
    assert read.scores[2, :2] == pytest.approx([0.1, 0.8])
    assert read.usable.tolist() == [True, True, False]


def test_predictions_that_did_not_arrive():
    batch = pa.record_batch({"else": [1, 2]})
    gradings = (YES_NO, Grading("regression", "said"), Grading("ranking", "said"),
                Grading("ranking", None, ("p",)))  # fmt: skip
    for grading in gradings:
        assert not read_predictions(batch, grading).usable.any()

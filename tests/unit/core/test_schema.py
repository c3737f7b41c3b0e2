"""Schema: validation, roles, changes, identity."""

import pytest

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError, nearest
from vedette.core.schema import Field, Schema


def schema(*fields):
    return Schema(tuple(fields))


def test_the_fingerprint_follows_every_declaration():
    one = schema(Field("x", "numeric"))
    assert one.fingerprint == schema(Field("x", "numeric")).fingerprint
    for other in (
        schema(Field("y", "numeric")),
        schema(Field("x", "integer")),
        schema(Field("x", "numeric", unit="EUR")),
        schema(Field("x", "numeric", constraints=Constraints(min=0))),
    ):
        assert other.fingerprint != one.fingerprint


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Field("x", "number"), "unknown kind; got 'number'"),
        (lambda: Field("x", "numeric", role="labels"), "did you mean 'label'"),
        (lambda: Field("", "numeric"), "empty name"),
        (lambda: Field("x", "numeric", environments=("prod",)), "unknown environment"),
        (lambda: schema(Field("x", "numeric"), Field("x", "text")), "declared twice"),
        (lambda: schema(Field("x", "time", "time"), Field("y", "time", "time")), "two fields"),
        (lambda: Constraints(min=2, max=1), "min is above max"),
        (lambda: Constraints(below=float("nan")), "below is no number; got nan"),
        (lambda: Schema((), unique=((),)), "a set of unique is empty"),
        (lambda: schema(Field("age", "integer"))["agee"], "did you mean 'age'"),
        (lambda: schema(Field("age", "integer")).replace({"agee": {}}), "did you mean 'age'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, said):
    with pytest.raises(SchemaError, match=said):
        make()


def test_replace_and_select_keep_the_order():
    three = schema(Field("a", "numeric"), Field("b", "numeric"), Field("c", "numeric"))
    assert three.replace({"b": {"role": "label"}}).with_role("label")[0].name == "b"
    assert three.select(["c", "a"]).names == ("a", "c")
    assert "b" in three


def test_nearest_says_nothing_when_nothing_is_close():
    assert nearest("zzz", ["alpha"]) == ""


def test_equal_schemas_have_equal_fingerprints():
    plain = schema(Field("x", "numeric"))
    spelt = Field("x", "numeric", "feature", None, Constraints(), ("training", "serving"))
    assert plain == schema(spelt)
    assert plain.fingerprint == schema(spelt).fingerprint
    whole, real = (schema(Field("x", "numeric", constraints=Constraints(min=m))) for m in (0, 0.0))
    assert whole.fingerprint == real.fingerprint

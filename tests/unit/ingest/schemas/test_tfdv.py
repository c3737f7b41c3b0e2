"""What schemas of TensorFlow Data Validation say that vedette cannot hold is listed, and the rest
comes back."""

import pytest

import vedette as vd
from vedette.core.errors import SchemaError
from vedette.ingest.schemas import tfdv, tfdv_written
from vedette.ingest.schemas.tfdv import ANY


def read(text):
    return tfdv.read(text)


def listed(text):
    return [(one.where, one.what) for one in read(text).unsupported]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("type: FLOAT skew_comparator { infinity_norm { threshold: 0.01 } }", "skew_comparator"),
        ("type: FLOAT drift_comparator { infinity_norm { threshold: 0.01 } }", "drift_comparator"),
        ("type: INT unique_constraints { min: 2 max: 2 }", "unique_constraints"),
        ("type: INT presence { min_count: 3 }", "presence.min_count 3"),
        ("type: INT group_presence { required: true }", "group_presence"),
        ("type: BYTES image_domain {}", "image_domain"),
        ("type: BYTES url_domain {}", "url_domain"),
        ("type: BYTES natural_language_domain { vocabulary: 'v' }", "natural_language_domain"),
        ("type: BYTES time_domain { string_format: '%Y' }", "time_domain"),
        ("type: STRUCT", "type STRUCT"),
        ("type: FLOAT value_counts { value_count { min: 1 } }", "value_counts"),
        ("type: FLOAT shape { dim { size: 2 } dim { size: 3 } }", "shape"),
        ("type: FLOAT float_domain { disallow_nan: true }", "float_domain.disallow_nan"),
        ("type: FLOAT float_domain { is_embedding: true }", "float_domain.is_embedding"),
        ("type: INT int_domain { min: 9007199254740993 }", "int_domain.min"),
        ("type: INT domain: 'nowhere'", "domain 'nowhere'"),
        ("type: INT in_environment: 'EVAL'", "environment 'EVAL'"),
        ("type: INT annotation { tag: 'x' }", "annotation"),
        ("type: INT int_domain { min: 0 } lifecycle_stage: ALPHA", "ALPHA"),
        ("type: INT int_domain { min: 0 } deprecated: true", "deprecated"),
        ("type: INT distribution_constraints { min_domain_mass: 0.9 }", "distribution_constraints"),
    ],
)
def test_a_part_of_a_feature_that_is_listed(said, what):
    assert ("feature 'x'", what) in listed(f'feature {{ name: "x" {said} }}')


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ('sparse_feature { name: "s" }', "sparse_feature"),
        ('weighted_feature { name: "w" }', "weighted_feature"),
        ("represent_variable_length_as_ragged: true", "represent_variable_length_as_ragged"),
        ("dataset_constraints { num_examples_drift_comparator { min_fraction_threshold: 1 } }",
         "dataset_constraints.num_examples_drift_comparator"),
        ('default_environment: "EVAL"', "default_environment 'EVAL'"),
    ],
)  # fmt: skip
def test_a_part_of_a_schema_that_is_listed(said, what):
    assert ("schema", what) in listed(said)


def test_domains_of_the_schema_are_found():
    schema = read(
        'feature { name: "s" type: BYTES domain: "d" } feature { name: "n" type: INT domain: "i" }'
        'string_domain { name: "d" value: "a" } int_domain { name: "i" min: 1 }'
    ).result
    assert schema["s"].constraints.allowed == ("a",)
    assert schema["n"].constraints.min == 1


def test_lists_and_their_lengths():
    schema = read(
        'feature { name: "v" type: FLOAT value_count { min: 2 max: 5 } }'
        'feature { name: "w" type: FLOAT shape { dim { size: 3 } } }'
    ).result
    lengths = [(one.constraints.min_length, one.constraints.max_length) for one in schema.fields]
    assert lengths == [(2, 5), (3, 3)]
    assert [one.type for one in schema.fields] == ["list", "list"]


def test_words_for_true_and_false_are_taken_as_they_are():
    schema = read(
        'feature { name: "b" type: BYTES bool_domain { true_value: "Y" false_value: "N" } }'
    )
    assert schema.result["b"].constraints.allowed == ("Y", "N")


FIELDS = (
    vd.Field("x", "numeric", type="float64", constraints=vd.Constraints(
        required=True, min=0.1, max=5, finite=True)),
    vd.Field("i", "integer", type="int64", constraints=vd.Constraints(present=ANY, min=-3)),
    vd.Field("s", "category", type="string", constraints=vd.Constraints(
        present=0.5, allowed=("a", "b"), mostly=0.9)),
    vd.Field("y", "boolean", environments=("training",), constraints=vd.Constraints(required=True)),
    vd.Field("v", "vector", type="list", optional=True, constraints=vd.Constraints(
        min_length=2, max_length=4)),
    vd.Field("t", "text", type="string", constraints=vd.Constraints(required=True)),
    vd.Field("c", "category", type="int64", constraints=vd.Constraints(present=ANY)),
    vd.Field("z", "integer", type="string", constraints=vd.Constraints(required=True, max=9)),
    vd.Field("r", "numeric", type="string", constraints=vd.Constraints(required=True, max=9)),
)  # fmt: skip


def test_what_it_can_hold_comes_back_the_same():
    schema = vd.Schema(FIELDS, closed=True, min_rows=5, max_rows=50)
    written = tfdv_written.write(schema)
    assert written.unsupported == ()
    assert tfdv.read(written.result) == (type(written)(schema, ()))


def test_what_it_cannot_hold_is_listed():
    limits = vd.Constraints(
        min=0.123456789012, above=0.5, step=0.5, forbidden=("7",), unique=True, mostly=0.9,
        required=True,
    )  # fmt: skip
    fields = (
        vd.Field("x", "numeric", "label", "km", limits, type="float32"),
        vd.Field("s", "id", type="string", constraints=vd.Constraints(pattern="a", min_length=2)),
        vd.Field("w", "time", type="datetime", constraints=vd.Constraints(min=0, required=True)),
    )
    rules = (vd.Schema(fields, unique=(("x", "s"),)),)
    written = tfdv_written.write(rules[0])
    assert [(one.where, one.what) for one in written.unsupported] == [
        ("field 'x'", "role label"),
        ("field 'x'", "unit km"),
        ("field 'x'", "type float32"),
        ("field 'x'", "min 0.123456789012"),
        ("field 'x'", "above 0.5"),
        ("field 'x'", "step 0.5"),
        ("field 'x'", "forbidden 7"),
        ("field 'x'", "unique"),
        ("field 'x'", "mostly 0.9"),
        ("field 's'", "pattern a"),
        ("field 's'", "min_length 2"),
        ("field 'w'", "type datetime"),
        ("field 'w'", "min 0"),
        ("schema", "columns that may hold no value at all s"),
        ("schema", "unique x, s"),
        ("schema", "closed False"),
        ("field 's'", "kind id"),
        ("field 'w'", "kind time"),
    ]


def test_whole_numbers_have_no_strict_limits():
    limits = vd.Constraints(above=0, below=10.5)
    schema = vd.Schema((vd.Field("n", "integer", type="int64", constraints=limits),))
    back = tfdv.read(tfdv_written.write(schema).result).result["n"].constraints
    assert (back.min, back.max) == (1, 10)


@pytest.mark.parametrize("source", ["feature { nam: 'x' }", b"\xff\xff\xff", "{"])
def test_a_broken_message_is_an_error(source):
    with pytest.raises(SchemaError, match="is no schema of TensorFlow Data Validation"):
        tfdv.read(source)

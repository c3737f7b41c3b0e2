"""The YAML form of schemas: what is written is read back, and errors name the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError
from vedette.core.schema import (
    ENVIRONMENTS,
    KINDS,
    ROLES,
    TYPES,
    UNIQUE_ROLES,
    Approval,
    Field,
    Rule,
    Schema,
)
from vedette.core.schema_yaml import dump_schema, load_schema

texts = st.text(min_size=1, max_size=12) | st.sampled_from(
    [
        "yes",
        "no",
        "null",
        "~",
        "1",
        "1.5",
        "2020-01-01",
        "a: b",
        "#x",
        "<<",
        "=",
        "- x",
        "'",
        '"',
        " x ",
    ]
)
environments = st.sampled_from([ENVIRONMENTS, ("training",), ("serving",), ()])
approvals = st.builds(Approval, texts, texts, texts, st.lists(texts, max_size=2).map(tuple), texts)
numbers = st.none() | st.floats(allow_nan=False)


@st.composite
def constraints(draw: st.DrawFn) -> Constraints:
    low, high = draw(numbers), draw(numbers)
    if low is not None and high is not None and low > high:
        low, high = high, low
    least, most = sorted((draw(st.integers(0, 9)), draw(st.integers(0, 9))))
    shares = st.floats(0, 1)
    return Constraints(
        min_length=draw(st.sampled_from([None, least])),
        max_length=draw(st.sampled_from([None, most])),
        step=draw(st.none() | st.floats(1e-9, 1e9)),
        forbidden=draw(st.none() | st.lists(texts, max_size=2).map(tuple)),
        finite=draw(st.booleans()),
        unique=draw(st.booleans()),
        present=draw(st.none() | shares),
        mostly=draw(shares),
        required=draw(st.booleans()),
        min=low,
        max=high,
        allowed=draw(st.none() | st.lists(texts | st.just(""), max_size=3).map(tuple)),
        pattern=draw(st.sampled_from([None, "[a-z]+", "no", "~", r"\d{3}: '.*'"])),
    )


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(texts, unique=True, max_size=4))
    fields = []
    for name in names:
        roles = [r for r in ROLES if r not in UNIQUE_ROLES or r not in {f.role for f in fields}]
        fields.append(
            Field(
                name,
                draw(st.sampled_from(KINDS)),
                role=draw(st.sampled_from(roles)),
                unit=draw(st.none() | texts | st.just("")),
                constraints=draw(constraints()),
                environments=draw(environments),
                type=draw(st.none() | st.sampled_from(TYPES)),
                optional=draw(st.booleans()),
            )
        )
    quoted = [f"missing(`{name.replace('`', '``')}`)" for name in names]
    checks = st.sampled_from(["true", "1 < 2", "'no' != '~'", "'#' == 'a: b'"])
    checks |= (
        st.sampled_from(quoted) if names and "vector" not in {f.kind for f in fields} else checks
    )
    rules = draw(
        st.lists(st.builds(Rule, texts, checks, environments, st.floats(0, 1)), max_size=3)
    )
    least, most = sorted((draw(st.integers(0, 99)), draw(st.integers(0, 99))))
    return Schema(
        tuple(fields),
        rules=tuple({rule.name: rule for rule in rules}.values()),
        unique=draw(st.sampled_from([(), (tuple(names),)])) if names else (),
        closed=draw(st.booleans()),
        min_rows=draw(st.sampled_from([None, least])),
        max_rows=draw(st.sampled_from([None, most])),
        approvals=tuple(draw(st.lists(approvals, max_size=2))),
    )


@given(schemas())
def test_what_is_written_is_read_back(schema: Schema) -> None:
    again = load_schema(dump_schema(schema))
    assert again == schema
    assert load_schema(dump_schema(again)).fingerprint == again.fingerprint


def test_long_names_are_read_back() -> None:
    schema = Schema((Field("x" * 3000, "numeric"), Field("é" * 200, "text", unit="u " * 200)))
    assert load_schema(dump_schema(schema)) == schema


def test_the_form_is_readable() -> None:
    schema = Schema(
        (
            Field("age", "integer", unit="years", constraints=Constraints(min=0.0, max=130.0)),
            Field("Größe", "numeric"),
            Field("answer", "category", role="label", environments=("training",)),
            Field("flag", "category", constraints=Constraints(required=True, allowed=("yes", "x"))),
        )
    )
    assert dump_schema(schema) == (
        "# vedette schema, version 1\n"
        "version: 1\n"
        "fields:\n"
        "  age:\n"
        "    kind: integer\n"
        "    unit: years\n"
        "    constraints: {min: 0, max: 130}\n"
        "  Größe: {kind: numeric}\n"
        "  answer:\n"
        "    kind: category\n"
        "    role: label\n"
        "    environments: [training]\n"
        "  flag:\n"
        "    kind: category\n"
        "    constraints:\n"
        "      required: true\n"
        "      allowed: ['yes', x]\n"
    )


def test_plain_values_are_text_where_text_is_meant() -> None:
    schema = load_schema(
        "version: 1\n"
        "fields:\n"
        "  007: {kind: category, unit: ~, constraints: {allowed: [yes, 01, 2020-01-01], min: 1e3}}\n"
        "  no:\n"
        "    kind: boolean\n"
        "    constraints:\n"
    )
    assert schema.names == ("007", "no")
    assert schema["007"].constraints == Constraints(allowed=("yes", "01", "2020-01-01"), min=1000.0)
    assert schema["007"].unit is None


@pytest.mark.parametrize("text", ["version: 1\nfields:", "version: 1\nfields: {}"])
def test_no_fields(text: str) -> None:
    assert load_schema(text) == Schema(())
    assert load_schema(dump_schema(Schema(()))) == Schema(())


# ruff: noqa: E501 - one case per line
FIELD = "version: 1\nfields:\n  a:\n    kind: numeric\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml: is empty"),
        ("[1]", "s.yaml line 1: wanted names with values here; got a list"),
        ("fields: {}", "there is no version; wanted version: 1"),
        ("version: 2\nfields: {}", "s.yaml line 1: unknown version; got 2; wanted 1"),
        ("version: 1", "there are no fields"),
        ("version: 1\nfield: {}", "s.yaml line 2: unknown key 'field'; did you mean 'fields'?"),
        ("version: 1\nfields: [a]", "s.yaml line 2: wanted names with values here; got a list"),
        ("version: 1\nfields:\n  a: numeric", "s.yaml line 3: wanted names with values here; got 'numeric'"),
        ("version: 1\nfields:\n  a: {}", "s.yaml line 3: field 'a' has no kind"),
        ("version: 1\nfields:\n  '': {kind: id}", "s.yaml line 3: a field has an empty name"),
        (FIELD + "    rôle: label", "s.yaml line 5: unknown key 'rôle'; did you mean 'role'?"),
        (FIELD + "    zzz: label", "known keys are kind, role, type, unit, optional, constraints"),
        (FIELD + "    role: lable", "s.yaml line 5: unknown role; got 'lable'; wanted one of feature"),
        (FIELD + "    role: [label]", "s.yaml line 5: role is not a plain value; got a list"),
        (FIELD + "    kind: text", "s.yaml line 5: 'kind' is given twice"),
        (FIELD + "  a: {kind: text}", "s.yaml line 5: 'a' is given twice"),
        (FIELD + "    environments: training", "s.yaml line 5: environments is not a list"),
        (FIELD + "    environments:\n    - live", "s.yaml line 6: unknown environment; got 'live'"),
        (FIELD + "    constraints: {pattern: '(?=a)'}", "s.yaml line 5: pattern is no expression of RE2; got '(?=a)'; invalid perl"),
        (FIELD + "rules: {r: a > b}", "s.yaml rule 'r' character 5: there is no field 'b'"),
        (FIELD + "rules:\n  r: {check: a > 'x', mostly: 2}", "s.yaml line 6: mostly is no share"),
        (FIELD + "unique: [a]", "s.yaml line 5: a set of unique is not a list; got 'a'"),
        (FIELD + "rows: {min: -3}", "s.yaml line 5: rows min is no whole number from 0; got '-3'"),
        (FIELD + "    constraints: {min: .nan}", "s.yaml line 5: min is no number; got nan"),
        (FIELD + "    constraints:\n      mim: 1", "s.yaml line 6: unknown key 'mim'; did you mean 'min'?"),
        (FIELD + "    constraints:\n      min: low", "s.yaml line 6: min is not a number; got 'low'"),
        (FIELD + "    constraints:\n      required: 1", "line 6: required is neither true nor false"),
        (FIELD + "    constraints: {min: 2, max: 1}", "s.yaml line 5: min is above max; got 2.0 > 1.0"),
        (FIELD + "  b: {kind: id, role: id}\n  c: {kind: id, role: id}", "two fields have the role 'id'"),
        (FIELD + "  b: [", "s.yaml line 5: is not YAML"),
        (FIELD + "\t", "is not YAML"),
        ("a\x00", "is not YAML"),
        ("--- 1\n--- 2", "is not YAML"),
        ("[" * 5000, "is not YAML"),
        (FIELD + "    unit: !!python/name:os.system ''", "line 5: unit is not a plain value; got the tag"),
        (FIELD + "    constraints: !!python/object:os.x {min: 1}", "line 5: wanted names with values"),
        (FIELD + "    <<: {kind: text}", "line 5: a key is not a plain value"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(text: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        load_schema(text, "s.yaml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)

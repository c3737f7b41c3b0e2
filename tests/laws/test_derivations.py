"""Every derivation of the catalogue is row-wise and adds what it says.

Owns: the laws of `derive.derivation`.  Does not own: what single derivations compute
(`tests/unit/derive`).
"""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vedette as vd
from vedette.core.schema import KINDS, Field, Schema
from vedette.derive.catalog import DERIVATIONS, derive, derived_fields, extend
from vedette.derive.derivation import Learning
from vedette.engine.profile_file import load, save

quick = settings(max_examples=40)
element = st.none() | st.floats(width=32) | st.floats(-10, 10, width=32)
rows_of_text = st.lists(
    st.none() | st.text(max_size=12) | st.sampled_from(["Ab 12", "", "  two   words ", "ÜÜ"]),
    max_size=12,
)
rows_of_vectors = st.lists(st.none() | st.lists(element, max_size=5), max_size=12)

# For each kind that something is derived from: rows, and the types that they may arrive in.
ROWS = {
    "text": (
        rows_of_text,
        [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())],
    ),
    "vector": (rows_of_vectors, [pa.list_(pa.float32()), pa.large_list(pa.float64())]),
}


SAMPLES = {
    "vector": pa.array(list(np.random.default_rng(5).normal(1.0, 1.0, (200, 3)))),
    "text": pa.array([f"Ab 12 two words {i} {i % 7}" for i in range(200)]),
}


def kinds_of(derivation):
    return [kind for kind in KINDS if derivation.adds(Field("x", kind))]


def knowing(derivation, sample, kind):
    """The derivation with what it learns of a sample."""
    learnt = derivation.learn(sample, Field("x", kind))
    assert learnt is not None
    return derivation.knowing(learnt)


KNOWING = [
    knowing(derivation, SAMPLES[kind], kind)
    for derivation in DERIVATIONS
    if isinstance(derivation, Learning)
    for kind in kinds_of(derivation)
]
CASES = [
    pytest.param(derivation, kind, type_, id=f"{type(derivation).__name__}-{type_}-{how}")
    for how, some in (("alone", DERIVATIONS), ("knowing", KNOWING))
    for derivation in some
    for kind in kinds_of(derivation)
    for type_ in ROWS[kind][1]
]
every_case = pytest.mark.parametrize(("derivation", "kind", "type_"), CASES)


def column(rows, type_):
    if pa.types.is_dictionary(type_):
        return pa.array(rows, type_.value_type).dictionary_encode()
    return pa.array(rows, type_)


def applied(derivation, rows, kind, type_):
    """The derived columns as bytes of float64, missing told apart."""
    out = derivation.apply(column(rows, type_), Field("x", kind))
    return {name: bits(made) for name, made in out.items()}


def bits(made):
    return [None if v is None else np.float64(v).tobytes() for v in made.to_pylist()]


def test_every_derivation_applies_to_something():
    assert all(kinds_of(derivation) for derivation in DERIVATIONS)
    assert {kind for one in DERIVATIONS for kind in kinds_of(one)} == set(ROWS)


@every_case
def test_permuted_rows_give_permuted_output(derivation, kind, type_):
    @quick
    @given(ROWS[kind][0], st.randoms(use_true_random=False))
    def law(rows, random):
        order = random.sample(range(len(rows)), len(rows))
        one = applied(derivation, rows, kind, type_)
        two = applied(derivation, [rows[i] for i in order], kind, type_)
        assert two == {name: [made[i] for i in order] for name, made in one.items()}

    law()


@every_case
def test_a_batch_equals_its_single_rows(derivation, kind, type_):
    @quick
    @given(ROWS[kind][0])
    def law(rows):
        whole = applied(derivation, rows, kind, type_)
        singles = [applied(derivation, [row], kind, type_) for row in rows]
        for name, made in whole.items():
            assert made == [single[name][0] for single in singles]

    law()


@pytest.mark.parametrize("dimension", [1, 3, 64, 384, 4_097, 9_000])
def test_the_bits_of_a_long_vector_do_not_depend_on_its_neighbours(dimension):
    """An edge is a value of the reference: a last bit that differs moves a row into another bin."""
    values = np.random.default_rng(dimension).normal(size=(23, dimension))
    (one,) = (d for d in DERIVATIONS if "vector" in kinds_of(d))
    sample = np.random.default_rng(1).normal(size=(60, dimension))
    one = knowing(one, pa.array(list(sample)), "vector")
    whole = applied(one, list(values), "vector", pa.list_(pa.float64()))
    for size in (1, 2, 5, 16):
        parts = [values[at : at + size] for at in range(0, len(values), size)]
        made = [applied(one, list(part), "vector", pa.list_(pa.float64())) for part in parts]
        for name, expected in whole.items():
            assert [one_row for part in made for one_row in part[name]] == expected


@every_case
def test_it_adds_exactly_what_it_declares(derivation, kind, type_):
    @quick
    @given(ROWS[kind][0])
    def law(rows):
        declared = [new.name for new in derivation.adds(Field("x", kind))]
        out = derivation.apply(column(rows, type_), Field("x", kind))
        assert list(out) == declared
        assert all(len(made) == len(rows) for made in out.values())
        batch = pa.RecordBatch.from_arrays([column(rows, type_)], ["x"])
        schema = Schema((Field("x", kind),))
        assert derive(batch, schema).schema.names == list(extend(schema).names)

    law()


@every_case
def test_missing_stays_missing_and_the_input_unchanged(derivation, kind, type_):
    @quick
    @given(ROWS[kind][0])
    def law(rows):
        given_ = column(rows, type_)
        kept = repr(given_.to_pylist())
        out = derivation.apply(given_, Field("x", kind))
        assert repr(given_.to_pylist()) == kept
        for made in out.values():
            assert all(
                v is None for v, row in zip(made.to_pylist(), rows, strict=True) if row is None
            )

    law()


@every_case
def test_a_part_of_a_column_derives_as_the_rows_alone(derivation, kind, type_):
    @quick
    @given(ROWS[kind][0], st.integers(0, 12), st.integers(0, 12))
    def law(rows, start, length):
        part = column(rows, type_).slice(min(start, len(rows)), length)
        out = derivation.apply(part, Field("x", kind))
        expected = applied(derivation, rows[start : start + length], kind, type_)
        assert {name: bits(made) for name, made in out.items()} == expected

    law()


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: type(d).__name__)
def test_names_follow_the_column_and_roles_are_inherited(derivation):
    for kind in kinds_of(derivation):
        for new in derivation.adds(Field("some column", kind, "text_input")):
            assert new.name.startswith("some column.")
            assert new.role == "text_input"
            assert derived_fields(Schema((new,))) == {}, "what is derived derives nothing itself"


def test_at_most_one_derivation_of_a_column_learns():
    for kind in KINDS:
        learning = [d for d in DERIVATIONS if isinstance(d, Learning) and kind in kinds_of(d)]
        assert len(learning) <= 1, "what is learnt is kept under the name of the column"


def test_derived_columns_are_profiled_alike_however_rows_arrive(tmp_path):
    rng = np.random.default_rng(0)
    words = np.array(["alpha", "beta", "Gamma", "9"])
    table = pa.table(
        {
            "v": list(rng.normal(size=(600, 48))),
            "t": [" ".join(rng.choice(words, 5)) + f" {i}" for i in range(600)],
        }
    )
    baseline = vd.Baseline.fit(table)
    assert {"v.norm", "v.cosine", "t.words"} <= set(baseline.columns)
    save(tmp_path / "b.profile", baseline)
    baseline = load(tmp_path / "b.profile").baseline
    for rows in (1, 7, 250):
        again = vd.profile(pa.Table.from_batches(table.to_batches(max_chunksize=rows)), baseline)
        assert again.same_counts(baseline.profile)

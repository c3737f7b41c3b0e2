"""Profiles add up exactly, whatever the order, the split and the machine.

Owns: the laws of `profiles`: algebra, kernel, bytes.  Does not own: what single modules do
(`tests/unit/profiles`).
"""

import hashlib
import runpy
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from math import fsum
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vedette as vd
from vedette.core.errors import StoreError, UsageError
from vedette.derive.outliers.counted import RowCounts
from vedette.engine.batch import deriving
from vedette.profiles.binning import binning_id
from vedette.profiles.build import build
from vedette.profiles.codec import DIGEST, HEADER, VERSION, decode, encode, pack, unpack_columns
from vedette.profiles.kernel import BLOCK, Tally, add_plain, add_sorted
from vedette.profiles.profile import WHOLE, Profile, beside
from vedette.profiles.tails import tails
from vedette.sketches.loglinear import LogLinear

TESTS = Path(__file__).parents[1]
MADE = SimpleNamespace(**runpy.run_path(str(TESTS / "strategies.py")))
GOLDEN = TESTS / "golden" / "data" / "profile_v1.vdp"
EPS = np.finfo(float).eps
quick = settings(max_examples=30)


def fitted():
    chosen = {"segments": ["shop"], "score": "score", "label": "label", "time": "at"}
    return vd.Baseline.fit(MADE.settled(), **chosen)


BASELINE = fitted()


def profiled(*parts):
    """A profile of rows that arrive in these batches."""
    return build([MADE.batch(part) for part in parts], BASELINE)


# --- algebra --------------------------------------------------------------------------------------


@quick
@given(MADE.splits(MADE.rows))
def test_any_split_and_order_of_rows_gives_the_same_profile(drawn):
    whole, parts = drawn
    one, by_batch = profiled(whole), profiled(*parts)
    merged = reduce(Profile.merge, (profiled(part) for part in parts))
    assert one.same_counts(by_batch)
    assert one.same_counts(merged)
    assert one.joints == merged.joints
    assert one.window == by_batch.window == merged.window
    for key, cell in one.cells.items():
        if cell.moments is not None:
            assert cell.moments.low == merged.cells[key].moments.low
            assert cell.moments.high == merged.cells[key].moments.high


@quick
@given(MADE.rows, st.permutations(["amount", "count", "kind", "shop"]), st.integers(0, 4))
def test_any_split_of_columns_gives_the_same_profile(rows, order, cut):
    groups = [["score", "label", *order[:cut]], order[cut:]]
    batch = [MADE.batch(rows)]
    parts = [build(batch, BASELINE, group) for group in groups]
    one = build(batch, BASELINE)
    put = beside(parts, BASELINE.columns)
    assert encode(BASELINE, put) == encode(BASELINE, one)
    assert put.columns == one.columns


def test_columns_of_tables_that_differ_are_not_put_beside():
    parts = [build([MADE.batch([])], BASELINE, ["amount"])] * 2
    with pytest.raises(UsageError, match="changed while it was read"):
        beside([parts[0], replace(parts[1], rows=3)], BASELINE.columns)


@quick
@given(MADE.rows)
def test_zero_is_the_unit(rows):
    profile = profiled(rows)
    zero = Profile.zero(profile.schema_fingerprint, profile.binning_id)
    for merged in (profile + zero, zero + profile):
        assert merged == profile
        assert encode(BASELINE, merged) == encode(BASELINE, profile)
    assert zero + zero == zero


@quick
@given(MADE.rows, MADE.rows, MADE.rows)
def test_merging_is_commutative_and_associative(first, second, third):
    a, b, c = profiled(first), profiled(second), profiled(third)
    before = [encode(BASELINE, each) for each in (a, b, c)]
    assert (a + b).same_counts(b + a)
    assert ((a + b) + c).same_counts(a + (b + c))
    assert ((a + b) + c).window == (c + (b + a)).window
    assert [encode(BASELINE, each) for each in (a, b, c)] == before


def test_profiles_of_other_binnings_do_not_add_up():
    other = vd.Baseline.fit(MADE.settled(seed=1)).profile
    with pytest.raises(UsageError, match="different baselines"):
        BASELINE.profile.merge(other)
    with pytest.raises(UsageError, match="different baselines"):
        Profile.zero("", "one").merge(Profile.zero("", "two"))


def test_the_models_name_is_kept_only_where_both_agree():
    one = replace(BASELINE.profile, model="m", version="1", late_rows=2)
    both = one + replace(one, version="2")
    assert (both.model, both.version, both.late_rows) == ("m", "", 4)


@quick
@given(MADE.rows)
def test_segments_add_up_to_the_whole(rows):
    """Every row is in one of the shops."""
    profile = profiled(rows)
    names = [f"shop={name}" for name in BASELINE.segments["shop"]]
    assert sorted(BASELINE.segments["shop"]) == sorted(MADE.SHOPS)
    for column in profile.columns:
        parts = [profile.cells[column, name] for name in names]
        total, whole = reduce(type(parts[0]).merge, parts), profile.cells[column, WHOLE]
        bare = replace(whole, newcomers=None, distinct=None)
        assert total.integers() == bare.integers()
        if whole.moments is not None:
            assert (total.moments.low, total.moments.high) == (
                whole.moments.low,
                whole.moments.high,
            )


def test_the_reference_profiled_again_is_its_own_profile():
    again = vd.profile(MADE.settled(), BASELINE)
    assert again.same_counts(BASELINE.profile)
    assert again.joints == BASELINE.profile.joints
    assert again.window == BASELINE.profile.window


@pytest.mark.parametrize("rows", [1, 7, 1_000, 4_000])
def test_how_the_reference_arrives_does_not_change_what_is_fitted(rows):
    batches = MADE.settled().to_batches(max_chunksize=rows)
    chosen = {"segments": ["shop"], "score": "score", "label": "label", "time": "at"}
    again = vd.Baseline.fit(pa.Table.from_batches(batches), **chosen)
    assert again.id == BASELINE.id
    assert again.profile.same_counts(BASELINE.profile)
    assert {key: (s.named.tolist(), s.judged.tolist()) for key, s in again.splits.items()} == {
        key: (s.named.tolist(), s.judged.tolist()) for key, s in BASELINE.splits.items()
    }
    assert again.rare == BASELINE.rare


def test_zeros_of_both_signs_are_one_value_whatever_comes_first():
    for rest in ([-1.0, -2.0], [1.0, -2.0], [1.0, 2.0]):
        signs = np.array([0.0, -0.0, *rest, -0.0, -0.0] * 40)
        ids = {vd.Baseline.fit({"x": np.roll(signs, k)}).id for k in range(6)}
        assert len(ids) == 1


def test_a_dictionary_that_holds_a_value_twice_counts_it_once_for_each_row():
    """Counts of named, other and unseen categories, and of newcomers by name."""
    twice = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 1, 2, 3, None]), pa.array(["fresh", "fresh", "a", "a"])
    )
    plain = pa.array(["fresh", "fresh", "fresh", "a", "a", None])
    one, two = (
        build([pa.RecordBatch.from_arrays([column], ["kind"])], BASELINE, ["kind"])
        for column in (twice, plain)
    )
    assert one.same_counts(two)
    assert [n for _, _, n in one.cells["kind", WHOLE].newcomers.entries] == [3]


def test_the_identity_of_a_binning_is_that_of_its_content():
    b = BASELINE
    assert binning_id(b.binnings, b.segments) == b.id
    assert binning_id(dict(reversed(b.binnings.items())), b.segments) == b.id
    assert binning_id(b.binnings, {}) != b.id
    fewer = {name: binning for name, binning in b.binnings.items() if name != "kind"}
    assert binning_id(fewer, b.segments) != b.id


# --- the kernel -----------------------------------------------------------------------------------

dtypes = st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.int16, np.uint64])
arrays = dtypes.flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        st.integers(0, 60),
        elements=MADE.nasty if dtype is np.float64 else None,
    )
)
edge_lists = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float),
    min_size=2,
    max_size=9,
    unique=True,
).map(sorted)


def tallied(add, parts, edges):
    tally = Tally.over(edges)
    for part in parts:
        add(tally, part, edges)
    return tally


@given(arrays, edge_lists, st.integers(0, 60))
def test_sorting_blocks_counts_as_plain_search_does(values, edges, cut):
    edges = np.array(edges)
    kept = values.copy()
    one = tallied(add_sorted, [values], edges)
    for two in (
        tallied(add_plain, [values], edges),
        tallied(add_sorted, [values[cut:], values[:cut]], edges),
    ):
        assert one.counts.tolist() == two.counts.tolist()
        assert (one.not_finite, one.low, one.high) == (two.not_finite, two.low, two.high)
    assert np.array_equal(values, kept, equal_nan=values.dtype.kind == "f")


@given(arrays, edge_lists)
def test_counts_are_those_of_a_naive_histogram(values, edges):
    tally = tallied(add_sorted, [values], np.array(edges))
    numbers = [float(v) for v in values]
    finite = [v for v in numbers if np.isfinite(v)]
    cuts = [-np.inf, *edges, np.inf]
    naive = [sum(a < v <= b for v in finite) for a, b in pairwise(cuts)]
    assert tally.counts.tolist() == naive
    assert tally.not_finite == len(numbers) - len(finite)
    assert tally.low == min(finite, default=np.inf)
    assert tally.high == max(finite, default=-np.inf)


@pytest.mark.parametrize("add", [add_sorted, add_plain])
@pytest.mark.parametrize("rows", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_whole_blocks_and_what_is_left_of_them_are_counted(add, rows):
    rng = np.random.default_rng(rows)
    values = rng.normal(size=rows)
    values[::97] = np.nan
    values[5::1009] = np.inf
    values[7::1013] = -np.inf
    values[11::50] = 0.5
    edges = np.array([-1.0, 0.0, 0.5, 2.0])
    tally = tallied(add, [values], edges)
    finite = values[np.isfinite(values)]
    expected = np.bincount(np.searchsorted(edges, finite), minlength=5)
    assert tally.counts.tolist() == expected.tolist()
    assert tally.not_finite == rows - len(finite)


@settings(max_examples=60)
@given(st.lists(st.floats(-1e100, 1e100), max_size=80), edge_lists, st.integers(1, 5))
def test_sums_are_within_the_bound(rows, edges, parts):
    assume(max(map(abs, edges)) < 1e150)  # else squares about the middle edge are no numbers
    edges, values = np.array(edges), np.array(rows, float)
    places = edges.searchsorted(values)
    for add in (add_sorted, add_plain):
        tally = tallied(add, [values[i::parts] for i in range(parts)], edges)
        for place, total in enumerate(tally.sums):
            mine = values[places == place].tolist()
            assert abs(total - fsum(mine)) <= len(rows) * EPS * fsum(map(abs, mine))
        squares = fsum((x - tally.centre) ** 2 for x in rows)
        assert abs(tally.squares - squares) <= (len(rows) + 4) * EPS * squares


# --- bytes ----------------------------------------------------------------------------------------


@quick
@given(MADE.rows)
def test_some_columns_of_a_packed_profile_are_those_of_the_whole(drawn):
    profile = profiled(drawn)
    data = pack(profile)
    for columns in ([], [profile.columns[0]], profile.columns[1:3], ["no such column"]):
        some = unpack_columns(data, columns)
        wanted = {key: cell for key, cell in profile.cells.items() if key[0] in columns}
        assert some.cells.keys() == wanted.keys()
        assert some.same_counts(replace(profile, cells=wanted, joints={}))
    with pytest.raises(StoreError, match="format"):
        unpack_columns(data[: len(data) // 2], ["x"])


@quick
@given(MADE.rows)
def test_bytes_there_and_back_are_identical(rows):
    profile = profiled(rows)
    data = encode(BASELINE, profile)
    baseline, again = decode(data)
    assert encode(baseline, again) == data
    assert again.same_counts(profile)
    assert again.joints == profile.joints
    assert again.window == profile.window
    assert {key: cell.moments for key, cell in again.cells.items()} == {
        key: cell.moments for key, cell in profile.cells.items()
    }


def test_a_baseline_comes_back_whole():
    data = encode(BASELINE, BASELINE.profile)
    baseline, profile = decode(data)
    assert profile is baseline.profile
    assert baseline.schema == BASELINE.schema
    assert baseline.schema.fingerprint == profile.schema_fingerprint
    assert baseline.id == binning_id(baseline.binnings, baseline.segments) == BASELINE.id
    assert baseline.segments == BASELINE.segments
    assert baseline.rare == BASELINE.rare
    assert baseline.excluded == BASELINE.excluded
    assert baseline.splits.keys() == BASELINE.splits.keys()
    assert encode(baseline, profile) == data
    rows = [MADE.batch([(1.5, 2, "a", "north", 0.5, "yes", 7)] * 3)]
    assert build(rows, baseline).same_counts(build(rows, BASELINE))


DATA = encode(BASELINE, BASELINE.profile)


@given(st.integers(0, len(DATA) - 1))
def test_truncated_bytes_are_refused(length):
    with pytest.raises(StoreError):
        decode(DATA[:length])


@given(st.integers(0, 8 * len(DATA) - 1))
def test_a_flipped_bit_is_refused(at):
    damaged = bytearray(DATA)
    damaged[at // 8] ^= 1 << at % 8
    with pytest.raises(StoreError):
        decode(bytes(damaged))


@given(st.binary(max_size=60), st.booleans())
def test_other_bytes_are_refused(data, appended):
    with pytest.raises(StoreError):
        decode(DATA + data + b"\0" if appended else data)


def sealed(payload):
    head = HEADER.pack(b"VEDETTEP", VERSION, 0, len(payload)) + payload
    return head + hashlib.sha256(head).digest()


@settings(max_examples=300)
@given(st.integers(0, len(DATA) - HEADER.size - DIGEST - 1), st.integers(0, 255))
def test_wrong_content_under_the_right_checksum_opens_or_is_a_store_error(at, byte):
    payload = bytearray(DATA[HEADER.size : -DIGEST])
    payload[at] = byte
    with suppress(StoreError):
        decode(sealed(bytes(payload)))


@pytest.mark.parametrize(
    "payload", [b"", b"\xc0", b"\x92\xc0\xc0", b"\x91" * 2_000, b"\x92\x98" + b"\xc0" * 10]
)
def test_content_of_another_form_is_a_store_error(payload):
    with pytest.raises(StoreError):
        decode(sealed(payload))


def test_a_newer_version_is_named():
    head = HEADER.pack(b"VEDETTEP", 8, 0, 0)
    with pytest.raises(StoreError, match="another version; got 8; wanted 1 to 7"):
        decode(head + hashlib.sha256(head).digest())


def test_bytes_of_version_7_still_open():
    path = GOLDEN.with_name("profile_v7.vdp")
    baseline, profile = decode(path.read_bytes(), "golden")
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    parts = ("carrier=AA", "carrier=DL", "operation=chat", "operation=embed",
             "_version=v1", "_version=v2")  # fmt: skip
    assert {segment for column, segment in profile.tails} == {"", *parts}
    whole = profile.tails["latency_s", ""]
    assert (whole.count, whole.below) == (388, 4)
    for column in ("carrier", "operation", "_version"):
        own = [one for (_, s), one in profile.tails.items() if s.startswith(f"{column}=")]
        assert reduce(LogLinear.merge, own) == whole
    # Counted again, the same rows give the same counts.
    made = runpy.run_path(str(path.with_name("make_profile_v7.py")))
    (rows,) = made["table"](400, 2, 1).combine_chunks().to_batches()
    assert tails([rows], baseline) == profile.tails
    took = np.sort(rows["latency_s"].drop_null().to_numpy())
    for q in (0.5, 0.95, 0.99):
        exact = took[int(np.ceil(q * len(took))) - 1]
        assert whole.quantile(q) == pytest.approx(exact, rel=0.008)


def test_bytes_of_version_6_still_open():
    data = GOLDEN.with_name("profile_v6.vdp").read_bytes()
    baseline, profile = decode(data, "golden")
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    outliers = baseline.outliers
    assert outliers.nominal == ("carrier", "place.neighbourhood")
    assert outliers.categories["carrier"] == ("AA", "DL", "UA")
    assert outliers.parts["sample"].dtype == np.int16
    assert outliers.windows["rows"].tolist()[0] == outliers.rows == 2_000
    cell = profile.cells["_outlier", ""]
    assert cell.counts.counts[2:].sum() == 5
    assert profile.cells["_outlier.lead", ""].usable == 5
    assert baseline.dependence.columns[:3] == ("distance", "fare", "carrier")
    assert profile.pairwise[""].tables.sum() > 0
    assert list(baseline.directions) == ["place"]
    # Scored again, the rows that were counted give the same counts.
    made = runpy.run_path(str(GOLDEN.with_name("make_profile_v6.py")))
    (rows,) = made["table"](400, 2, 1).combine_chunks().to_batches()
    counts = RowCounts.of(outliers, baseline.segments)
    again, _ = counts.cells([deriving(baseline).apply(rows)])
    for key, own in again.items():
        assert own.integers() == profile.cells[key].integers()


def test_bytes_of_version_5_still_open():
    data = GOLDEN.with_name("profile_v5.vdp").read_bytes()
    baseline, profile = decode(data, "golden")
    assert baseline.outliers is None
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    training, variation = baseline.training, baseline.variation
    assert (training.name, training.unserved) == ("train.parquet", ("fare",))
    assert training.profile.rows == 2_000
    assert len(training.quantiles["distance", ""]) == 129
    assert set(training.profile.cells) == set(variation.keys)
    assert variation.flat
    assert baseline.checks["distance"].constraints.min == 0
    assert baseline.checks.rules[0].name == "far"
    ((at,),) = np.nonzero(np.array([key == ("carrier", "") for key in variation.keys]))
    assert variation.total[at].sum() == 80 * 60


def test_bytes_of_version_4_still_open():
    data = GOLDEN.with_name("profile_v4.vdp").read_bytes()
    baseline, profile = decode(data, "golden")
    assert baseline.training is None
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    grouping = baseline.grouping
    assert [one.key for one in grouping.sets] == ["sex", "age", "sex & age"]
    assert grouping.sets[1].edges[0][0] == 30
    assert grouping.labelled
    cube = profile.cubes["sex & age"]
    assert (cube.counts.sum(), cube.counts[:, :, :-1].sum()) == (400, 200)
    assert {one.counts[0].sum() for one in profile.measured.values()} == {385}


def test_bytes_of_version_3_still_open():
    data = GOLDEN.with_name("profile_v3.vdp").read_bytes()
    baseline, profile = decode(data, "golden")
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    appraisal = baseline.appraisal
    assert (appraisal.grading.task, appraisal.grading.classes) == ("binary", ("false", "true"))
    assert appraisal.auditor.rows == 2_400
    assert set(appraisal.variation.segments) == {"", "shop=north", "shop=south"}
    assert appraisal.sample.rows == 2_400
    rows = {key: one.rows for key, one in profile.graded.items() if not key[1]}
    assert rows == {("expected", ""): 400, ("labelled", ""): 200, ("realised", ""): 200}
    assert {kind for kind, _ in profile.losses} == {"expected", "realised"}
    assert profile.graded["realised", ""].confusion.sum() == 200


def test_bytes_of_version_2_still_open():
    data = GOLDEN.with_name("profile_v2.vdp").read_bytes()
    baseline, profile = decode(data, "golden")
    assert baseline.appraisal is None
    assert not profile.graded
    assert decode(encode(baseline, profile))[1].same_counts(profile)
    variation = baseline.variation
    assert variation.windows == 80
    assert set(variation.keys) == set(baseline.profile.cells)
    assert variation.beta.shape == (len(variation.keys), variation.season.size, 6)
    assert (variation.t2 > 0).any()


def test_bytes_of_version_1_still_open():
    baseline, profile = decode(GOLDEN.read_bytes(), "golden")
    assert baseline.variation is None
    again, same = decode(encode(baseline, profile))
    assert again.profile.same_counts(baseline.profile)
    assert same.same_counts(profile)
    assert (baseline.profile.rows, profile.rows) == (3_000, 1_000)
    assert profile.binning_id == binning_id(baseline.binnings, baseline.segments)
    assert baseline.splits
    assert profile.joints
    assert profile.window is not None
    result = vd.compare(GOLDEN, GOLDEN)
    assert {finding.column for finding in result.findings} == set(baseline.columns)

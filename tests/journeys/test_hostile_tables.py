"""Tables that break other tools, through pandas, Polars and Arrow: a named finding or one of the
four errors, never another exception, and every result can be shown in every way.

Owns: what happens to bad columns from `vd.compare` to each rendering.  Does not own: how often
unchanged tables alarm (`bench`).
"""

import datetime as dt
import decimal
import io
import json
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rich.console import Console

import vedette as vd
from vedette.core.errors import VedetteError
from vedette.report.terminal import render_terminal

N = 2_000
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=N), RNG.normal(size=N)
FLAG = RNG.random(N) < 0.5
BIT = RNG.integers(0, 2, N)
TEXTS = [" ".join(["word"] * int(n)) + f" {i}" for i, n in enumerate(RNG.integers(3, 9, N))]
NULLS = pa.nulls(N, pa.float64())
NAMES = [
    "a=b", "a\nb", "a`b", "x" * 5_000, "日本語", "🦊", "<script>alert(1)</script>", "\u202eback",
    "*", "[ab]", "a b", "'", '"', "%s", "{x}", "[red]x[/red]", "[/]", ".", "a.b", " ", "\t",
    "\x1b[31m", "]]>", "(other)", "(unseen)",
]  # fmt: skip
LIBRARIES = ("arrow", "pandas", "polars")


def build(table: pa.Table, library: str):
    """The table as a frame of a library; the test is skipped where that library has no such
    column."""
    if library == "polars" and any(pa.types.is_decimal256(kind) for kind in table.schema.types):
        pytest.skip("Polars panics over decimals of 256 bits")
    try:
        if library == "pandas":
            return table.to_pandas()
        return pl.from_arrow(table) if library == "polars" else table
    except (pa.ArrowException, pl.exceptions.PolarsError, ValueError, TypeError) as error:
        pytest.skip(f"{library} cannot hold it: {error}")


def with_value(values, place, value):
    changed = np.array(values)
    changed[place] = value
    return changed


def gone(values, share):
    return pa.array(values, mask=np.random.default_rng(1).random(len(values)) < share)


def words(*names):
    return np.random.default_rng(2).choice(names, N)


# name: (reference, current, settings, expected findings: {(column, component): verdict})
CASES = {
    "60 % missing": ({"x": X}, {"x": gone(Y, 0.6)}, {}, {("x", "missing"): "alarming"}),
    "one unseen value in 100,000": (
        {"s": ["a", "b"] * 50_000}, {"s": ["a", "b"] * 49_999 + ["a", "zz"]}, {}, {"s": "calm"},
    ),
    "all null now": ({"x": X}, {"x": NULLS}, {}, {("x", "missing"): "alarming"}),
    "all null before": ({"x": NULLS}, {"x": X}, {}, {("x", "missing"): "alarming"}),
    "all null twice": ({"x": NULLS}, {"x": NULLS}, {}, {"x": "unknown"}),
    "no type before": ({"x": pa.nulls(N), "k": X}, {"x": X, "k": Y}, {},
                       {("x", "missing"): "alarming", "k": "calm"}),
    "no type now": ({"x": X}, {"x": pa.nulls(N)}, {}, {("x", "missing"): "alarming"}),
    "constant": ({"x": np.ones(N)}, {"x": np.ones(N)}, {}, {"x": "unknown"}),
    "constant changes": ({"x": np.ones(N)}, {"x": np.full(N, 2.0)}, {},
                         {("x", "above"): "alarming"}),
    "constant word changes": ({"x": ["a"] * N}, {"x": ["b"] * N}, {},
                              {("x", "unseen"): "alarming"}),
    "outlier": ({"x": X}, {"x": with_value(Y, 5, 1e12)}, {}, {"x": "calm"}),
    "outlier before": ({"x": with_value(X, 5, -1e12)}, {"x": Y}, {}, {"x": "calm"}),
    "infinities": ({"x": X}, {"x": with_value(with_value(Y, slice(0, 500), np.inf),
                                              slice(500, 900), -np.inf)}, {},
                   {("x", "not_finite"): "alarming"}),
    "all infinite": ({"x": X}, {"x": np.full(N, np.inf)}, {}, {("x", "not_finite"): "alarming"}),
    "10,000 categories": ({"s": np.char.add("c", RNG.integers(0, 10_000, 60_000).astype(str))},
                          {"s": np.char.add("c", RNG.integers(0, 10_000, 60_000).astype(str))}, {},
                          {("s", "unseen"): "calm"}),
    "current empty": ({"x": X}, {"x": X[:0]}, {}, {"x": "unknown"}),
    "reference empty": ({"x": X[:0]}, {"x": X}, {}, {"x": "unknown"}),
    "both empty": ({"x": X[:0], "s": pa.array([], pa.string())},
                   {"x": X[:0], "s": pa.array([], pa.string())}, {},
                   {"x": "unknown", "s": "unknown"}),
    "column absent": ({"a": X, "b": X}, {"a": Y}, {}, {"a": "calm", ("b", "missing"): "alarming"}),
    "numbers become words": ({"a": X}, {"a": words("one", "two")}, {},
                             {("a", "broken"): "alarming"}),
    "numbers become their text": ({"a": X}, {"a": Y.astype(str)}, {}, {"a": "calm"}),
    "text of numbers becomes numbers": ({"a": BIT.astype(str)}, {"a": BIT[::-1]}, {},
                                        {"a": "calm"}),
    "categories become numbers": ({"a": words("u", "v")}, {"a": Y}, {},
                                  {("a", "unseen"): "alarming"}),
    "0/1 becomes bool": ({"a": BIT}, {"a": FLAG}, {}, {"a": "calm"}),
    "numbers become lists": ({"v": X}, {"v": [[1.0]] * N}, {}, {("v", "broken"): "alarming"}),
    "categories become lists": ({"v": words("a", "b")}, {"v": [["a"]] * N}, {},
                                {("v", "broken"): "alarming"}),
    "numbers become times": ({"v": X}, {"v": pa.array(np.arange(N), pa.timestamp("us"))}, {},
                             {("v", "broken"): "alarming"}),
    "text becomes numbers": ({"r": TEXTS}, {"r": X}, {}, {("r.words", "below"): "alarming"}),
    "text becomes lists": ({"r": TEXTS}, {"r": [["a"]] * N}, {},
                           {("r.length", "missing"): "alarming"}),
    "text becomes bytes": ({"r": TEXTS}, {"r": [b"\xff"] * N}, {},
                           {("r.length", "missing"): "alarming"}),
    "vectors become words": ({"v": np.stack([X, Y], 1).tolist()}, {"v": ["a"] * N}, {},
                             {("v.norm", "missing"): "alarming"}),
    "vectors become lists of words": ({"v": np.stack([X, Y], 1).tolist()}, {"v": [["a"]] * N}, {},
                                      {("v.norm", "missing"): "alarming"}),
    "vectors of another length": ({"v": np.stack([X, Y], 1).tolist()},
                                  {"v": np.stack([X, Y, X], 1).tolist()}, {},
                                  {("v.norm", "level"): "alarming"}),
    "ends of int64": ({"a": RNG.choice([-(2**63), 0, 2**63 - 1], N)},
                      {"a": RNG.choice([-(2**63), 0, 2**63 - 1], N)}, {}, {"a": "calm"}),
    "uint64": ({"a": RNG.integers(0, 2**64 - 1, N, dtype=np.uint64)},
               {"a": RNG.integers(0, 2**64 - 1, N, dtype=np.uint64)}, {}, {"a": "calm"}),
    "1e308": ({"a": RNG.choice([1e308, -1e308, 1.7e308], N)},
              {"a": RNG.choice([1e308, -1e308, 1.7e308], N)}, {}, {"a": "calm"}),
    "1e307 moves": ({"a": X * 1e307}, {"a": (Y + 1) * 1e307}, {}, {("a", "level"): "alarming"}),
    "denormals": ({"a": RNG.integers(1, 100, N) * 5e-324},
                  {"a": RNG.integers(50, 150, N) * 5e-324}, {}, {("a", "level"): "alarming"}),
    "one row before": ({"a": X[:1]}, {"a": Y}, {}, {"a": "unknown"}),
    "one row now": ({"a": X}, {"a": [0.0]}, {}, {"a": "unknown"}),
    "one row each": ({"a": [1.0], "b": [None], "s": ["a"], "z": [True]},
                     {"a": [2.0], "b": [None], "s": ["b"], "z": [False]}, {},
                     dict.fromkeys("absz", "unknown")),
    "1,000 columns": (
        {f"c{i}": column for i, column in enumerate(RNG.normal(size=(1_000, 100)))},
        {f"c{i}": column for i, column in enumerate(RNG.normal(size=(1_000, 100)))},
        {}, {"c0": "calm", "c999": "calm"},
    ),
    "names": (dict.fromkeys(NAMES, X), {name: Y + i % 2 for i, name in enumerate(NAMES)}, {},
              {name: "alarming" if i % 2 else "calm" for i, name in enumerate(NAMES)}),
    "no name": ({"": X, "k": X}, {"": Y, "k": Y + 1}, {}, {"k": "alarming"}),
    "names of categories": ({"s": words(*NAMES[:12])}, {"s": words(*NAMES[3:])}, {},
                            {("s", "unseen"): "alarming"}),
    "segment with such names": ({"s": words(*NAMES), "v": X}, {"s": words(*NAMES), "v": Y + 2},
                                {"segments": ["s"]}, {("v", "level"): "alarming"}),
    "segment with gaps": ({"s": gone(words("a", "b"), 0.3), "v": X},
                          {"s": gone(words("a", "b"), 0.3), "v": Y + (words("a", "b") == "a")},
                          {"segments": ["s"]}, {("v", "level", "s=a"): "alarming"}),
    "segment with =": ({"s=t": words("a=1", "b=2"), "v=w": X},
                       {"s=t": words("a=1", "b=2"), "v=w": Y + 1},
                       {"segments": ["s=t"]}, {("v=w", "level", "s=t=a=1"): "alarming"}),
    "segment of 200": ({"s": RNG.integers(0, 200, N), "v": X}, {"s": RNG.integers(0, 200, N),
                       "v": Y}, {"segments": ["s"]}, {"v": "calm"}),
    "segment of floats": ({"s": X, "v": X}, {"s": Y, "v": Y}, {"segments": ["s"]}, {}),
    "segment of nulls": ({"s": NULLS, "v": X}, {"s": NULLS, "v": Y}, {"segments": ["s"]},
                         {"v": "calm"}),
    "segment absent": ({"s": words("a", "b"), "v": X}, {"v": Y}, {"segments": ["s"]},
                       {("s", "missing"): "alarming", "v": "calm"}),
    "roles": ({"l": FLAG, "p": FLAG, "sc": X, "v": X}, {"l": FLAG | (X > 0), "p": FLAG, "sc": Y,
              "v": Y}, {"label": "l", "prediction": "p", "score": "sc"},
              {("l", "category"): "alarming", "sc": "calm"}),
    "roles without values": ({"l": NULLS, "p": FLAG, "sc": X}, {"l": FLAG, "p": NULLS, "sc": Y},
                             {"label": "l", "prediction": "p", "score": "sc"},
                             {("l", "missing"): "alarming", ("p", "missing"): "alarming"}),
    "prediction of text": ({"p": TEXTS}, {"p": [text + " more" for text in TEXTS]},
                           {"prediction": "p"}, {("p.words", "level"): "alarming"}),
    "score of vectors": ({"sc": np.stack([X, Y], 1).tolist()},
                         {"sc": np.stack([X + 3, Y], 1).tolist()},
                         {"score": "sc"}, {("sc.norm", "level"): "alarming"}),
    "named like a derived one now": ({"review": TEXTS}, {"review": TEXTS, "review.length": X}, {},
                                     {"review.length": "calm"}),
}  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", list(CASES))
def test_a_bad_column_is_a_named_finding_that_can_be_shown(name, library, tmp_path):
    reference, current, settings, expected = CASES[name]
    result = vd.compare(
        build(pa.table(reference), library), build(pa.table(current), library), **settings
    )
    found = {}
    for finding in reversed(result.findings):
        found[finding.column] = finding.verdict
        found[finding.column, finding.component, finding.segment] = finding.verdict
        found[finding.column, finding.component] = finding.verdict
    found |= result.verdicts
    assert {key: found.get(key) for key in expected} == expected, str(result)
    assert all(finding.reason for finding in result.findings)
    assert json.loads(result.to_json())["counts"]["columns"] == len(result.verdicts)
    if library == "arrow":  # what is shown does not depend on where the table came from
        show(result, tmp_path, page=True)


def show(result, folder, *, page):
    """Render a result in every way and read it back."""
    suite = ET.fromstring(result.to_junit())
    assert len(suite.findall(".//testcase")) >= len(result.verdicts)
    parsed(result._repr_html_())
    assert str(result).startswith(result.verdict)
    for width in (30, 80, 200):
        out = io.StringIO()
        render_terminal(result.to_dict(), Console(file=out, width=width))
        assert "\x1b" not in out.getvalue()
    if page:
        text = result.to_html(folder / "report.html").read_text(encoding="utf-8")
        parsed(text)
        assert "<script>alert" not in text


def parsed(text):
    parser = HTMLParser()
    parser.feed(text)
    parser.close()


@cache
def same_types(seed, n=300):
    rng = np.random.default_rng(seed)
    whole = rng.integers(0, 86_400, n)
    return {
        "number": rng.normal(size=n),
        "struct": pa.array([{"a": float(v), "b": {"c": 1}} for v in rng.normal(size=n)]),
        "empty struct": pa.array([{}] * n, pa.struct([])),
        "list": pa.array([[float(v)] * 3 for v in rng.normal(size=n)]),
        "list of words": pa.array([["a", "b"]] * n),
        "list of lists": pa.array([[[1.0]]] * n),
        "list view": pa.array([[1.0], None, []] * (n // 3), pa.list_view(pa.float64())),
        "fixed list": pa.array([[1.0, float(v)] for v in whole], pa.list_(pa.float64(), 2)),
        "binary": pa.array([bytes([int(v) % 256]) for v in whole]),
        "fixed binary": pa.array([b"abcd"] * n, pa.binary(4)),
        "large binary": pa.array([b"abcd"] * n, pa.large_binary()),
        "time32": pa.array(whole.astype("int32"), pa.time32("s")),
        "time64": pa.array(whole, pa.time64("us")),
        "duration": pa.array(whole, pa.duration("us")),
        "decimal": pa.array([decimal.Decimal(int(v)).scaleb(-2) for v in whole]),
        "decimal256": pa.array([decimal.Decimal(int(v)) for v in whole], pa.decimal256(50, 2)),
        "date": pa.array([dt.date(2020, 1, 1) + dt.timedelta(int(v) % 365) for v in whole]),
        "timestamp": pa.array(whole, pa.timestamp("us", tz="Asia/Kolkata")),
        "map": pa.array([[("k", 1)]] * n, pa.map_(pa.string(), pa.int64())),
        "union": pa.UnionArray.from_dense(
            pa.array([0] * n, pa.int8()), pa.array(range(n), pa.int32()),
            [pa.array(whole), pa.array(["a"] * n)],
        ),
        "interval": pa.array([(1, 2, 3)] * n, pa.month_day_nano_interval()),
        "float16": pa.array(rng.normal(size=n).astype(np.float16)),
        "dictionary": pa.array(whole % 3).dictionary_encode(),
        "run end": pa.RunEndEncodedArray.from_arrays([n], [1.5]),
        "string view": pa.array(["a"] * n, pa.string_view()),
        "null": pa.nulls(n),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("library", "kind"),
    [(library, None) for library in LIBRARIES]
    + [("arrow", kind) for kind in ("category", "numeric", "text", "vector")],
)
@pytest.mark.parametrize("name", list(same_types(0)))
def test_no_type_is_an_exception_whatever_it_is_taken_for(name, kind, library, tmp_path):
    settings = {"columns": {"*": {"kind": kind}}} if kind else {}
    one, two = (pa.table({"k": t["number"], "t": t[name]}) for t in map(same_types, (1, 2)))
    result = vd.compare(build(one, library), build(two, library), **settings)
    assert result.ok, str(result)
    assert {"k", "t"} <= {column.split(".")[0] for column in [*result.verdicts, *result.ignored]}
    if library == "arrow" and kind is None:
        show(result, tmp_path, page=False)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("method", ["psi", "js", "hellinger", "total_variation", "w", "chi_square",
                                    "ks", "wasserstein"])  # fmt: skip
def test_no_distance_is_an_exception(method, library, tmp_path):
    reference = {"a": X, "none": NULLS, "one": np.ones(N), "far": np.full(N, np.inf),
                 "big": X * 1e307, "large": X * 1e200, "small": BIT * 5e-324,
                 "s": words("a", "b")}  # fmt: skip
    current = {**reference, "a": Y, "far": Y}
    for rows in (N, 1, 0):
        one = pa.table(reference).slice(0, rows)
        for before, after in ((one, pa.table(current)), (pa.table(current), one)):
            result = vd.compare(
                build(before, library), build(after, library), columns={"*": {"method": method}}
            )
            assert "a" not in {finding.column for finding in result.alarms}
            if library == "arrow" and rows == N and before is one:
                show(result, tmp_path, page=True)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("reference", "current", "settings", "said"),
    [
        ({"a": X}, {"b": X}, {}, "no column in common"),
        ({}, {"a": X}, {}, "no columns"),
        ({"id": np.arange(N)}, {"id": np.arange(N)}, {}, "no column to compare"),
        ({"s": [f"c{i}" for i in range(100_001)]}, {"s": ["c1"]},
         {"columns": {"s": {"kind": "category"}}}, "more than 100000 different values"),
        ({"review": TEXTS, "review.length": X}, {"review": TEXTS}, {}, "derived from 'review'"),
        ({"a": pa.array([{"b": 1.0}] * N), "a.b": X}, {"a": X}, {}, "occurs twice"),
        ({"a": X}, {"a": X}, {"label": "a", "score": "a"}, "two roles"),
        ({"a": X}, {"a": X}, {"label": "b"}, "no column 'b'"),
        ({"a": X}, {"a": X}, {"columns": {"b*": {"min_effect": 0.1}}}, "matches no column"),
        ({"a": X}, {"a": X}, {"segments": "a"}, "segments must be a list; got text"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_clear_error(reference, current, settings, said, library):
    one, two = build(pa.table(reference), library), build(pa.table(current), library)
    with pytest.raises(VedetteError, match=said):
        vd.compare(one, two, **settings)


def test_names_that_occur_twice_are_refused():
    twice = pa.table([X, Y], names=["a", "a"])
    frame = pd.DataFrame(np.stack([X, Y], 1), columns=["a", "a"])
    for bad, good in ((twice, pa.table({"a": X})), (frame, pd.DataFrame({"a": X}))):
        for one, two in ((bad, good), (good, bad)):
            with pytest.raises(VedetteError, match="'a' occurs twice"):
                vd.compare(one, two)


def test_more_than_100_000_categories_are_left_out_with_the_reason():
    one = pa.table({"s": [f"c{i}" for i in range(100_001)], "k": np.arange(100_001) % 7})
    result = vd.compare(one, one, columns={"s": {"kind": "category"}})
    assert "100000 different values" in result.ignored["s"]
    assert result.verdicts == {"k": "calm"}


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_extra_column_is_listed(library):
    one, two = pa.table({"a": X}), pa.table({"a": Y, "b": X})
    result = vd.compare(build(one, library), build(two, library))
    assert result.ignored == {"b": "not in the reference"}
    assert result.ok


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_bool_that_becomes_numbers_is_judged(library):
    one, two = (build(pa.table({"a": column}), library) for column in (FLAG, BIT))
    assert vd.compare(one, two).verdicts["a"] in ("alarming", "calm")  # never unknown


def test_nan_is_missing_in_pandas_and_a_value_in_arrow():
    holes = with_value(Y, slice(0, 900), np.nan)
    component = {
        "pandas": vd.compare(pd.DataFrame({"x": X}), pd.DataFrame({"x": holes})),
        "polars": vd.compare(pl.DataFrame({"x": X}), pl.DataFrame({"x": holes})),
        "arrow": vd.compare(pa.table({"x": X}), pa.table({"x": holes})),
    }
    said = {library: result.alarms[0].component for library, result in component.items()}
    assert said == {"pandas": "missing", "polars": "not_finite", "arrow": "not_finite"}


MIXED = [1, "a", 2.5, None, float("nan"), True, b"x", [1], {"a": 1}, pd.NaT, 10**30, object] * 200


def test_objects_of_mixed_types(tmp_path):
    mixed, numbers = pd.DataFrame({"m": MIXED}), pd.DataFrame({"m": np.resize(X, len(MIXED))})
    assert vd.compare(mixed, mixed[::-1]).ok
    changed = vd.compare(numbers, mixed)
    assert {"broken", "missing"} <= {f.component for f in changed.alarms}
    assert vd.compare(mixed, numbers).verdicts["m"] == "alarming"
    show(changed, tmp_path, page=True)
    half = pd.DataFrame({"m": [1, 2, "3"] * 800})
    assert vd.compare(half, pd.DataFrame({"m": [1, 2, 3] * 800})).ok


def test_types_that_only_pandas_or_polars_have():
    one = pd.DataFrame({
        "int": pd.array([1, None, 3] * 500, dtype="Int64"),
        "bool": pd.array([True, None, False] * 500, dtype="boolean"),
        "cat": pd.Categorical([1, 2, 3] * 500),
        "period": pd.period_range("1900", periods=1_500, freq="M"),
        "interval": pd.arrays.IntervalArray.from_breaks(range(1_501)),
        "sparse": pd.arrays.SparseArray([0, 0, 1] * 500),
        "complex": np.resize(X, 1_500) + 1j,
    })  # fmt: skip
    assert vd.compare(one, one).ok
    wide = pl.Series([2**70, 3] * 500, dtype=pl.Int128)
    two = pl.DataFrame({"wide": wide, "enum": pl.Series(["a", "b"] * 500,
                                                        dtype=pl.Enum(["a", "b"]))})  # fmt: skip
    assert vd.compare(two, two).ok
    assert vd.compare(two.lazy(), two).ok
    holder = pl.DataFrame({"o": pl.Series([object()] * 50, dtype=pl.Object), "k": [1, 2] * 25})
    assert vd.compare(holder, holder).ok
    with pytest.raises(VedetteError, match="zero character"):
        vd.compare(pl.DataFrame({"a\0b": X}), pl.DataFrame({"a\0b": X}))
    assert vd.compare(pa.table({"a\0b": X}), pa.table({"a\0b": Y})).ok


@pytest.mark.parametrize("thing", [5, None, "", [], np.zeros((5, 2)), object(), b"x", [[1]], {}])
def test_what_is_no_table_is_refused(thing):
    for one, two in ((thing, {"x": [1.0]}), ({"x": [1.0]}, thing)):
        with pytest.raises(VedetteError):
            vd.compare(one, two)

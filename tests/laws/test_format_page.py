"""The page of the profile format is enough to read one.

Owns: a reader that knows nothing of vedette, takes its fields from the tables of the page, and is
held against what `profiles.codec` wrote.
"""

import hashlib
import json
import re
import runpy
import struct
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

import vedette as vd
from vedette.core.windows import Window
from vedette.derive.outliers.score import Scorer
from vedette.engine.batch import deriving
from vedette.profiles.codec import DIGEST, HEADER, MAGIC, VERSION, encode
from vedette.profiles.groups import Groups
from vedette.profiles.variation import fit_variation

HOUR = 3_600 * 10**9
TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "formats" / "profile.md").read_text("utf-8")
GOLDEN = TESTS / "golden" / "data" / "profile_v1.vdp"
MADE = SimpleNamespace(**runpy.run_path(str(TESTS / "strategies.py")))


def section(title):
    """The text of a section of the page."""
    return re.split(r"^#+ ", PAGE.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def tables(title):
    """The fields of every table of a section, in the order of their positions."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", section(title), re.MULTILINE)
    found = []
    for position, name in rows:
        if position == "0":
            found.append([])
        assert int(position) == len(found[-1])
        found[-1].append(name)
    return found


(
    BASELINE, PROFILE, CELL, SPLIT, JOINT, VARIATION, APPRAISAL, GRADED, LOSSES, GROUPING, CUBE,
    NUMBERS, TRAINING, OUTLIERS, DEPENDENCE,
) = (
    tables(title)[0]
    for title in (
        "Baseline", "Profile", "Cell", "Split", "Joint counts", "Variation", "Appraisal",
        "Graded rows", "Losses", "Grouping", "Cubes", "Numbers by group", "Training", "Outliers",
        "Dependence",
    )
)  # fmt: skip
NUMERIC, NOMINAL = tables("Binning")


def record(names, parts):
    assert len(parts) == len(names)
    return dict(zip(names, parts, strict=True))


def i64(raw):
    return None if raw is None else list(struct.unpack(f"<{len(raw) // 8}q", raw))


def u64(raw):
    return None if raw is None else list(struct.unpack(f"<{len(raw) // 8}Q", raw))


def f64(raw):
    return list(struct.unpack(f"<{len(raw) // 8}d", raw))


def read_profile(parts):
    profile = record(PROFILE, parts)
    profile["cells"] = [record(CELL, cell) for cell in profile["cells"]]
    profile["joints"] = [record(JOINT, joint) for joint in profile["joints"]]
    return profile


def read(data):
    """What a reader in another language would do."""
    magic, version, _, length = struct.unpack("<8sHHQ", data[:20])
    assert (magic, version) == (b"VEDETTEP", VERSION)
    assert len(data) == 20 + length + 32
    assert hashlib.sha256(data[: 20 + length]).digest() == data[20 + length :]
    first, second = msgspec.msgpack.decode(data[20 : 20 + length])
    baseline = record(BASELINE, first)
    baseline["profile"] = read_profile(baseline["profile"])
    baseline["binnings"] = [
        record(NUMERIC if parts[1] == "numeric" else NOMINAL, parts)
        for parts in baseline["binnings"]
    ]
    baseline["splits"] = [record(SPLIT, parts) for parts in baseline["splits"]]
    if baseline["variation"] is not None:
        baseline["variation"] = record(VARIATION, baseline["variation"])
    return baseline, baseline["profile"] if second is None else read_profile(second)


def files():
    reference = MADE.settled()
    names = [f"city {k}" for k in np.random.default_rng(0).geometric(0.05, len(reference))]
    reference = reference.append_column("city", [names])
    chosen = {"segments": ["shop"], "score": "score", "label": "label", "time": "at"}
    fitted = vd.Baseline.fit(reference, **chosen)
    fresh = vd.profile(MADE.settled(500, seed=1).append_column("city", [["new"] * 500]), fitted)
    kept = vd.load(GOLDEN)
    appraised = vd.load(GOLDEN.with_name("profile_v3.vdp"))
    told = vd.load(GOLDEN.with_name("profile_v4.vdp"))
    held = vd.load(GOLDEN.with_name("profile_v5.vdp"))
    rows = vd.load(GOLDEN.with_name("profile_v6.vdp"))
    windows = [(Window(t * HOUR, (t + 1) * HOUR), fresh) for t in range(80)]
    varied = replace(fitted, variation=fit_variation(fitted, windows, HOUR))
    return {
        "own": (fitted, fitted.profile),
        "other": (fitted, fresh),
        "varied": (varied, fresh),
        "kept": (kept.baseline, kept.profile),
        "appraised": (appraised.baseline, appraised.profile),
        "grouped": (told.baseline, told.profile),
        "trained": (held.baseline, held.profile),
        "rows": (rows.baseline, rows.profile),
    }


FILES = files()
every_file = pytest.mark.parametrize("name", FILES)


def test_the_frame_of_the_page_is_that_of_the_code():
    rows = re.findall(r"^\| ([\d+ n]+) \| (\w+) \| (\w+)", section("Frame"), re.MULTILINE)
    assert [row[:2] for row in rows] == [
        ("0", str(len(MAGIC))),
        ("8", "2"),
        ("10", "2"),
        ("12", "8"),
        (str(HEADER.size), "n"),
        (f"{HEADER.size} + n", str(DIGEST)),
    ]
    assert HEADER.format == "<8sHHQ"
    assert f"`{MAGIC.decode()}`" in PAGE
    assert f"version, unsigned: {VERSION}" in PAGE
    assert f"# The profile file, version {VERSION}" in PAGE


@every_file
def test_a_reader_made_from_the_page_reads_the_baseline(name):
    baseline, profile = FILES[name]
    made, _ = read(encode(baseline, profile))
    assert [b["column"] for b in made["binnings"]] == list(baseline.columns)
    for one, two in zip(made["binnings"], baseline.binnings.values(), strict=True):
        if one["type"] == "numeric":
            assert f64(one["edges"]) == two.edges.tolist()
        else:
            assert tuple(one["names"]) == two.names
            assert u64(one["known"]) == two.known.tolist()
    assert {column: tuple(names) for column, names in made["segments"]} == baseline.segments
    splits = {
        (s["column"], s["segment"]): (i64(s["named"]), i64(s["judged"])) for s in made["splits"]
    }
    assert splits == {
        key: (s.named.tolist(), s.judged.tolist()) for key, s in baseline.splits.items()
    }
    assert {column: (once, twice) for column, once, twice in made["rare"]} == baseline.rare
    assert dict(made["excluded"]) == baseline.excluded
    assert made["profile"]["rows"] == baseline.profile.rows
    fields = json.loads(made["schema"])["fields"]
    assert [field["name"] for field in fields] == list(baseline.schema.names)
    assert [field.get("role", "feature") for field in fields] == [
        field.role for field in baseline.schema.fields
    ]


@every_file
def test_a_reader_made_from_the_page_reads_the_profile(name):
    baseline, profile = FILES[name]
    _, made = read(encode(baseline, profile))
    for field in ("model", "version", "schema_fingerprint", "binning_id", "rows", "late_rows"):
        assert made[field] == getattr(profile, field)
    assert tuple(made["window"]) == (profile.window.start, profile.window.end)
    keys = [(cell["column"], cell["segment"]) for cell in made["cells"]]
    assert keys == sorted(profile.cells)
    for key, one in zip(keys, made["cells"], strict=True):
        two = profile.cells[key]
        for field in ("rows", "missing", "not_finite", "broken"):
            assert one[field] == getattr(two, field)
        assert i64(one["bins"]) == (two.bins and two.bins.counts.tolist())
        assert i64(one["counts"]) == (two.counts and two.counts.counts.tolist())
        assert u64(one["distinct"]) == (two.distinct and two.distinct.hashes.tolist())
        if two.newcomers is not None:
            assert [tuple(entry) for entry in one["newcomers"]] == list(two.newcomers.entries)
        if two.moments is not None:
            sums, squares, low, high, centre = one["moments"]
            assert f64(sums) == two.moments.sums.tolist()
            mine = two.moments
            assert (squares, low, high) == (mine.squares, mine.low, mine.high)
            assert centre == mine.centre
        else:
            assert one["moments"] is None
        places = sum(i64(one["bins"] if one["counts"] is None else one["counts"]))
        assert places == one["rows"] - one["missing"] - one["not_finite"] - one["broken"]
    joints = {(j["first"], j["second"]): j for j in made["joints"]}
    assert joints.keys() == profile.joints.keys()
    for pair, joint in profile.joints.items():
        one = joints[pair]
        table = np.reshape(i64(one["counts"]), (one["rows"], one["columns"]))
        assert table.tolist() == joint.counts.tolist()
        assert table.sum() == profile.rows


@every_file
def test_both_digests_can_be_computed_from_the_page(name):
    baseline, profile = FILES[name]
    made, read_ = read(encode(baseline, profile))
    nothing = {"required": False}
    fields = [
        [
            field["name"],
            field["kind"],
            field.get("role", "feature"),
            field.get("unit"),
            [
                field.get("constraints", nothing).get(limit)
                for limit in ("required", "min", "max", "allowed", "pattern")
            ],
            field.get("environments", ["training", "serving"]),
        ]
        for field in json.loads(made["schema"])["fields"]
    ]
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == profile.schema_fingerprint

    digest = hashlib.sha256()

    def feed(*parts):
        for part in parts:
            raw = part if isinstance(part, bytes) else part.encode()
            digest.update(struct.pack("<Q", len(raw)) + raw)

    for binning in sorted(made["binnings"], key=lambda binning: binning["column"]):
        if binning["type"] == "numeric":
            feed(binning["column"], "numeric", binning["edges"])
        else:
            feed(binning["column"], "nominal", *binning["names"], binning["known"])
    for column, names in sorted(made["segments"]):
        feed(column, *names)
    found = digest.hexdigest()[:32]
    if made["grouping"] is not None:
        sets = [Groups(*map(deep, one)) for one in record(GROUPING, made["grouping"])["sets"]]
        shape = read_["cubes"][0][1]
        parts = [found, [shape[1], shape[2] - 1, shape[3]], *([s.key, *s.labels] for s in sets)]
        text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
        found = hashlib.sha256(text.encode()).hexdigest()[:32]
    assert found == profile.binning_id


def deep(value):
    """Arrays as tuples."""
    return tuple(map(deep, value)) if isinstance(value, list) else value


def test_a_category_is_placed_as_the_page_says():
    baseline, profile = FILES["other"]
    made, read_ = read(encode(baseline, profile))
    (binning,) = (b for b in made["binnings"] if b["column"] == "city")
    key = int.from_bytes(hashlib.blake2b(b"new", digest_size=8).digest(), "little")
    assert key not in u64(binning["known"])
    (cell,) = (c for c in read_["cells"] if (c["column"], c["segment"]) == ("city", ""))
    assert i64(cell["counts"])[len(binning["names"]) + 1] == 500
    assert cell["newcomers"] == [[key, "new", 500]]
    assert len(binning["names"]) == 50
    assert made["splits"]


def plain(value):
    """An array, a mapping or parts as the page says that they are spelt."""
    if not isinstance(value, list):
        return value
    if len(value) == 3 and isinstance(value[2], bytes):
        return np.frombuffer(value[2], value[0]).reshape(value[1])
    if len(value) == 2 and value[0] == "map":
        return {plain(key): plain(one) for key, one in value[1]}
    return [plain(one) for one in value]


def test_a_reader_made_from_the_page_reads_how_predictions_did():
    baseline, profile = FILES["appraised"]
    made, read_ = read(encode(baseline, profile))
    appraisal = record(APPRAISAL, made["appraisal"])
    grading = plain(appraisal["grading"])
    assert grading[0] == "binary"
    assert plain(appraisal["auditor"])[0] == baseline.appraisal.auditor.kind
    graded = {tuple(one[:2]): record(GRADED, one) for one in read_["graded"]}
    assert list(graded) == sorted(profile.graded)
    for key, one in graded.items():
        mine = profile.graded[key]
        assert one["rows"] == mine.rows
        assert plain(one["confusion"]).tolist() == mine.confusion.tolist()
        assert plain(one["moments"]).tolist() == mine.moments.tolist()
        scores, bins = one["shape"]
        for name in ("ranked", "inside"):
            whole = np.zeros((scores * bins, 2))
            whole[plain(one["places"])] = plain(one[name])
            assert whole.tolist() == getattr(mine, name).reshape(-1, 2).tolist()
    losses = {tuple(one[:2]): record(LOSSES, one) for one in read_["losses"]}
    assert list(losses) == sorted(profile.losses)
    for key, one in losses.items():
        for name in ("rows", "loss", "squares"):
            assert plain(one[name]).tolist() == getattr(profile.losses[key], name).tolist()


def test_a_reader_made_from_the_page_reads_what_the_model_was_trained_on():
    baseline, profile = FILES["trained"]
    made, _ = read(encode(baseline, profile))
    training, mine = record(TRAINING, made["training"]), baseline.training
    for name in ("key", "name", "sampled", "windows"):
        assert training[name] == getattr(mine, name)
    for name in ("lacking", "unserved"):
        assert tuple(training[name]) == getattr(mine, name)
    cells = {(c["column"], c["segment"]): c for c in read_profile(training["profile"])["cells"]}
    assert {key: i64(c["bins"] or c["counts"]) for key, c in cells.items()} == {
        key: (c.bins or c.counts).counts.tolist() for key, c in mine.profile.cells.items()
    }
    checks = json.loads(made["checks"])
    assert [field["name"] for field in checks["fields"]] == ["distance"]
    assert checks["rules"] == [{"name": "far", "check": "distance < 9e9"}]
    quantiles = {(one[0], one[1]): plain(one[2]).tolist() for one in training["quantiles"]}
    assert list(quantiles) == sorted(mine.quantiles)
    assert quantiles == {key: one.tolist() for key, one in mine.quantiles.items()}
    total = np.reshape(f64(made["variation"]["total"]), (len(made["variation"]["keys"]), -1))
    assert total.tolist() == baseline.variation.total.tolist()
    assert total.sum() > 0


def parts_of(title):
    """The names of arrays that a section of the page lists; NAME stands for any."""
    rows = re.findall(r"^\| (`[a-z][^|]*) \|", section(title), re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    return re.compile("|".join(re.escape(name).replace("NAME", ".+") for name in names))


def test_a_reader_made_from_the_page_reads_what_rows_are_like():
    baseline, profile = FILES["rows"]
    made, read_ = read(encode(baseline, profile))
    outliers, mine = record(OUTLIERS, made["outliers"]), baseline.outliers
    assert tuple(outliers["numeric"]) == mine.numeric
    categories = plain(outliers["categories"])
    assert {name: tuple(categories[name]) for name in outliers["nominal"]} == mine.categories
    parts, windows = plain(outliers["parts"]), plain(outliers["windows"])
    assert [name for name in parts if not parts_of("Outliers").fullmatch(name)] == []
    sample = parts["sample"]
    assert sample.tolist() == mine.parts["sample"].tolist()
    C, spots = len(outliers["numeric"]), parts["encode.spots"]
    assert len(spots) == 2 * C + parts["encode.sizes"].sum()
    assert sample.shape[1] == C + spots.max() + 1
    assert windows["hits"].shape == (1 + len(baseline.segments["carrier"]), 2)
    assert windows["rows"][0] == outliers["rows"] == 2_000
    cells = {(c["column"], c["segment"]): c for c in read_["cells"]}
    p, lead = cells["_outlier", ""], cells["_outlier.lead", ""]
    unlike = sum(i64(p["counts"])[2:])
    assert (p["rows"], lead["missing"]) == (400, 400 - unlike)
    assert len(i64(lead["counts"])) == C + len(outliers["nominal"]) + 1


def test_a_row_is_as_far_from_the_reference_as_the_page_says():
    baseline, _ = FILES["rows"]
    made, _ = read(encode(*FILES["rows"]))
    outliers = record(OUTLIERS, made["outliers"])
    parts, categories = plain(outliers["parts"]), plain(outliers["categories"])
    rows = runpy.run_path(str(GOLDEN.with_name("make_profile_v6.py")))["table"](400, 2, 1)
    (batch,) = rows.combine_chunks().to_batches()
    batch = deriving(baseline).apply(batch)
    step, C = parts["encode.step"][0], len(outliers["numeric"])
    found = []
    for row in batch.slice(0, 60).to_pylist():
        places = [2 * j for j, name in enumerate(outliers["numeric"]) if row[name] is None]
        first = 2 * C
        for name, size in zip(outliers["nominal"], parts["encode.sizes"], strict=True):
            places.append(first + categories[name].index(str(row[name])))
            first += size
        point = np.zeros(parts["sample"].shape[1])
        for j, name in enumerate(outliers["numeric"]):
            if row[name] is not None:
                z = (row[name] - parts["encode.centre"][j]) / parts["encode.scale"][j]
                point[j] = round(step * min(max(z, -20), 20))
        beyond = 0.0
        for place in places:
            weight = round(step * parts["encode.weights"][place])
            if parts["encode.spots"][place] < 0:
                beyond += weight**2
            else:
                point[C + parts["encode.spots"][place]] = weight
        apart = ((parts["sample"].astype(float) - point) ** 2).sum(axis=1) + beyond
        nearest = np.sort(np.sqrt(apart))[: parts["nearest"][0]]
        found.append(nearest.mean() / step)
    scored = Scorer.of(baseline.outliers).score(batch.slice(0, 60))
    assert np.allclose(found, scored.score, rtol=1e-12)


def test_a_reader_made_from_the_page_reads_how_columns_go_together():
    baseline, profile = FILES["rows"]
    made, read_ = read(encode(baseline, profile))
    told, mine = record(DEPENDENCE, made["dependence"]), baseline.dependence
    assert tuple(told["columns"]) == mine.columns
    parts = plain(told["parts"])
    assert [name for name in parts if not parts_of("Dependence").fullmatch(name)] == []
    C = len(mine.columns)
    assert parts["cuts"].shape == (C, 3)
    assert len(parts["unit"]) == C * (C - 1) // 2 + len(parts["directions"])
    ((segment, tables, *_),) = read_["pairwise"]
    assert segment == ""
    assert plain(tables).tolist() == profile.pairwise[""].tables.tolist()
    (name, direction), *others = plain(made["directions"]).items()
    assert (name, others) == ("place", [])
    assert direction.tolist() == baseline.directions["place"].tolist()


def test_a_reader_made_from_the_page_reads_whom_predictions_concern():
    baseline, profile = FILES["grouped"]
    made, read_ = read(encode(baseline, profile))
    grouping = record(GROUPING, made["grouping"])
    assert plain(grouping["grading"])[0] == "binary"
    for told, mine in zip(grouping["sets"], baseline.grouping.sets, strict=True):
        assert tuple(told[0]) == mine.columns
        assert [tuple(names) for names in told[1]] == list(mine.names)
    assert grouping["measures"] == ["amount"]
    assert (grouping["positive"], grouping["labelled"]) == (1, True)
    assert [one[0] for one in grouping["numbers"]] == ["amount"]
    assert grouping["variation"] is not None
    cubes = {one[0]: record(CUBE, one) for one in read_["cubes"]}
    assert list(cubes) == sorted(profile.cubes) == ["age", "sex", "sex & age"]
    for key, one in cubes.items():
        whole = np.zeros(np.prod(one["shape"]), int)
        whole[plain(one["places"])] = plain(one["counts"])
        assert whole.reshape(one["shape"]).tolist() == profile.cubes[key].counts.tolist()
        assert plain(one["scores"]).tolist() == profile.cubes[key].scores.tolist()
        assert whole.sum() == profile.rows
    for one in read_["measured"]:
        own = record(NUMBERS, one)
        mine = profile.measured[own["key"]]
        ((shape, places, rows),) = own["counts"]
        whole = np.zeros(np.prod(shape), int)
        whole[plain(places)] = plain(rows)
        assert whole.reshape(shape).tolist() == mine.counts[0].tolist()
        assert plain(own["sums"]).tolist() == mine.sums.tolist()


def test_a_reader_made_from_the_page_reads_the_variation():
    baseline, profile = FILES["varied"]
    made, _ = read(encode(baseline, profile))
    one, two = made["variation"], baseline.variation
    assert (one["width"], one["windows"], one["flat"]) == (HOUR, 80, False)
    assert (one["harmonics"], one["weekly"]) == (two.harmonics, two.weekly) == (3, False)
    assert [tuple(key) for key in one["keys"]] == list(two.keys)
    assert i64(one["used"]) == two.used.tolist()
    for name in [*VARIATION[7:-3], "mix"]:
        assert np.array_equal(np.array(f64(one[name])), getattr(two, name).ravel()), name
    assert i64(one["mixed"]) == two.mixed.tolist()
    sizes = {
        "N": len(two.mixed),
        "K": two.mix.shape[2],
        "C": len(two.keys),
        "k": two.season.size,
        "6": 6,
        "3": 3,
    }
    for name, shape in re.findall(r"`(\w+)` \| array of f64, ([CN][^:]*):", section("Variation")):
        assert len(f64(one[name])) == np.prod([sizes[part] for part in shape.split(" × ")]), name
    assert read(encode(*FILES["kept"]))[0]["variation"] is None


def test_the_payload_holds_only_the_types_that_the_page_names():
    """No maps, no extension types; and the shortest form, which msgspec writes again."""
    data = encode(*FILES["varied"])
    payload = data[HEADER.size : -DIGEST]
    plain = msgspec.msgpack.decode(payload)
    assert msgspec.msgpack.encode(plain) == payload

    def types(value):
        if isinstance(value, list):
            return set().union(*map(types, value)) if value else set()
        return {type(value)}

    assert types(plain) == {type(None), bool, int, float, str, bytes}

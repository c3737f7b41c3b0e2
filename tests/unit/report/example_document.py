"""Comparisons as the engine would write them, made up: realistic figures, no monitors involved.

Owns: documents for the tests of `report`.  Does not own: the meaning of any figure in them.
"""

import hashlib
from typing import Any

import numpy as np

from vedette.core.words import number

M, N = 80_789, 70_210
ORDER = ("alarming", "notable", "unknown", "calm")


def example(seed: int = 1) -> dict[str, Any]:
    """A comparison with a finding of every kind."""
    rng = np.random.default_rng(seed)
    made = [
        _alarming_distance(rng),
        _alarming_carrier(),
        _alarming_missing(rng),
        _notable_delay(rng),
        _zeros(rng),
        _unknown(),
        *(_calm(rng, name, kind) for name, kind in CALM),
        _calm_category(),
    ]
    return _document(made)


def wide(columns: int = 100, seed: int = 2) -> dict[str, Any]:
    """A comparison of many columns, a third of them with something to tell."""
    rng = np.random.default_rng(seed)
    makers = (_alarming_distance, _alarming_missing, _notable_delay)
    made = []
    for i in range(columns):
        if i % 10 == 9:
            pair = _calm_category()
        elif i % 10 == 8:
            pair = _alarming_carrier()
        elif i % 5 == 0:
            pair = makers[i % 3](rng)
        else:
            pair = _calm(rng, "amount", "numeric")
        made.append(_renamed(pair, f"{pair[0]['name']}_{i:03d}"))
    return _document(made)


def quiet() -> dict[str, Any]:
    """A comparison in which nothing changed."""
    rng = np.random.default_rng(3)
    return _document([_calm(rng, name, kind) for name, kind in CALM])


def hostile() -> dict[str, Any]:
    """A comparison whose names, categories and reasons were chosen by an enemy."""
    names = (
        "</script><script>window.stolen = 1</script>",
        '<img src=x onerror="window.stolen=2">',
        "'\"><svg onload=window.stolen=3>",
        "{{ 7 * 7 }}${7*7}",
        "bell\x07 esc\x1b[31m null\x00 line\nbreak \u2028 \ufffe",
        "[bold red]markup[/bold red] [link=http://evil.example]x[/link]",
        "name_without_any_place_to_break_" * 8,
        "http://evil.example/track.js",
    )
    rng = np.random.default_rng(4)
    made = []
    for i, name in enumerate(names):
        column, findings = _renamed(_alarming_carrier() if i % 2 else _alarming_distance(rng), name)
        if column["distribution"]["type"] == "nominal":
            column["distribution"]["categories"][:3] = [name, name + "2", "<b>bold</b>"]
            column["new_categories"] = [[name, 5]]
            findings[0]["category"] = name
        column["headline"] = f"{name} rose"
        findings[0]["reason"] = f"{name} rose by 0.42 sd"
        made.append((column, findings))
    document = _document(made)
    document["verdict"] = f"{names[0]} changed"
    document["reference"]["name"] = names[0]
    document["current"]["name"] = names[1]
    document["segments"] = [names[2]]
    document["ignored"] = [{"column": names[0], "reason": names[1]}]
    document["joint"] = JOINT | {"columns": [[names[0], 0.3], [names[4], 0.1]]}
    document["dependence"] = DEPENDENCE | {
        "columns": [names[0], names[4]],
        "told": [
            DEPENDENCE["told"][0]
            | {"pair": f"{names[0]} & {names[4]}", "neighbourhood": WHERE | {"words": names[4]}}
        ],
    }
    return document


WHERE = {
    "words": "`distance` > 1389 and `carrier` = UA",
    "before": 0.03,
    "now": 0.11,
    "expected": 0.04,
}
DEPENDENCE: dict[str, Any] = {
    "columns": ["distance", "carrier", "dewp"],
    "rows": [10_000, 12_000],
    "pairs": 3,
    "changed": 2,
    "told": [
        {"finding": "0f", "pair": "distance & carrier", "neighbourhood": WHERE},
        {"finding": "1f", "pair": "distance & dewp", "neighbourhood": None},
    ],
}
JOINT = {
    "auc": 0.71,
    "low": 0.70,
    "high": 0.72,
    "rows": 20_000,
    "columns": [["distance", 0.12], ["carrier", 0.06], ["dewp", 0.03]],
}
CALM = (
    ("air_time", "numeric"),
    ("hour", "integer"),
    ("temp", "numeric"),
    ("humid", "numeric"),
    ("seats", "integer"),
    ("score", "numeric"),
)

Pair = tuple[dict[str, Any], list[dict[str, Any]]]


def _alarming_distance(rng: np.random.Generator) -> Pair:
    reference = np.clip(rng.lognormal(6.6, 0.65, M), 80, 4983).round()
    current = np.clip(rng.lognormal(6.83, 0.62, N), 80, 6200).round()
    column = _numeric("distance", reference, current, "numeric", unit="mi")
    column |= {"verdict": "alarming", "magnitude": 0.42, "detectable": 0.017}
    a, b = column["reference"], column["current"]
    column["headline"] = "distance rose by 0.42 sd (0.41 to 0.43)"
    level = _finding(
        column, "level", "alarming", 0.42, "sd", (0.41, 0.43), observed=b["mean"],
        expected=a["mean"], p=1e-30,
        reason="distance rose by 0.42 sd (0.41 to 0.43): "
        f"mean {number(a['mean'])} to {number(b['mean'])}",
    )  # fmt: skip
    spread = _finding(
        column, "spread", "notable", 0.06, "sd", (0.045, 0.075), observed=b["sd"], expected=a["sd"],
        p=2e-7, reason="distance spread grew by 0.06 (0.045 to 0.075)",
    )  # fmt: skip
    above = _finding(
        column, "range", "alarming", 0.0021, "share", (0.0018, 0.0025), observed=0.0021,
        expected=0.00002, p=1e-12, magnitude=0.11,
        reason="0.21 % of distance lies outside the range of the reference (80 to 4983)",
    )  # fmt: skip
    parts = [
        _finding(
            column, "level", verdict, size, "sd", (size - 0.06, size + 0.06), segment=segment,
            observed=number_, expected=a["mean"], p=p, n=(9000, 7400),
            reason=f"distance rose by {size} sd where {segment}",
        )
        for segment, verdict, size, number_, p in (
            ("carrier=UA", "alarming", 0.71, 1820.0, 1e-20),
            ("carrier=B6", "notable", 0.08, 1110.0, 0.003),
        )
    ]  # fmt: skip
    calm = _finding(column, "missing", "calm", 0.0, "share", (-0.0001, 0.0001), p=1.0, reason="")
    return column, [level, above, spread, *parts, calm]


def _alarming_carrier() -> Pair:
    names = ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX", "FL", "AS", "F9", "YV"]
    before = [0.174, 0.162, 0.161, 0.143, 0.097, 0.078, 0.061, 0.055, 0.036, 0.015]
    before += [0.0097, 0.0021, 0.002, 0.0018]
    after = [0.121, 0.171, 0.158, 0.150, 0.101, 0.081, 0.064, 0.058, 0.038, 0.016]
    after += [0.0099, 0.0022, 0.0021, 0.0018]
    column = _nominal("carrier", names, before, after, unseen=0.021)
    column |= {"verdict": "alarming", "magnitude": 0.16, "detectable": 0.018}
    column["headline"] = "carrier UA fell from 17 % to 12 %"
    column["new_categories"] = [["ZZ", 1240], ["Q7", 231], ["(none given)", 4]]
    share = _finding(
        column, "category", "alarming", -0.053, "share", (-0.056, -0.05), observed=0.121,
        expected=0.174, p=1e-25, magnitude=0.16, category="UA",
        reason="carrier UA fell from 17 % to 12 % of rows (-5.6 to -5 points)",
    )  # fmt: skip
    unseen = _finding(
        column, "unseen", "alarming", 0.021, "share", (0.020, 0.022), observed=0.021, expected=0.0,
        p=1e-22, magnitude=0.15, reason="2.1 % of carrier are values never seen before: ZZ, Q7",
    )  # fmt: skip
    shape = _finding(
        column, "shape", "alarming", 0.15, "w", (0.14, 0.16), p=1e-24,
        reason="the shares of carrier moved by 0.15 w (0.14 to 0.16)",
    )  # fmt: skip
    return column, [share, unseen, shape]


def _alarming_missing(rng: np.random.Generator) -> Pair:
    reference, current = rng.normal(52, 9, M), rng.normal(52.1, 9, N)
    column = _numeric("dewp", reference, current, "numeric", missing=(0.002, 0.043), unit="F")
    column |= {"verdict": "alarming", "magnitude": 0.2, "detectable": 0.017}
    column["headline"] = "missing values of dewp rose from 0.2 % to 4.3 %"
    jump = _finding(
        column, "missing", "alarming", 0.041, "share", (0.0394, 0.0426), observed=0.043,
        expected=0.002, p=1e-40, magnitude=0.2,
        reason="missing values of dewp rose from 0.2 % to 4.3 % (3.9 to 4.3 points)",
    )  # fmt: skip
    level = _finding(column, "level", "calm", 0.011, "sd", (0.001, 0.021), p=0.9, reason="")
    return column, [jump, level]


def _notable_delay(rng: np.random.Generator) -> Pair:
    reference, current = rng.standard_t(3, M) * 20 + 6, rng.standard_t(3, N) * 20 + 6.9
    column = _numeric("dep_delay", reference, current, "numeric", unit="min")
    column |= {"verdict": "notable", "magnitude": 0.034, "detectable": 0.017}
    column["headline"] = "dep_delay rose by 0.034 sd (0.024 to 0.044)"
    level = _finding(
        column, "level", "notable", 0.034, "sd", (0.024, 0.044), p=4e-5,
        observed=column["current"]["mean"], expected=column["reference"]["mean"],
        reason="dep_delay rose by 0.034 sd (0.024 to 0.044), less than 0.05",
    )  # fmt: skip
    return column, [level]


def _zeros(rng: np.random.Generator) -> Pair:
    def draw(n: int, zero: float) -> np.ndarray:
        return np.where(rng.random(n) < zero, 0.0, rng.lognormal(-1.5, 1.1, n))

    column = _numeric("precip", draw(M, 0.7), draw(N, 0.7), "numeric", unit="in")
    column["verdict"] = "calm"
    return column, []


def _unknown() -> Pair:
    column = _numeric("visib", np.full(1, 10.0), np.full(1, 10.0), "numeric")
    column |= {"verdict": "unknown", "magnitude": None, "distribution": None, "detectable": None}
    column["headline"] = "visib could not be judged: the current table has no values"
    column["current"] |= {"rows": N, "missing": N, "mean": None, "sd": None, "distinct": 0}
    finding = _finding(
        column, "level", "unknown", None, "sd", (None, None), p=None,
        reason="visib could not be judged: the current table has no values",
    )  # fmt: skip
    return column, [finding]


def _calm(rng: np.random.Generator, name: str, kind: str) -> Pair:
    if name == "hour":
        draw = [rng.integers(5, 24, size) for size in (M, N)]
    elif name == "seats":
        draw = [rng.choice([20, 55, 80, 149, 182, 189, 200, 330], size) for size in (M, N)]
    elif name == "score":
        draw = [rng.beta(1.2, 4.0, size) for size in (M, N)]
    elif name == "amount":
        draw = [np.exp(rng.normal(3, 1.6, size)) for size in (M, N)]
    else:
        draw = [rng.gamma(3.0, 50.0, size) for size in (M, N)]
    column = _numeric(name, draw[0].astype(float), draw[1].astype(float), kind)
    column["role"] = "score" if name == "score" else "feature"
    level = _finding(column, "level", "calm", 0.004, "sd", (-0.006, 0.014), p=1.0, reason="")
    shape = _finding(column, "shape", "calm", 0.01, "w", (0.0, 0.02), p=0.83, reason="")
    return column, [level, shape]


def _calm_category() -> Pair:
    names = [f"dest {i:02d}" for i in range(50)]
    before = np.arange(50, 0, -1) / 1400
    column = _nominal("dest", names, before.tolist(), (before * 1.002).tolist(), other=0.09)
    return column, []


def _document(made: list[Pair]) -> dict[str, Any]:
    for column, findings in made:
        findings.sort(key=_rank)
        column["findings"] = [finding["id"] for finding in findings]
    columns = sorted((column for column, _ in made), key=_rank)
    findings = sorted((finding for _, some in made for finding in some), key=_rank)
    counts = {verdict: sum(c["verdict"] == verdict for c in columns) for verdict in ORDER}
    n, k = len(columns), counts["alarming"]
    return {
        "format": "vedette.comparison", "version": 1, "vedette": "0.1.0",
        "ok": not k,
        "verdict": f"{k} of {n} columns changed by more than 0.05."
        if k else f"No column of {n} changed; a shift of 0.017 sd would have been noticed.",
        "settings": {"alpha": 0.05, "alpha_margin": 0.01, "min_effect": 0.05, "strict": False,
                     "dependence": True},
        "reference": {"name": "january.parquet", "rows": M, "start": "2013-01-01T05:00:00Z",
                      "end": "2013-03-31T23:59:00Z"},
        "current": {"name": "april.parquet", "rows": N, "start": "2013-04-01T05:00:00Z",
                    "end": "2013-06-30T23:59:00Z"},
        "counts": {"columns": n, "compared": n - counts["unknown"], **counts},
        "columns": columns, "findings": findings, "segments": ["carrier"],
        "ignored": [{"column": "flight_id", "reason": "role id is not compared"},
                    {"column": "time_hour", "reason": "role time orders the rows"}],
        "joint": JOINT if k else None,
        "dependence": DEPENDENCE if k else None,
    }  # fmt: skip


def _rank(entry: dict[str, Any]) -> tuple[int, float]:
    return ORDER.index(entry["verdict"]), -(entry["magnitude"] or 0.0)


def _renamed(pair: Pair, name: str) -> Pair:
    column, findings = pair
    for finding in findings:
        finding["reason"] = finding["reason"].replace(column["name"], name)
        finding["column"] = name
        finding["id"] = _id(name, finding["component"], finding["segment"])
    column["headline"] = column["headline"].replace(column["name"], name)
    return column | {"name": name}, findings


def _finding(
    column: dict[str, Any], component: str, verdict: str, effect: float | None, unit: str,
    ends: tuple[float | None, float | None], *, p: float | None, reason: str,
    observed: float | None = None, expected: float | None = None, magnitude: float | None = None,
    category: str | None = None, segment: str = "", n: tuple[int, int] = (M, N),
) -> dict[str, Any]:  # fmt: skip
    size = magnitude if magnitude is not None else None if effect is None else abs(effect)
    adjusted = None if p is None else min(1.0, p * 80)
    return {
        "id": _id(column["name"], component, segment), "monitor": "drift",
        "component": component, "column": column["name"], "segment": segment, "category": category,
        "observed": observed, "expected": expected, "effect": effect, "unit": unit,
        "low": ends[0], "high": ends[1], "magnitude": size, "p": p,
        "p_margin": None if p is None else min(1.0, p * 1e4), "p_adjusted": adjusted,
        "evidence": None if adjusted is None else float(-np.log10(adjusted)) + 0.0,
        "detectable": column["detectable"], "n_baseline": n[0], "n_window": n[1],
        "min_effect": 0.05, "verdict": verdict,
        "reason": reason or f"{column['name']} {component}: no change found",
    }  # fmt: skip


def _id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _numeric(
    name: str, reference: np.ndarray, current: np.ndarray, kind: str,
    missing: tuple[float, float] = (0.0, 0.0), unit: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A numeric column with tail-refined quantile bins (a, b], point bins for heavy values."""
    tails = [0.0005, 0.002, 0.005, 0.01, 0.02]
    probabilities = [0.0, *tails, *np.linspace(0.05, 0.95, 19), *(1 - t for t in tails[::-1]), 1.0]
    quantiles = np.unique(np.quantile(reference, probabilities))
    heavy = [q for q in quantiles if np.mean(reference == q) > 0.02]
    edges = np.unique([*quantiles, *(np.nextafter(q, -np.inf) for q in [*heavy, quantiles[0]])])
    sides, counts = [], []
    for values, share, rows in ((reference, missing[0], M), (current, missing[1], N)):
        kept = values[: round(len(values) * (1 - share))]
        places = np.bincount(edges.searchsorted(kept), minlength=len(edges) + 1)
        counts.append(places[1:-1].tolist())
        sides.append(
            _side(rows, missing=rows - len(kept), below=int(places[0]), above=int(places[-1]))
            | {"mean": float(kept.mean()), "sd": float(kept.std()), "min": float(kept.min()),
               "max": float(kept.max()), "distinct": len(np.unique(kept))}
        )  # fmt: skip
    distances = {
        "psi": {"value": 0.021, "low": 0.018, "high": 0.024},
        "js": {"value": 0.052, "low": 0.048, "high": 0.057},
        "ks": {"value": 0.031, "p": 2e-9},
        "wasserstein": {"value": 1.9, "low": 1.1, "high": 2.7},
    }
    edges_ = edges.tolist()
    picture = {"type": "numeric", "edges": edges_, "reference": counts[0], "current": counts[1]}
    return _column(name, kind, sides, picture, distances) | {"unit": unit}


def _nominal(
    name: str, names: list[str], before: list[float], after: list[float],
    other: float = 0.002, unseen: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    counts = [
        [round(rows * share) for share in (*shares, other, extra)]
        for rows, shares, extra in ((M, before, 0.0), (N, after, unseen))
    ]
    sides = [
        _side(rows, unseen=some[-1]) | {"distinct": len(names) + 3}
        for rows, some in zip((M, N), counts, strict=True)
    ]
    picture = {
        "type": "nominal",
        "categories": [*names, "(other)", "(unseen)"],
        "reference": counts[0],
        "current": counts[1],
    }
    distances = {
        "psi": {"value": 0.033, "low": 0.030, "high": 0.036},
        "total_variation": {"value": 0.055, "low": 0.05, "high": 0.06},
        "w": {"value": 0.15, "low": 0.14, "high": 0.16},
        "chi_square": {"value": 2210.0, "p": 1e-40},
    }
    return _column(name, "category", sides, picture, distances)


def _column(
    name: str, kind: str, sides: list[dict[str, Any]], picture: Any, distances: Any
) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "role": "feature", "unit": None, "derived_from": None,
        "verdict": "calm", "headline": f"{name}: no change found", "magnitude": 0.01,
        "min_effect": 0.05, "method": "scores", "detectable": 0.017,
        "reference": sides[0], "current": sides[1], "distances": distances,
        "distribution": picture, "new_categories": [], "findings": [],
    }  # fmt: skip


def _side(rows: int, **specials: int) -> dict[str, Any]:
    zero = dict.fromkeys(("missing", "not_finite", "broken", "below", "above", "unseen"), 0)
    nothing = dict.fromkeys(("mean", "sd", "min", "max", "distinct"))
    return {"rows": rows, **zero, **specials, **nothing}

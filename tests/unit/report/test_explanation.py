"""An explanation and an estimation on a terminal of 80 columns: the verdict first, names inert."""

import io

import pytest
from rich.console import Console

from vedette.report.estimation import render_estimation
from vedette.report.estimation_html import render_estimation_html
from vedette.report.explanation import render_explanation

NASTY = "amount\x1b[31m<b>[red]"


def cause(kind="column", verdict="harmful", column=NASTY, **more):
    return {
        "kind": kind, "column": column, "verdict": verdict,
        "statement": f"{verdict.capitalize()}: the drift of {column} is {verdict}",
        "effect": 0.042, "low": 0.031, "high": 0.054, "by_model": None,
        "bins": [{"words": f"{column} has no usable value", "mix": 0.0, "rate": 0.0, "new": 0.039}],
    } | more  # fmt: skip


def explained(**more):
    why = {
        "statement": "Harmful: the loss rose by 4.2 points (95 %: 3.1 to 5.4). Mostly the drift",
        "harm": {"verdict": "harmful"}, "basis": "realised", "before": 0.094, "after": 0.136,
        "causes": [
            cause(),
            cause("outcomes", "benign", "", effect=-0.024),
            cause(verdict="unknown", column="visib", bins=[]),
        ],
        "segments": [
            {"words": f"{NASTY} = EV and origin = EWR", "rows": 212, "loss": 0.33,
             "expected": 0.096, "excess": 0.165, "low": 0.079, "high": 0.25}
        ],
        "assumptions": ["assuming that the rows whose label is known stand for the others"],
        "missing": ["Weak segments were not searched: too few labels"],
        "start": "2013-05-13T00:00:00Z", "end": "2013-05-15T00:00:00Z", "rows": 2007,
        "labels": 1345,
    } | more  # fmt: skip
    incident = {
        "id": "eb54d5b4c2a043c1", "model": "flight-delays", "title": f"`{NASTY}` is missing",
        "severity": "critical", "state": "open", "onset": "2013-05-13T00:00:00Z",
        "opened": "2013-05-13T01:00:00Z", "closed": None,
    }  # fmt: skip
    return {"incident": incident, "explanation": why}


def shown(render, document, width=80):
    out = io.StringIO()
    render(document, Console(file=out, width=width, no_color=True))
    return out.getvalue()


def test_the_verdict_is_the_first_word_and_nothing_is_wider_than_the_terminal():
    text = shown(render_explanation, explained())
    assert text.split()[:2] == ["▲", "harmful"] or text.split()[0] == "harmful"
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "\x1b" not in text
    flat = " ".join(text.split())
    for said in (
        "9.4 % in the reference, 14 % now, by labels",
        "2007, 67 % with a label, 13 May 2013 to 15 May 2013",
        "+4.2 3.1 to 5.4",
        "rows of the same kind go wrong as often as ever, or less",
        "212 33 % 9.6 % +16.5 (7.9 to 25)",
        "- that the rows whose label is known stand for the others",
        "- Weak segments were not searched: too few labels",
    ):
        assert said in flat, said


@pytest.mark.parametrize("verdict", ["harmful", "benign", "unknown"])
def test_it_can_be_said_without_causes_segments_or_figures(verdict):
    why = {"harm": {"verdict": verdict}, "statement": f"{verdict.capitalize()}: so it is",
           "causes": [], "segments": [], "assumptions": [], "missing": [], "before": None,
           "rows": 0}  # fmt: skip
    text = shown(render_explanation, explained(**why))
    assert f"{verdict}  So it is" in text
    assert "Assumed" not in text
    assert "loss" not in text


def figure(metric="accuracy", **more):
    told = {"value": 0.9058, "low": 0.9037, "high": 0.9078, "rows": 77911}
    return {"metric": metric, "better": "higher", "reference": told, "estimated": told,
            "realised": None, "trusted": None} | more  # fmt: skip


def estimated(**more):
    return {
        "vedette": "0", "verdict": "Benign: the estimated loss hardly moved", "task": "binary",
        "harm": {"verdict": "benign"}, "reference": {"name": NASTY, "rows": 78146},
        "current": {"name": "cur.parquet", "rows": 28233, "labels": 0},
        "metrics": [figure(), figure("roc_auc")],
        "segments": [figure(segment=f"carrier={NASTY}", rows=496, labels=0)],
        "auditor": {"kind": "trees", "log_loss": {"score": 0.26, "trees": 0.25}, "rows": 77911},
        "notes": [],
    } | more  # fmt: skip


def test_an_estimation_shows_only_the_sides_that_are_known():
    text = shown(render_estimation, estimated())
    assert "realised" not in text
    assert "0.9058 ±0.0021" in text
    assert "none with a label" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "\x1b" not in text
    assert "score 0.26, trees 0.25" in " ".join(text.split())
    assert "Concept drift breaks that" in " ".join(text.split())


def test_doubt_is_marked_and_said():
    doubted = figure(realised=figure()["reference"], trusted=False)
    text = shown(render_estimation, estimated(metrics=[doubted]))
    assert "0.9058 ±0.0021 ?" in text
    assert "?: labels disagree with what was estimated of the same rows." in " ".join(text.split())


def test_a_table_alone_says_nothing_of_an_auditor():
    text = shown(render_estimation, estimated(auditor=None, harm=None, verdict="accuracy 0.9"))
    assert "Assumed" not in text
    assert "unknown" in text


def test_names_are_inert_on_the_page():
    page = render_estimation_html(estimated())
    assert "<b>[red]" not in page
    assert "\x1b" not in page
    assert "script-src &#39;none&#39;" in page


def test_what_tells_the_rows_apart_is_said_with_and_without_an_explanation():
    document = explained()
    document["incident"]["separation"] = {
        "statement": f"its rows can be told from the reference by `{NASTY}` (AUC 0.63)",
        "together": {"columns": [NASTY, "amount"], "before": 0.5, "after": -0.4},
        "against": "the reference file r.parquet", "rows": 900, "reference_rows": 5000,
    }  # fmt: skip
    for given in (document, {**document, "explanation": None}):
        text = shown(render_explanation, given)
        assert "AUC 0.63" in text
        assert "rank correlation 0.5, now -0.4" in " ".join(text.split())
        assert "900 rows beside 5000 of the reference file" in " ".join(text.split())
        assert "\x1b" not in text
        assert max(len(line.rstrip()) for line in text.splitlines()) <= 80

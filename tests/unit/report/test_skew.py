"""Pages of a row by row comparison: names and values are inert, every part is there."""

import re

import vedette as vd
from vedette.report.skew_html import render_skew_html, render_skew_notebook
from vedette.report.skew_junit import render_skew_junit

EVIL = "<script>alert(1)</script>"
N = 200


def found():
    offline = {"id": list(range(N)), EVIL: ["a", EVIL] * (N // 2), "x": list(range(N))}
    online = {"id": list(range(N)), EVIL: ["b", "c"] * (N // 2), "x": [None, *range(1, N)]}
    return vd.skew(offline, online, key="id", examples=2)


def test_the_page_is_inert_and_whole():
    page = render_skew_html(found().to_dict())
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "script-src &#39;none&#39;" in page
    for part in ("Every column", "What became what", "Examples", "missing in serving"):
        assert part in page
    assert not re.findall(r"(?:src|href)=\"(?!data:)", page)


def test_the_fragment_for_a_notebook_is_inert():
    fragment = found()._repr_html_()
    assert fragment == render_skew_notebook(found().to_dict())
    assert EVIL not in fragment
    assert "alarming" in fragment


def test_junit_has_a_case_per_column():
    text = render_skew_junit(found().to_dict())
    assert text.count("<testcase") == 2
    assert text.count("<failure") == 1
    assert text.count("<system-out") == 1  # one row of 200 is not one in a thousand for certain
    assert "<script>" not in text

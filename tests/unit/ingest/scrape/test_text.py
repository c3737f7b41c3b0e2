"""Reading what servers show: both forms of text, what is left out, and what is refused."""

import pytest

from vedette.core.errors import SchemaError
from vedette.ingest.scrape import text
from vedette.ingest.scrape.text import read_exposition

HISTOGRAM = b"""# TYPE took_seconds histogram
took_seconds_bucket{m="a",le="0.1"} 1
took_seconds_bucket{m="a",le="+Inf"} 2
took_seconds_sum{m="a"} 0.4
took_seconds_count{m="a"} 2
took_seconds_created{m="a"} 1.79e9
"""


def read(body, kind="text/plain"):
    return read_exposition(body, kind, 5)


def test_all_parts_of_a_histogram_are_one_series():
    found = read(HISTOGRAM)
    assert {one.series for one in found.samples} == {("took_seconds", (("m", "a"),))}
    assert [(one.part, one.at, one.value) for one in found.samples] == [
        ("bucket", 0.1, 1.0), ("bucket", float("inf"), 2.0), ("sum", 0.0, 0.4), ("count", 0.0, 2.0),
    ]  # fmt: skip
    assert list(found.by_name) == ["took_seconds_bucket", "took_seconds_sum", "took_seconds_count"]


def test_openmetrics_is_read_with_its_exemplars():
    body = b'# TYPE hits counter\nhits_total 3.0 # {trace_id="ab"} 1.0\n# EOF\n'
    (sample,) = read(body, "application/openmetrics-text; version=1.0.0").samples
    assert (sample.name, sample.value) == ("hits", 3.0)


def test_numbers_that_say_nothing_are_left_out():
    """DCGM writes nearly 2^63 for what it does not know; summaries of nothing are NaN."""
    body = b'a 1\nb NaN\nc +Inf\nd 9223372036854775794\n# TYPE q summary\nq{quantile="0.5"} NaN\n'
    assert [one.name for one in read(body).samples] == ["a"]


def test_what_ends_like_a_counter_is_one_where_nothing_is_said():
    found = read(b"a_total 1\nb 2\n# TYPE c_total gauge\nc_total 3\n")
    assert found.kinds == {"a": "counter", "b": "unknown", "c_total": "gauge"}


def test_labels_with_odd_values_are_read_as_they_are():
    (sample,) = read('a{x="1,2}\\n\\"é"} 1\n'.encode()).samples
    assert sample.labels == (("x", '1,2}\n"é'),)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>Not found</body></html>", b'{"status": "ok"}', b"a{x=1} 2", b"\xff\xfe",
     b"# TYPE h histogram\nh_bucket 3\n", b'# TYPE h histogram\nh_bucket{le="x"} 3\n'],
)  # fmt: skip
def test_what_is_no_such_text_is_refused_in_a_sentence(body):
    with pytest.raises(SchemaError, match=r"^metrics: "):
        read(body)


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(text, "MOST_BYTES", 20)
    with pytest.raises(SchemaError, match="too long"):
        read(b"a 1\n" * 6)
    monkeypatch.setattr(text, "MOST_SAMPLES", 3)
    with pytest.raises(SchemaError, match="too many"):
        read(b"a 1\nb 1\nc 1\nd 1\n")

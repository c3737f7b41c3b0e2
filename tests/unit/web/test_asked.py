"""Names of deploys and remarks on charts: none lies upon another."""

from types import SimpleNamespace

import pytest

from vedette.core.durations import DAY, HOUR
from vedette.web.asked import Asked
from vedette.web.history.span import span_of

BEGIN = 20_000 * DAY
MS = 10**6


def marked(*marks):
    """What a chart of a month shows of marks at hours."""
    past = SimpleNamespace(marks=lambda _start, _end: [(BEGIN + at * HOUR, s) for at, s in marks])
    one = Asked(None, past, span_of(BEGIN, BEGIN + 30 * DAY, DAY), "", None, "", 0)
    return [
        (row["t0"] * MS - BEGIN, row["text"], row.get("label", row["text"])) for row in one.marks()
    ]


def test_of_marks_that_lie_close_together_the_first_is_named_and_the_rest_counted():
    assert marked((60, "version 2 took over"), (54, "version 2"), (61, "hotter")) == [
        (54 * HOUR, "version 2", "version 2 +2"),
        (60 * HOUR, "version 2 took over", ""),
        (61 * HOUR, "hotter", ""),
    ]


@pytest.mark.parametrize("second", [54, 54 + 240])
def test_marks_of_one_instant_share_a_name_and_those_far_apart_keep_theirs(second):
    shown = [label for _, _, label in marked((54, "version 2"), (second, "hotter"))]
    assert shown == (["version 2; hotter"] if second == 54 else ["version 2", "hotter"])

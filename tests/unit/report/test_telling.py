"""A change that shows in every segment is told once."""

from vedette.report.telling import telling, together


def finding(
    column, segment="", verdict="alarming", component="level", category=None, magnitude=0.5
):
    return {
        "column": column,
        "segment": segment,
        "verdict": verdict,
        "component": component,
        "category": category,
        "magnitude": magnitude,
    }


def test_all_rows_speak_for_their_segments():
    parts = [finding("x", f"c={name}") for name in "ABC"]
    calm = finding("x", "c=D", "calm")
    [told] = telling([parts[0], finding("x"), *parts[1:], calm])
    assert told.finding["segment"] == ""
    assert told.also == "; also where c = A and in 2 more"


def test_segment_that_is_worse_speaks_for_itself():
    [told] = telling([finding("x", "c=A"), finding("x", verdict="notable"), finding("x", "c=B")])
    assert told.finding["segment"] == "c=A"
    assert told.also == "; and in 1 more segment"


def test_calm_and_unknown_are_not_told():
    assert telling([finding("x", verdict="calm"), finding("y", verdict="unknown")]) == []


def test_components_and_categories_are_told_apart():
    told = telling(
        [
            finding("x"),
            finding("x", component="spread"),
            finding("y", component="category", category="JFK"),
            finding("y", component="category", category="LGA"),
        ]
    )
    assert len(told) == 4


def test_alarms_come_first_and_columns_stay_together():
    told = telling(
        [finding("x"), finding("y"), finding("x", component="spread", verdict="notable")]
    )
    assert [entry.finding["verdict"] for entry in told] == ["alarming", "alarming", "notable"]
    assert [entry.finding["column"] for entry in together(told)] == ["x", "x", "y"]


def test_a_change_in_all_segments_is_said_so():
    parts = [finding("x", f"c={name}") for name in "ABC"]
    elsewhere = finding("y", "c=D", "calm")
    [told] = telling([finding("x"), *parts, elsewhere])
    assert told.also == "; also in every segment"
    [told] = telling([finding("x"), *parts, finding("x", "d=1", "unknown")])
    assert told.also == "; also where c = A and in 2 more"


def test_the_order_is_that_of_what_is_told():
    small, large = finding("x", magnitude=0.1), finding("x", "c=A", magnitude=0.9)
    between = finding("y", magnitude=0.5)
    told = telling([large, between, small, finding("z", magnitude=None)])
    assert [entry.finding["column"] for entry in told] == ["y", "x", "z"]

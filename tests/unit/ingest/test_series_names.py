"""Names of readings with labels: one for one set of labels, seen, and never too long."""

from vedette.ingest.series_names import LONGEST, series_name


def test_the_order_of_labels_does_not_matter():
    assert series_name("a", [("y", "2"), ("x", "1")]) == series_name("a", [("x", "1"), ("y", "2")])


def test_names_that_are_too_long_stay_apart():
    one, other = (series_name("a", [("x", "y" * 300 + end)]) for end in "12")
    assert one != other
    assert len(one) == len(other) == LONGEST


def test_what_cannot_be_seen_is_shown_as_such():
    assert series_name("a", [("x", "1\u202e\n")]) == "a{x=1??}"

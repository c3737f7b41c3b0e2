"""Reading ahead keeps the items, their order and their errors, and leaves no thread behind."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.ingest.prefetch import prefetch


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "vedette-prefetch"]


class Count:
    """Numbers, with a note of how many were made and whether the end was reached in good order."""

    def __init__(self, stop: int) -> None:
        self.stop, self.made, self.closed = stop, 0, False

    def __iter__(self) -> Iterator[int]:
        try:
            for i in range(self.stop):
                self.made += 1
                yield i
        finally:
            self.closed = True


@given(st.lists(st.integers()), st.integers(0, 4))
def test_the_same_items_in_the_same_order(items: list[int], ahead: int) -> None:
    assert list(prefetch(items, ahead)) == items
    assert threads() == []


def test_errors_come_where_they_would_have_come() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("broken")

    items = prefetch(failing())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert threads() == []


def test_what_cannot_be_iterated_fails_and_does_not_hang() -> None:
    with pytest.raises(TypeError):
        list(prefetch(3))  # type: ignore[arg-type]
    assert threads() == []


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_a_consumer_that_stops_early_ends_the_thread(ahead: int) -> None:
    count = Count(1000)
    items = prefetch(count, ahead)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert threads() == []
    assert count.closed
    assert count.made <= ahead + 3


def test_a_consumer_that_fails_or_forgets_ends_the_thread() -> None:
    count = Count(1000)
    with pytest.raises(RuntimeError):
        consume(count)
    assert threads() == []
    assert count.closed


def consume(count: Count) -> None:
    for _ in prefetch(count):
        raise RuntimeError


def test_no_thread_before_the_first_item() -> None:
    items = prefetch(Count(3))
    assert threads() == []
    assert list(items) == [0, 1, 2]


def test_no_more_than_a_few_items_are_made_ahead() -> None:
    count = Count(100)
    items = prefetch(count, 2)
    for i in range(50):
        assert next(items) == i
        assert count.made <= i + 1 + 4
    items.close()  # type: ignore[attr-defined]

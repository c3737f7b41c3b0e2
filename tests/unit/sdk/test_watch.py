"""The decorator: a function's calls are events, and the function is none the wiser."""

import asyncio
import time

import pytest

from vedette.core.errors import UsageError


def only(sink):
    (event,) = sink.events.values()
    return event


def test_arguments_are_features_and_the_result_the_prediction(make, sink):
    client = make()

    @client.watch
    def predict(amount, country="DE", *more, plan=None, **rest):
        """Say yes."""
        time.sleep(0.01)
        return amount > 3

    assert predict(5, "FR", 7, plan="a", extra=1.5) is True
    assert (predict.__name__, predict.__doc__) == ("predict", "Say yes.")
    assert client.flush()
    event = only(sink)
    assert event.features == {
        "amount": 5,
        "country": "FR",
        "more_0": 7,
        "plan": "a",
        "extra": 1.5,
    }
    assert event.prediction is True
    assert 0.01 <= event.latency_s < 5


def test_a_mapping_is_the_features_and_is_not_changed_later(make, sink):
    client = make(flush_interval=5)

    class Model:
        @client.watch
        def predict(self, row):
            return {"prediction": "yes", "score": 0.5}

    row = {"a": 1}
    assert Model().predict(row) == {"prediction": "yes", "score": 0.5}
    row["a"] = 2
    assert client.flush()
    event = only(sink)
    assert (event.features, event.prediction) == ({"a": 1}, "yes")
    assert event.scores == {"score": 0.5}


def test_functions_say_what_to_take(make, sink):
    client = make()

    @client.watch(
        features=lambda call: {"double": call["x"] * 2},
        prediction=lambda result: result[0],
        score=lambda result: {"yes": result[1]},
    )
    def predict(x):
        return "yes", 0.75

    predict(2)
    assert client.flush()
    event = only(sink)
    assert (event.features, event.prediction) == ({"double": 4}, "yes")
    assert event.scores == {"yes": 0.75}


def test_async_functions(make, sink):
    client = make()

    @client.watch
    async def predict(x):
        await asyncio.sleep(0.01)
        return x + 1

    async def both():
        return await asyncio.gather(predict(1), predict(2))

    assert asyncio.run(both()) == [2, 3]
    assert client.flush()
    assert sorted(event.prediction for event in sink.events.values()) == [2, 3]
    assert all(event.latency_s >= 0.009 for event in sink.events.values())


@pytest.mark.parametrize("is_async", [False, True])
def test_an_error_passes_through_and_is_told(make, sink, is_async):
    client = make()

    @client.watch
    def fails(x):
        raise LookupError("secret")

    @client.watch
    async def fails_too(x):
        raise LookupError("secret")

    with pytest.raises(LookupError):
        asyncio.run(fails_too(1)) if is_async else fails(1)
    assert client.flush()
    event = only(sink)
    assert (event.features, event.prediction) == ({"x": 1}, None)
    assert event.attributes == {"error": "LookupError"}


def test_a_reader_that_fails_harms_nobody(make, sink):
    client = make()

    @client.watch(features=lambda call: call["no such argument"])
    def predict(x):
        return x

    assert predict(1) == 1
    assert client.flush()
    assert client.counters.dropped_invalid == 1
    assert client.counters.logged == 1
    assert sink.events == {}


def test_what_cannot_be_watched_is_refused(make):
    client = make()

    def numbers():
        yield 1

    for wrong in (numbers, 3):
        with pytest.raises(UsageError):
            client.watch(wrong)


def test_functions_without_a_signature(make, sink):
    client = make()
    assert client.watch(max)(3, 4) == 4
    assert client.flush()
    assert only(sink).features == {"argument_0": 3, "argument_1": 4}

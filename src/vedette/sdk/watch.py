"""Functions whose calls log themselves.

Owns: which arguments are features, what of a result is the prediction, the time taken.  Does not
own: logging.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from time import perf_counter, time_ns
from typing import Any, NamedTuple, Self

from vedette.core.errors import UsageError
from vedette.sdk.prediction import failed

Later = Callable[[Callable[[], Mapping[str, Any] | None]], None]
SELF = ("self", "cls")


def watched(
    later: Later,
    function: Any,
    *,
    features: Callable[[dict[str, Any]], Any] | None = None,
    prediction: Callable[[Any], Any] | None = None,
    score: Callable[[Any], Any] | None = None,
) -> Any:
    """The same function, whose calls are logged (see `Client.watch`)."""
    if not callable(function):
        raise UsageError("watch", "wanted a function", got=type(function).__name__)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise UsageError("watch", "cannot watch a generator", got=function.__name__)
    reading = Reading(_signature(function), features, prediction, score)

    def told(call: Call) -> None:
        later(lambda: reading.event(call))

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            call = Call(args, kwargs)
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                told(call.failed(type(error)))
                raise
            told(call.ended(result))
            return result

    else:

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            call = Call(args, kwargs)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                told(call.failed(type(error)))
                raise
            told(call.ended(result))
            return result

    return wrapper


class Call:
    """One call: what went in, what came out, when and how long.  Its dicts are copied."""

    __slots__ = ("args", "error", "kwargs", "latency_s", "result", "start", "time")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = tuple(map(_copied, args))
        self.kwargs = {name: _copied(value) for name, value in kwargs.items()}
        self.result: Any = None
        self.error: type[BaseException] | None = None
        self.latency_s = 0.0
        self.time, self.start = time_ns(), perf_counter()

    def ended(self, result: Any) -> Self:
        """The call with its result."""
        self.latency_s = perf_counter() - self.start
        self.result = _copied(result)
        return self

    def failed(self, kind: type[BaseException]) -> Self:
        """The call that raised."""
        self.latency_s = perf_counter() - self.start
        self.error = kind
        return self


class Reading(NamedTuple):
    """How a call becomes an event."""

    signature: inspect.Signature | None
    features: Callable[[dict[str, Any]], Any] | None
    prediction: Callable[[Any], Any] | None
    score: Callable[[Any], Any] | None

    def event(self, call: Call) -> dict[str, Any]:
        """What `Client.log` takes.  Errors: whatever the given functions raise."""
        event: dict[str, Any] = {
            "features": self._features(call),
            "time": call.time,
            "latency_s": call.latency_s,
        }
        if call.error is not None:
            return {**event, "attributes": failed(None, call.error)}
        return {**event, **self._result(call.result)}

    def _features(self, call: Call) -> Any:
        if self.signature is None:
            given = {f"argument_{i}": value for i, value in enumerate(call.args)} | call.kwargs
        else:
            bound = self.signature.bind(*call.args, **call.kwargs)
            bound.apply_defaults()
            given = _flat(self.signature, bound.arguments)
        if self.features is not None:
            return self.features(given)
        values = list(given.values())
        return values[0] if len(values) == 1 and isinstance(values[0], Mapping) else given

    def _result(self, result: Any) -> dict[str, Any]:
        if self.prediction is not None or self.score is not None:
            return {
                "prediction": None if self.prediction is None else self.prediction(result),
                "score": None if self.score is None else self.score(result),
            }
        if isinstance(result, Mapping) and ("prediction" in result or "score" in result):
            return {"prediction": result.get("prediction"), "score": result.get("score")}
        return {"prediction": result}


def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # a function of C may have none
        return None


def _flat(signature: inspect.Signature, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, without the object itself, `*args` by place and `**kwargs` by name."""
    flat: dict[str, Any] = {}
    for place, (name, parameter) in enumerate(signature.parameters.items()):
        if name not in arguments or (place == 0 and name in SELF):
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            flat |= arguments[name]
        elif parameter.kind is parameter.VAR_POSITIONAL:
            flat |= {f"{name}_{i}": value for i, value in enumerate(arguments[name])}
        else:
            flat[name] = arguments[name]
    return flat


def _copied(value: Any) -> Any:
    return value.copy() if type(value) is dict else value

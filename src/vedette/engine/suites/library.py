"""Great Expectations itself: judging a frame by a suite.

Owns: every call into it.  Does not own: what results mean (`engine.suites.judged`).
Nothing is sent anywhere: the context lives in memory, and where a release knows usage statistics
they are switched off.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from vedette.core.errors import SchemaError
from vedette.engine.suites.judged import Judged
from vedette.ingest.schemas.needed import library

EXTRA = "great-expectations"
UNKNOWN = "the library knows no such expectation"
_ONE_AT_A_TIME = Lock()  # its context is one for the process


def judge(frame: Any, suite: Mapping[str, Any], where: str) -> list[Judged]:
    """Judge a pandas frame by a suite of either version, expectation by expectation, in order.

    Errors: UsageError where the library is not installed; SchemaError for what is no suite.  An
    expectation that the library does not know, or that raises, says so in its result.
    """
    asked = [_newer(one, where) for one in _listed(suite, where)]
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when it is loaded
    gx = library("great_expectations", "great_expectations", EXTRA)
    with _ONE_AT_A_TIME, _silence():
        batch = _batch(gx, frame)
        known: list[dict[str, Any]] = []
        found: dict[int, Judged] = {}
        for number, one in enumerate(asked):
            failure = _refused(gx, one)
            if failure:
                found[number] = _judged(one, failure=failure)
            else:
                known.append({**one, "meta": {"vedette": number}})
        for result in _results(gx, batch, known):
            number = result.expectation_config.meta["vedette"]
            found[number] = _read(asked[number], result)
    missing = "the library gave no result for it"
    return [found.get(n) or _judged(one, failure=missing) for n, one in enumerate(asked)]


def _listed(suite: Mapping[str, Any], where: str) -> Sequence[Any]:
    listed = suite.get("expectations")
    if not isinstance(listed, list | tuple):
        want = "an object with a list of expectations"
        raise SchemaError(where, "is no suite of Great Expectations", want=want)
    return listed


def _newer(one: Any, where: str) -> dict[str, Any]:
    """An expectation as 1.x spells it."""
    named = one.get("type", one.get("expectation_type")) if isinstance(one, Mapping) else None
    if not isinstance(named, str) or not isinstance(one.get("kwargs", {}), Mapping):
        raise SchemaError(where, "holds what is no expectation", want="a type and kwargs")
    kept = {"type": named, "kwargs": dict(one.get("kwargs", {}))}
    return kept | ({"severity": one["severity"]} if one.get("severity") else {})


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the library logs and warns of from people: they get its results."""
    log = logging.getLogger("great_expectations")
    before, log.disabled = log.disabled, True
    children = [
        logging.getLogger(name)
        for name in list(logging.Logger.manager.loggerDict)
        if name.startswith("great_expectations.")
    ]
    levels = [one.level for one in children]
    for one in children:
        one.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before
        for one, level in zip(children, levels, strict=True):
            one.setLevel(level)


def _batch(gx: Any, frame: Any) -> Any:
    types = library("great_expectations.data_context.types.base", "great_expectations", EXTRA)
    memory = types.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)  # or folders pile up
    config = types.DataContextConfig(
        store_backend_defaults=memory, progress_bars=types.ProgressBarsConfig(globally=False)
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("vedette").add_dataframe_asset("table")
    whole = asset.add_batch_definition_whole_dataframe("all")
    return whole.get_batch(batch_parameters={"dataframe": frame})


def _refused(gx: Any, one: Mapping[str, Any]) -> str:
    """Why the library cannot take an expectation; "" where it can."""
    try:
        made = gx.ExpectationSuite(name="one", expectations=[dict(one)])
    except Exception as error:  # noqa: BLE001 - whatever a stranger's expectation raises is told
        return _first_line(error)
    return "" if made.expectations else UNKNOWN


def _results(gx: Any, batch: Any, asked: Sequence[Mapping[str, Any]]) -> list[Any]:
    if not asked:
        return []
    suite = gx.ExpectationSuite(name="vedette", expectations=[dict(one) for one in asked])
    return list(batch.validate(suite, result_format="BASIC").results)


def _read(one: Mapping[str, Any], result: Any) -> Judged:
    failure = _exception(result.exception_info)
    if failure:
        return _judged(one, failure=failure)
    said = result.result or {}
    unexpected, of = said.get("unexpected_count"), said.get("element_count")
    if of is not None:
        of = int(of) - int(said.get("missing_count") or 0)
    observed = said.get("observed_value")
    turn = getattr(observed, "item", None)  # of a number of numpy
    return _judged(
        one,
        success=bool(result.success),
        unexpected=None if unexpected is None else int(unexpected),
        of=of,
        observed=turn() if callable(turn) else observed,
    )


def _judged(one: Mapping[str, Any], **said: Any) -> Judged:
    severity = one.get("severity", "critical")
    return Judged(type=one["type"], kwargs=one["kwargs"], severity=severity, **said)


def _exception(told: Any) -> str:
    """The first exception of a result, in one line; it is told by metric, or at once."""
    entries = [told] if not told or "raised_exception" in told else list(told.values())
    for one in entries:
        if one and one.get("raised_exception"):
            return str(one.get("exception_message")).partition("\n")[0]
    return ""


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"

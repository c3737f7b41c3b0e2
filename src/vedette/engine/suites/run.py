"""Running a suite of Great Expectations over a table.

Owns: `run_suite`, and reading the suite.  Does not own: the library (`engine.suites.library`), the
answer (`engine.suites.ran`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from vedette.core.errors import SchemaError, UsageError
from vedette.engine.declared import read_text
from vedette.engine.suites.frame import frame_of
from vedette.engine.suites.library import judge
from vedette.engine.suites.ran import SuiteRun
from vedette.ingest.source import open_source


def run_suite(data: Any, suite: Any, *, sample: int | None = None) -> SuiteRun:
    """Judge a table by a suite of Great Expectations, by its own library.

    `data` is a table of any kind that `compare` takes; `suite` the path of its JSON, of 1.x or 0.x,
    an ExpectationSuite, or its dict.  Every row is handed over in memory, as a pandas frame; with
    `sample`, so many rows of a larger table, spread evenly.
    Errors: UsageError where the library is not installed, or for what is no table; SchemaError for
    what is no suite.
    Example::

        run = vd.run_suite("orders.parquet", "orders.json")
        run.ok, run.alarms
    """
    if sample is not None and (isinstance(sample, bool) or sample < 1):
        raise UsageError("suite", "sample is no number of rows", got=repr(sample))
    named, asked = read_suite(suite)
    source = open_source(data)
    frame, judged, rows = frame_of(data, source, sample)
    found = judge(frame, asked, f"suite {named!r}")
    findings = sorted((one.finding(judged) for one in found), key=lambda one: one.rank)
    return SuiteRun(named, source.name, rows, judged, tuple(findings))


def read_suite(suite: Any) -> tuple[str, Mapping[str, Any]]:
    """A suite's name and its dict.

    Errors: UsageError for a file that cannot be read, SchemaError for what is no suite.
    """
    where = "suite"
    if isinstance(suite, str | Path):
        where = f"file {str(suite)!r}"
        try:
            suite = msgspec.json.decode(read_text(suite))
        except (msgspec.DecodeError, RecursionError) as error:
            raise SchemaError(where, "is not JSON", got=str(error)) from error
    turn = getattr(suite, "to_json_dict", None)  # of an ExpectationSuite
    suite = turn() if callable(turn) else suite
    if not isinstance(suite, Mapping):
        got = type(suite).__name__
        raise SchemaError(where, "is no suite of Great Expectations", got=got)
    named = suite.get("name") or suite.get("expectation_suite_name") or "suite"
    return str(named), suite

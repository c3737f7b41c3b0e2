"""Answering queries as Prometheus does: instants, ranges of time, and the JSON of both.

Owns: reading the parameters of a query, its limits, the shape of answers.  Does not own: evaluating
(`export.promql.evaluate`), HTTP (`web.prometheus`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import promql_parser as grammar

from vedette.export.promql.evaluate import LONGEST_S, Evaluation, Source, evaluated
from vedette.export.promql.parsed import duration, parse
from vedette.export.promql.values import (
    BAD_DATA,
    Array,
    QueryError,
    Samples,
    Scalar,
    Text,
    Vector,
    number,
)

WRITTEN = 10_000  # samples that are made into JSON at a time
MOST_POINTS = 11_000  # of a series over a range, as Prometheus
EARLIEST, LATEST = -(2**53), 2**53  # milliseconds that a float tells apart


def instant(source: Source, asked: Mapping[str, str], now: int) -> dict[str, Any]:
    """`/api/v1/query`: an expression at one instant.

    Units: `now` in milliseconds, where no `time` is asked for.  Errors: QueryError.
    """
    at = moment(asked["time"], "time") if asked.get("time") else now
    node = parse(asked.get("query", ""))
    steps = np.array([at], np.int64)
    with np.errstate(all="ignore"):  # nan and infinities are values like others
        value = evaluated(_evaluation(source, at, at, asked), node, steps)
    stamp = at / 1000
    match value:
        case Scalar():
            return _data("scalar", [stamp, number(float(value.values[0]))])
        case Text():
            return _data("string", [stamp, value.text])
        case Vector():
            keeps = isinstance(node, grammar.Call) and node.func.name in ("sort", "sort_desc")
            order = range(len(value.labels)) if keeps or _ranked(node) else _in_order(value.labels)
            rows = [
                {"metric": dict(value.labels[row]),
                 "value": [stamp, number(float(value.values[row, 0]))]}
                for row in order
            ]  # fmt: skip
            return _data("vector", rows)
    return _data("matrix", [_row(one) for one in sorted(value["matrix"], key=lambda o: o.labels)])


def over_range(source: Source, asked: Mapping[str, str]) -> dict[str, Any]:
    """`/api/v1/query_range`: an expression at every step of a range.  Errors: QueryError."""
    start, end = moment(asked.get("start", ""), "start"), moment(asked.get("end", ""), "end")
    if end < start:
        raise _wrong("end", "end timestamp must not be before start time")
    step = duration(asked.get("step", ""))
    if step <= 0:
        raise _wrong("step", "zero or negative query resolution step widths are not accepted. "
                     "Try a positive integer")  # fmt: skip
    if (end - start) // step > MOST_POINTS:
        raise QueryError(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
            "resolution (?step=XX)", BAD_DATA,
        )  # fmt: skip
    node = parse(asked.get("query", ""))
    if isinstance(node, grammar.StringLiteral | grammar.MatrixSelector | grammar.SubqueryExpr):
        kind = "string" if isinstance(node, grammar.StringLiteral) else "range vector"
        said = f"invalid expression type {kind!r} for range query, must be Scalar or instant Vector"
        raise QueryError(f'invalid parameter "query": {said}', BAD_DATA)
    steps = np.arange(start, end + 1, step, dtype=np.int64)
    with np.errstate(all="ignore"):
        value = _evaluation(source, start, end, asked).of(node, steps)
    if isinstance(value, Scalar):
        return _data("matrix", [_row(Samples((), steps, value.values, step))])
    assert isinstance(value, Vector)
    return _data(
        "matrix",
        [
            _row(Samples(value.labels[row], steps[there], value.values[row][there], step))
            for row in _in_order(value.labels)
            for there in (value.there[row],)
        ],
    )


def moment(text: str, name: str) -> int:
    """An instant in milliseconds: seconds since 1970, or RFC 3339.

    Errors: QueryError, `bad_data`.
    Example:
        >>> moment("1.5", "time"), moment("1970-01-01T00:00:02Z", "time")
        (1500, 2000)
    """
    try:
        found = float(text) * 1000
    except ValueError:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise _unreadable(name, text) from None
        if at.tzinfo is None:
            raise _unreadable(name, text) from None
        found = at.timestamp() * 1000
    if not EARLIEST < found < LATEST:
        raise _unreadable(name, text)
    return round(found)


def _ranked(node: Any) -> bool:
    """Whether an answer comes in the order of its values."""
    return isinstance(node, grammar.AggregateExpr) and str(node.op) in ("topk", "bottomk")


def _in_order(labels: Any) -> list[int]:
    order: list[int] = sorted(range(len(labels)), key=lambda row: labels[row])
    return order


def _row(one: Samples) -> dict[str, Any]:
    return {"metric": dict(one.labels), "values": _pairs(one.times, one.values)}


def _pairs(times: Any, values: Array) -> msgspec.Raw:
    """Instants and values as JSON, written at once: as objects they take ten times as much."""
    written = []
    for first in range(0, len(times), WRITTEN):
        some = slice(first, first + WRITTEN)
        pairs = zip(times[some].tolist(), values[some].tolist(), strict=True)
        written.append(msgspec.json.encode([(at / 1000, number(v)) for at, v in pairs])[1:-1])
    return msgspec.Raw(b"[" + b",".join(written) + b"]")


def _data(kind: str, result: Any) -> dict[str, Any]:
    return {"resultType": kind, "result": result}


def _evaluation(source: Source, start: int, end: int, asked: Mapping[str, str]) -> Evaluation:
    lookback, timeout = asked.get("lookback_delta", ""), asked.get("timeout", "")
    held = duration(lookback) if lookback else None
    longest = min(duration(timeout) / 1000, LONGEST_S) if timeout else LONGEST_S
    return Evaluation(source, start, end, held, longest)


def _unreadable(name: str, text: str) -> QueryError:
    return _wrong(name, f"cannot parse {text[:80]!r} to a valid timestamp")


def _wrong(name: str, why: str) -> QueryError:
    return QueryError(f"invalid parameter {name!r}: {why}", BAD_DATA)

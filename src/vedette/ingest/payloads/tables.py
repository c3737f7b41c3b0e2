"""Rows of nameless or named values, as bodies of model servers hold them.

Owns: lists of rows, columns, delimited text, as features.  Does not own: which key of a body holds
them (`requests`), tensors.
"""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.events import Value
from vedette.ingest.limits import Limits, Refused, too_large
from vedette.ingest.payloads.values import (
    columns_of,
    features_of,
    flat,
    is_number,
    put_list,
)

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
DELIMITERS = ",\t;"


def rows_in(given: Any, names: Sequence[str], limits: Limits) -> list[dict[str, Value]]:
    """Instances given as a list: objects, lists of values, or single values.

    Errors: Refused, 413, for too many of them.
    Example:
        >>> rows_in([[1, "a"], [2, "b"]], ["size", "kind"], Limits())
        [{'size': 1, 'kind': 'a'}, {'size': 2, 'kind': 'b'}]
        >>> rows_in([{"x": 1}, 5.0, [[1, 2], [3, 4]]], [], Limits())
        [{'x': 1}, {'column_1': 5.0}, {'column_1': [1.0, 2.0, 3.0, 4.0]}]
    """
    if not isinstance(given, list):
        given = [given]
    if len(given) > limits.rows:
        raise too_large("instances", len(given), limits.rows)
    return [_row(one, names, limits) for one in given]


def _row(one: Any, names: Sequence[str], limits: Limits) -> dict[str, Value]:
    if isinstance(one, Mapping):
        return features_of(one, limits)
    if not isinstance(one, list):
        return features_of({columns_of(1, names)[0]: one}, limits)
    if len(one) > limits.features or (one and all(isinstance(value, list) for value in one)):
        values = flat(one)
        if all(value is None or is_number(value) for value in values):
            row: dict[str, Value] = {}
            put_list(row, columns_of(1, names)[0], values, limits)
            return row
    return features_of(dict(zip(columns_of(len(one), names), one, strict=True)), limits)


def columnar(given: Mapping[str, Any], limits: Limits) -> list[dict[str, Value]]:
    """Instances given as columns, or as one instance where values are no lists.

    Errors: Refused, 400, when columns are not of one length.
    Example:
        >>> columnar({"x": [1, 2], "y": ["a", "b"]}, Limits())
        [{'x': 1, 'y': 'a'}, {'x': 2, 'y': 'b'}]
        >>> columnar({"x": 1, "y": "a"}, Limits())
        [{'x': 1, 'y': 'a'}]
    """
    if not given or not all(isinstance(column, list) for column in given.values()):
        return [features_of(given, limits)]
    sizes = sorted({len(column) for column in given.values()})
    if len(sizes) > 1:
        raise Refused(400, "has columns of several lengths", got=str(sizes[:5]))
    if sizes[0] > limits.rows:
        raise too_large("instances", sizes[0], limits.rows)
    return [
        features_of(dict(zip(given, values, strict=True)), limits)
        for values in zip(*given.values(), strict=True)
    ]


def split(given: Mapping[str, Any], limits: Limits) -> list[dict[str, Value]]:
    """Instances of a table split into `columns` and `data`, as pandas writes one.

    Errors: Refused, 400, when a row has not one value for each column.
    Example:
        >>> split({"columns": ["x", "y"], "index": [0], "data": [[1, None]]}, Limits())
        [{'x': 1, 'y': None}]
    """
    columns, data = given.get("columns"), given.get("data")
    if not isinstance(columns, list) or not isinstance(data, list):
        raise Refused(400, "is no split table", want="columns and data, both lists")
    names = [one if isinstance(one, str) else str(one) for one in columns]
    if any(not isinstance(row, list) or len(row) != len(names) for row in data):
        raise Refused(400, "has a row that has not one value for each column")
    if len(data) > limits.rows:
        raise too_large("instances", len(data), limits.rows)
    return [features_of(dict(zip(names, row, strict=True)), limits) for row in data]


def cells_of(text: str, limits: Limits) -> list[list[Value]]:
    """Delimited text as rows of typed cells; the delimiter is the first of `DELIMITERS` in it.

    Errors: Refused, 400, when it is no delimited text, 413 for too many rows.
    Example:
        >>> cells_of('1,2.5,"a, b"\\n3,,c\\n', Limits())
        [[1, 2.5, 'a, b'], [3, None, 'c']]
    """
    first = text.partition("\n")[0]
    delimiter = next((one for one in DELIMITERS if one in first), ",")
    rows: list[list[Value]] = []
    try:
        for cells in csv.reader(text.splitlines(), delimiter=delimiter, strict=True):
            if cells:
                rows.append([_typed(cell) for cell in cells])
            if len(rows) > limits.rows + 1:
                raise too_large("rows", len(rows), limits.rows)
    except csv.Error as error:
        raise Refused(400, "is no delimited text", got=str(error)[:80]) from None
    return rows


def delimited(text: str, header: str, names: Sequence[str], limits: Limits) -> list[Any]:
    """Instances of delimited text.

    `header` is what the content type says of it: `present`, `absent`, or "": then the first line is
    one when it holds the known names, or no number while the next one does.
    Errors: Refused, 400, when rows have not all the same number of cells.
    Example:
        >>> delimited("a,b\\n1,2", "", [], Limits()), delimited("1,2\\n3,4", "", [], Limits())[1]
        ([{'a': 1, 'b': 2}], {'column_1': 3, 'column_2': 4})
    """
    rows = cells_of(text, limits)
    width = len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows):
        raise Refused(400, "has rows of several lengths")
    if header == "present" or (not header and _is_header(rows, names)):
        first, *rows = rows
        names = [str(cell) for cell in first]
    columns = columns_of(width, names)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _is_header(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> bool:
    first = rows[0] if rows else ()
    if not first or not all(isinstance(cell, str) for cell in first):
        return False
    if set(first) <= set(names):
        return True
    return len(rows) > 1 and any(not isinstance(cell, str) for cell in rows[1])


def _typed(cell: str) -> Value:
    text = cell.strip()
    if text in MISSING:
        return None
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return cell

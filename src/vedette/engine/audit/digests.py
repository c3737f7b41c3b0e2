"""Digests of what an audit rests on, the same on every machine and in every order of the rows.

Owns: the digests of settings, columns and counts.  Does not own: the counts (`engine.audit.made`).

The digest of the data is made of whole numbers that the document tells anyway: one of counts that
are not shown would confirm a guess of them.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from vedette.engine.audit.asked import Asked
from vedette.engine.audit.reading import Reading
from vedette.engine.settings import Settings
from vedette.ingest.source import Source

COUNTED = ("sets", "rates", "impact", "coverage", "history", "measures")
Rows = Sequence[Mapping[str, Any]]


def fingerprints(
    source: Source, reading: Reading, asked: Asked, settings: Settings
) -> dict[str, str]:
    """Digests of the settings and of the columns that were read."""
    kinds = [[name, str(source.arrow_schema.field(name).type)] for name in reading.columns]
    chosen = [asked.document(), msgspec.to_builtins(settings)]
    return {"settings": digest(chosen), "schema": digest(kinds)}


def of_counts(data: Mapping[str, Any], tables: Mapping[str, Rows]) -> str:
    """The digest of every whole number that is told of a table, with the text beside it.

    Example:
        >>> tables = {"sets": [{"key": "sex", "groups": [{"group": "sex=F", "rows": 12}]}]}
        >>> one = of_counts({"rows": 12, "name": "a.csv"}, tables)
        >>> one == of_counts({"rows": 12, "name": "copy.csv"}, tables)
        True
        >>> one == of_counts({"rows": 13, "name": "a.csv"}, tables)
        False
    """
    told = {key: value for key, value in data.items() if key != "name"}
    return digest([_whole(told), {name: _whole(tables.get(name, ())) for name in COUNTED}])


def digest(value: object) -> str:
    """Sixteen hexadecimal digits of plain data."""
    return sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]


def _whole(value: Any) -> Any:
    """Plain data without what depends on the order of a sum, and without sentences."""
    if isinstance(value, Mapping):
        return {k: _whole(v) for k, v in value.items() if k != "reason"}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return None if isinstance(value, float) else value

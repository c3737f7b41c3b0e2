"""Which features of an audited table reveal a group.

Owns: which columns are features, what is told of each.  Does not own: how well a feature tells
(`engine.proxies`).
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from vedette.core.schema import Schema
from vedette.core.words import number
from vedette.engine.audit.reading import Reading
from vedette.engine.audit.shown import Flags
from vedette.engine.batch import resolve_schema
from vedette.engine.proxies import ROWS, Proxy, proxies, together
from vedette.engine.settings import Settings
from vedette.ingest.source import Source
from vedette.profiles.columns import one_batch

LISTED = 10  # features told of a set
TEXT = ("text", "vector", "time", "id")


def proxy_rows(
    source: Source,
    reading: Reading,
    settings: Settings,
    schema: Schema | None,
    shown: Mapping[str, Flags],
    level: float,
) -> list[dict[str, Any]]:
    """The features that reveal the groups of each single column, those that tell most first; and
    all of them together."""
    sets = [one for one in reading.grouping.sets if len(one.columns) == 1]
    if not sets:
        return []
    table = source.sample(ROWS)
    features = _features(table, source, reading, settings, schema)
    if not features:
        return []
    rows = []
    for one in sets:
        codes = one.codes(one_batch(table))
        own = shown[one.key][: len(one.names)]
        codes[~own[codes.clip(max=len(own) - 1)] & (codes < len(own))] = -1
        labels = one.labels[: len(own)]
        told = proxies(table, codes, labels, features, level=level)
        rows += [_row(one.key, found) for found in told[:LISTED]]
        whole = together(table, codes, labels, features, level=level)
        if whole is not None and len(features) > 1:
            rows.append(_row(one.key, whole))
    return rows


def _features(
    table: pa.Table,
    source: Source,
    reading: Reading,
    settings: Settings,
    schema: Schema | None,
) -> list[str]:
    """Columns that the model may have seen: none of those that the audit itself reads."""
    read = resolve_schema(table, settings, schema, source.name)
    return [
        field.name
        for field in read.fields
        if field.name not in reading.columns and field.role == "feature" and field.kind not in TEXT
    ]


def _row(key: str, found: Proxy) -> dict[str, Any]:
    return {
        "set": key,
        "features": list(found.features),
        "group": found.group,
        "auc": found.auc,
        "low": found.low,
        "high": found.high,
        "p": found.p,
        "reveals": found.reveals,
        "rows": found.rows,
        "bits": found.bits,
        "share": found.share,
        "reason": _reason(found),
    }


def _reason(found: Proxy) -> str:
    """What a feature tells, in a sentence."""
    many = len(found.features) > 1
    what = f"all {len(found.features)} features together" if many else f"`{found.features[0]}`"
    if not found.reveals:
        told = "reveal" if many else "reveals"
        return f"{what} {told} no group beyond chance, as many as were tried"
    return (
        f"{what} {'tell' if many else 'tells'} `{found.group}` from everybody else with an AUC of "
        f"{number(found.auc, 3)} ({number(found.low, 3)} to {number(found.high, 3)}; luck is 0.5)"
    )

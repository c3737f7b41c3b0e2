"""`vedette skew` of Feast's files: why served values differ, by Feast's own word.

Owns: printing it.  Does not own: the columns (`ingest.feast`), counting (`engine.skew.feast`).
"""

import json

import click


def show_feast(offline: str, online: str, max_mismatch: float, *, as_json: bool) -> bool:
    """Print how each feature differs; whether one does in more rows than it may.

    Errors: UsageError when these are no retrieval and log of Feast.
    """
    from vedette.engine.skew.feast import served
    from vedette.ingest.feast import sides
    from vedette.ingest.source import open_source

    found = served(sides(open_source(offline), open_source(online)))
    bad = [one for one in found if one.differing.interval[0] > max_mismatch]
    if as_json:
        features = [
            {
                "feature": one.feature,
                "rows": one.differing.rows,
                "mismatches": one.differing.count,
                "mismatch_rate": one.differing.value,
                "stale": one.stale,
                "states": dict(one.states),
                "reasons": dict(one.reasons),
                "statement": one.statement,
            }
            for one in found
        ]
        click.echo(json.dumps({"ok": not bad, "features": features}, indent=2, ensure_ascii=False))
    else:
        for one in sorted(found, key=lambda one: -one.differing.count):
            click.echo(one.statement)
    return bool(bad)

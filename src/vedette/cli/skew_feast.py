"""`vedette skew` of Feast's files: its columns under plain names, and its own word on each value.

Owns: telling such files, what is added to the answer.  Does not own: the columns
(`ingest.feast`), counting (`engine.skew.feast`), the comparison.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vedette.ingest.feast import FeastSides


def feast_sides(offline: str, online: str) -> "FeastSides | None":
    """The two sides where the online one is a serving log of Feast, by its columns."""
    from vedette.ingest.feast import is_log, sides
    from vedette.ingest.source import open_source

    sources = open_source(offline), open_source(online)
    return sides(*sources) if is_log(sources[1]) else None


def told_by_feast(sides: "FeastSides") -> list[dict[str, Any]]:
    """How each feature differs, in which state it was then, and whether it was stale."""
    from vedette.engine.skew.feast import served

    return [
        {
            "feature": one.feature,
            "rows": one.differing.rows,
            "mismatches": one.differing.count,
            "stale": one.stale,
            "states": dict(one.states),
            "reasons": dict(one.reasons),
            "statement": one.statement,
        }
        for one in served(sides)
    ]

"""What a model is held against beside its baseline, as marks on its time line.

Owns: which columns one side of training and serving lacks, what changed in a schema and who
approved it, in words.  Does not own: finding it out (`engine.trained`), holding serving against it
(`monitors.skew`, `monitors.schema`).
"""

from collections.abc import Sequence
from typing import Any

from vedette.core.schema import Schema
from vedette.core.words import count, plural
from vedette.engine.schema_diff import schema_changes
from vedette.profiles.training import Training

NAMED = 5  # columns, or changes, that a sentence names


def held(training: Training | None) -> dict[str, Any]:
    """The mark of another training sample."""
    said = f"held against {training.name if training else 'no training sample'}"
    return {"act": "training", "text": "; ".join(filter(None, (said, unmatched(training))))}


def unmatched(training: Training | None) -> str:
    """Which columns one side lacks, "" where both have all.

    Example:
        >>> from vedette.profiles.profile import Profile
        >>> unmatched(Training("", "t", Profile("", ""), {}, 0, 0, ("a", "b"), ("old",)))
        'training lacks `a`, `b`; serving lacks `old`'
    """
    if training is None:
        return ""
    sides = (("training", training.lacking), ("serving", training.unserved))
    return "; ".join(f"{side} lacks {_named(names)}" for side, names in sides if names)


def in_force(before: Schema | None, schema: Schema | None) -> dict[str, Any]:
    """The mark of another schema: what is new about it, and who approved it.

    Example:
        >>> from vedette.core.field import Field
        >>> one, two = Schema((Field("a", "integer"),)), Schema((Field("a", "numeric"),))
        >>> in_force(one, two)["text"]
        'schema 25205d86 in force: `a`: kind changed from integer to numeric; nobody approved it'
    """
    if schema is None:
        return {"act": "schema", "text": "served rows are checked by no schema any more"}
    mark = {"act": "schema", "fingerprint": schema.fingerprint}
    approval = approval_of(schema)
    said = [changes(before, schema), "nobody approved it"]
    if approval is not None:
        mark |= {"by": approval.by, "approved": approval.at, "note": approval.reason}
        said[1] = f"approved by {approval.by} at {approval.at}"
    text = "; ".join(filter(None, said))
    return {**mark, "text": f"schema {schema.fingerprint[:8]} in force: {text}"}


def approval_of(schema: Schema) -> Any:
    """Who approved a schema as it is; None where nobody did."""
    same = [one for one in schema.approvals if one.fingerprint == schema.fingerprint]
    return same[-1] if same else None


def changes(before: Schema | None, schema: Schema) -> str:
    """What is new about a schema, in the words of `vedette schema diff`."""
    if before is None:
        return plural(len(schema.fields), "field") + (
            f", {plural(len(schema.rules), 'rule')}" if schema.rules else ""
        )
    found = [change.words for change in schema_changes(before, schema)]
    more = len(found) - NAMED
    said = [*found[:NAMED], f"{count(more)} more"] if more > 0 else found
    return "; ".join(said)


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    text = ", ".join(f"`{name}`" for name in names[:NAMED])
    return f"{text} and {count(more)} more" if more > 0 else text

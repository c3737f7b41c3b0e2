"""Accepting changes of a schema, with who, when and why.

Owns: the schema that holds afterwards, and the entry in its history.  Does not own: clocks (the
time is passed in), files.
"""

from collections.abc import Sequence

import msgspec

from vedette.core.errors import UsageError, nearest
from vedette.core.schema import Approval, Schema
from vedette.engine.schema_diff import schema_changes


def approved(
    old: Schema, new: Schema, *, by: str, at: str, reason: str = "", only: Sequence[str] = ()
) -> Schema:
    """The new schema, or the old one with `only` these fields of the new, and its approval.

    Units: `at` as ISO 8601 in UTC.  The approval names the fingerprint of what is approved; the
    old schema's history is kept.
    Errors: UsageError when nobody approves, nothing changed, or a field of `only` is in neither.
    Example:
        >>> import vedette as vd
        >>> old, new = vd.Schema(()), vd.Schema((vd.Field("x", "numeric"),))
        >>> kept = approved(old, new, by="ann", at="2024-01-31T12:00:00Z", reason="new sensor")
        >>> kept.approvals[0].changes
        ('`x`: field added (numeric)',)
    """
    if not by:
        raise UsageError("approval", "names nobody", want="who approves")
    wanted = _partly(old, new, only) if only else new
    changes = schema_changes(old, wanted)
    if not changes:
        raise UsageError("approval", "there is nothing to approve: the schemas say the same")
    entry = Approval(wanted.fingerprint, at, by, tuple(one.words for one in changes), reason)
    return msgspec.structs.replace(wanted, approvals=(*old.approvals, entry))


def _partly(old: Schema, new: Schema, only: Sequence[str]) -> Schema:
    """The old schema with some fields as the new one has them; new ones come last."""
    for name in only:
        if name not in old and name not in new:
            hint = nearest(name, [*old.names, *new.names])
            raise UsageError("approval", f"there is no field {name!r}", hint=hint)
    gone = {name for name in only if name not in new}
    fields = [new[one.name] if one.name in only else one for one in old.fields
              if one.name not in gone]  # fmt: skip
    fields += [one for one in new.fields if one.name in only and one.name not in old]
    kept = old.select([name for name in old.names if name not in gone])
    return msgspec.structs.replace(kept, fields=tuple(fields))

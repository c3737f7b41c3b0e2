"""How the decisions of a table are read for an audit: with labels, or without any.

Owns: which columns hold them, which class is the selected one.  Does not own: fitting a grading
(`profiles.grading_fit`), counting (`engine.audit_reading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.errors import UsageError, nearest
from vedette.core.schema import Field, Schema
from vedette.engine.audit_asked import Asked
from vedette.engine.settings import Settings
from vedette.profiles.classes import Classes
from vedette.profiles.columns import column_or_absent, one_batch
from vedette.profiles.grading import OTHER, Grading
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.infer import infer_kind
from vedette.profiles.numbers import are_numbers, finite, within_unit

ROLES = ("label", "prediction", "score")
DEFAULTS = {"label": columns.LABEL, "prediction": columns.PREDICTION, "score": columns.SCORE}
STANDING_IN = "\x00label"  # of a table without labels: what it says itself


@dataclass(frozen=True, eq=False)
class Decided:
    """How decisions are read.

    `positive` is the place of the selected class; `number` the column of a predicted number, ""
    where classes are predicted; `decides` says whether there are decisions at all: a number without
    a threshold makes none.
    """

    grading: Grading
    positive: int
    label: str | None
    number: str = ""
    decides: bool = True


def named(there: Sequence[str], settings: Settings, where: str) -> dict[str, str]:
    """The columns of label, prediction and score: those that were named, else those that have the
    usual name.

    Errors: UsageError for a name that is no column, and for a table that says nothing.
    """
    found: dict[str, str] = {}
    for role in ROLES:
        given = getattr(settings, role)
        if given is not None and given not in there:
            hint = nearest(given, there) or f"columns are {', '.join(there[:20])}"
            raise UsageError(where, f"has no column {given!r} for the {role}", hint=hint)
        if given is None and settings.prediction is not None and role == "score":
            continue  # whoever names the prediction would have named a score
        name = given or DEFAULTS[role]
        if name in there and name not in found.values():
            found[role] = name
    if "prediction" not in found and "score" not in found:
        shown = f"columns are {', '.join(there[:12])}"
        hint = f"name one: prediction= or score=; {shown}"
        raise UsageError(where, "has neither predictions nor scores", hint=hint)
    return found


def decided(rows: pa.Table, roles: Mapping[str, str], asked: Asked, where: str) -> Decided:
    """Decide how the decisions of a table are read, from a sample of it.

    Errors: UsageError where they cannot be, or the positive class must be named.
    """
    batch = one_batch(rows)
    label = roles.get("label")
    if label is not None and column_or_absent(batch, label).null_count == batch.num_rows:
        label = None
    truth = _truth(batch, roles, asked) if label is None else batch.column(label)
    if truth is None:
        column = roles.get("prediction") or roles["score"]
        return _number(batch, column, asked, None, where)
    kept = [name for name in batch.schema.names if name != label]
    whole = pa.RecordBatch.from_arrays(
        [*(batch.column(name) for name in kept), truth], names=[*kept, STANDING_IN]
    )
    # The class that a score speaks of need not be the selected one: the latter is not told here.
    grading = fit_grading(whole, _schema(whole, roles))
    if grading is None:
        raise UsageError(
            where, "holds no decisions that can be read", hint="name prediction=, or score= and "
            "threshold="
        )  # fmt: skip
    if grading.task == "ranking":
        raise UsageError(where, "holds ranked lists, of which fairness is not told yet")
    if grading.task == "regression":
        return _number(batch, str(grading.prediction), asked, label, where)
    grading = replace(grading, label=label or "")
    if asked.threshold is not None:
        if grading.prediction is not None:
            raise UsageError(
                where, f"{grading.prediction!r} holds classes, so that a threshold says nothing",
                hint="leave out the threshold, or name only the score",
            )  # fmt: skip
        grading = replace(grading, threshold=asked.threshold)
    return Decided(grading, _positive(grading, asked, where), label)


def _truth(batch: pa.RecordBatch, roles: Mapping[str, str], asked: Asked) -> pa.Array | None:
    """What stands in for labels so that classes can be found; None for a number that makes no
    decision by itself."""
    if "prediction" in roles:
        column = batch.column(roles["prediction"])
        numbers = finite(column)
        few = set(np.unique(numbers[np.isfinite(numbers)]).tolist()) <= {0.0, 1.0}
        if not are_numbers(column) or few or asked.positive is not None:
            return column
    if "score" in roles:
        values = finite(batch.column(roles["score"]))
    else:
        values = finite(batch.column(roles["prediction"]))
    if asked.threshold is None and not within_unit(values):
        return None
    cut = 0.5 if asked.threshold is None else asked.threshold
    return pa.array(values >= cut, mask=np.isnan(values))


def _number(
    batch: pa.RecordBatch, column: str, asked: Asked, label: str | None, where: str
) -> Decided:
    """Read a predicted number: selected from the threshold on, if there is one."""
    if asked.positive is not None:
        raise UsageError(
            where, f"{column!r} holds numbers, so that a positive class says nothing",
            hint="name the threshold from which a number counts as selected",
        )  # fmt: skip
    values = finite(batch.column(column))
    known = values[np.isfinite(values)]
    if asked.threshold is not None:
        cut = asked.threshold
    else:
        cut = float(np.median(known)) if len(known) else 0.0
    grading = Grading(
        "binary", None, (column,), label or "", ("below", "at or above"),
        (np.array([cut]),), chances=False, threshold=cut,
    )  # fmt: skip
    return Decided(grading, 1, label, column, asked.threshold is not None)


def _positive(grading: Grading, asked: Asked, where: str) -> int:
    """The place of the selected class."""
    known = [name for name in grading.classes if name != OTHER]
    if asked.positive is None:
        if grading.task == "binary":
            return 1
        raise UsageError(
            where, "has more than two classes", got=len(known), want="the one that counts as "
            "selected", hint=f"name it: positive=; classes are {', '.join(known[:12])}",
        )  # fmt: skip
    place = Classes(grading.classes).place(asked.positive)
    if place < 0:
        hint = nearest(asked.positive, known)
        raise UsageError(
            where, f"the positive class {asked.positive!r} is none of the decisions",
            want=f"one of {', '.join(known[:12])}", hint=hint,
        )  # fmt: skip
    return place


def _schema(batch: pa.RecordBatch, roles: Mapping[str, str]) -> Schema:
    """The roles of the columns that are read."""
    holders = {column: role for role, column in roles.items() if role != "label"}
    fields = [Field(STANDING_IN, _kind(batch, STANDING_IN), "label")]
    fields += [Field(name, _kind(batch, name), role) for name, role in holders.items()]
    return Schema(tuple(fields))


def _kind(batch: pa.RecordBatch, name: str) -> str:
    kind = infer_kind(pa.chunked_array([batch.column(name)]))
    return "category" if kind == "id" else kind

"""How the decisions of a table are read for an audit: with labels, or without any.

Owns: which columns hold them, which class is the selected one.  Does not own: fitting a grading
(`profiles.grading_fit`), counting (`engine.audit.reading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.errors import UsageError, nearest
from vedette.core.schema import NOMINAL_KINDS, Field, Schema
from vedette.engine.audit.asked import Asked
from vedette.engine.settings import Settings
from vedette.profiles.classes import Classes, is_truth
from vedette.profiles.columns import as_codes, column_or_absent, one_batch
from vedette.profiles.grading import OTHER, Grading
from vedette.profiles.grading_fit import fit_grading
from vedette.profiles.infer import infer_kind
from vedette.profiles.numbers import are_fractions, are_numbers, finite, within_unit

ROLES = ("label", "prediction", "score")
DEFAULTS = {"label": columns.LABEL, "prediction": columns.PREDICTION, "score": columns.SCORE}
STANDING_IN = "\x00label"  # of a table without labels: what it says itself
FEW = 12  # different whole numbers, of which nobody knows whether they are classes
MOST = 50  # different whole numbers that can be classes


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
    usual name.  Whoever names the prediction or the score means that one alone.

    Errors: UsageError for a name that is no column, and for a table that says nothing.
    """
    found: dict[str, str] = {}
    chosen = settings.prediction is not None or settings.score is not None
    for role in ROLES:
        given = getattr(settings, role)
        if given is not None and given not in there:
            hint = nearest(given, there) or f"columns are {', '.join(there[:20])}"
            raise UsageError(where, f"has no column {given!r} for the {role}", hint=hint)
        if given is None and chosen and role != "label":
            continue
        name = given or DEFAULTS[role]
        if name in there and name not in found.values():
            found[role] = name
    if "prediction" not in found and "score" not in found:
        shown = f"columns are {', '.join(there[:12])}"
        hint = f"name one: prediction= or score=; {shown}"
        raise UsageError(where, "has neither predictions nor scores", hint=hint)
    return found


class Table(NamedTuple):
    """A sample of what is audited, and which of its columns are what.

    Shapes: `kinds` are those that the settings give a column, by its name.
    """

    batch: pa.RecordBatch
    roles: Mapping[str, str]
    kinds: Mapping[str, str]
    where: str

    def column(self, role: str) -> pa.Array:
        """The column of a role."""
        return column_or_absent(self.batch, self.roles[role])


def decided(
    rows: pa.Table,
    roles: Mapping[str, str],
    asked: Asked,
    where: str,
    kinds: Mapping[str, str] | None = None,
) -> Decided:
    """Decide how the decisions of a table are read, from a sample of it.

    A predicted number is a class where `positive` names one, and a score where there is a
    threshold; by itself it is a number.

    Errors: UsageError where they cannot be read, or the selected class must be named.
    """
    table = _scored(Table(one_batch(rows), roles, kinds or {}, where), asked)
    label = table.roles.get("label")
    if label is not None and table.column("label").null_count == table.batch.num_rows:
        label = None
    truth = _truth(table, asked) if label is None else table.batch.column(label)
    if truth is None:
        return _number(table, table.roles.get("prediction") or table.roles["score"], asked, None)
    grading = _fitted(table, label, truth, asked)
    if grading is None:
        raise UsageError(
            where, "holds no decisions that can be read", hint="name prediction=, or score= and "
            "threshold="
        )  # fmt: skip
    if grading.task == "ranking":
        raise UsageError(where, "holds ranked lists, of which fairness is not told yet")
    if grading.task == "regression":
        return _number(table, str(grading.prediction), asked, label)
    grading = replace(grading, label=label or "")
    if asked.threshold is not None:
        if grading.prediction is not None:
            raise UsageError(
                where, f"{grading.prediction!r} holds classes, so that a threshold says nothing",
                hint="leave out the threshold, or name only the score",
            )  # fmt: skip
        grading = replace(grading, threshold=asked.threshold)
    if label is not None and grading.prediction is not None:
        _check_shared(table, grading)
    return Decided(grading, _positive(grading, asked, where), label)


def _scored(table: Table, asked: Asked) -> Table:
    """The same with a predicted number as the score that it is, where it selects by a threshold or
    is a chance."""
    if "prediction" not in table.roles or _are_classes(table, asked):
        return table
    chances = are_fractions(table.column("prediction"))
    if "score" in table.roles or (asked.threshold is None and not chances):
        return table
    roles = {role: name for role, name in table.roles.items() if role != "prediction"}
    return table._replace(roles={**roles, "score": table.roles["prediction"]})


def _are_classes(table: Table, asked: Asked) -> bool:
    """Whether predictions are classes rather than numbers.

    Errors: UsageError for a few whole numbers, which may be either.
    """
    column, kind = table.column("prediction"), table.kinds.get(table.roles["prediction"])
    if kind is not None:
        return kind in NOMINAL_KINDS
    if not are_numbers(column):
        return True
    values = finite(column)
    every = np.unique(values[np.isfinite(values)])
    if set(every.tolist()) <= {0.0, 1.0} or set(every.tolist()) == {-1.0, 1.0}:
        return True
    whole = bool((every == np.round(every)).all())
    if asked.threshold is not None or not whole:
        return False
    if asked.positive is not None:
        return len(every) <= MOST
    if len(every) <= FEW and ("label" not in table.roles or _whole(table.column("label"))):
        name = table.roles["prediction"]
        raise UsageError(
            table.where, f"{name!r} holds a few whole numbers, which may be classes or a number",
            hint=f"positive={every[0]:g} says which class counts as selected, threshold= from "
            f"where on a number does; on the command line --positive or --threshold",
        )  # fmt: skip
    return False


def _whole(column: pa.Array) -> bool:
    """Whether a column holds no number with a fraction."""
    values = finite(column)
    known = values[np.isfinite(values)]
    return bool((known == np.round(known)).all())


def _fitted(table: Table, label: str | None, truth: pa.Array, asked: Asked) -> Grading | None:
    """The grading of a table whose labels, or what stands in for them, are `truth`."""
    batch = table.batch
    kept = [name for name in batch.schema.names if name != label]
    whole = pa.RecordBatch.from_arrays(
        [*(batch.column(name) for name in kept), truth], names=[*kept, STANDING_IN]
    )
    classes = "prediction" in table.roles and _are_classes(table, asked)
    # The class that a score speaks of need not be the selected one: the latter is not told here.
    return fit_grading(whole, _schema(whole, table.roles, classes))


def _check_shared(table: Table, grading: Grading) -> None:
    """Refuse labels and predictions that speak of different things.

    Errors: UsageError.
    """
    if grading.task == "binary":
        return
    classes = Classes(grading.classes, len(grading.classes) - 1)
    sides = [
        {classes.place(text) for text in as_codes(table.column(role)).dictionary.to_pylist()} - {-1}
        for role in ("label", "prediction")
    ]
    if all(sides) and not sides[0] & sides[1]:
        said, true = (
            ", ".join(repr(grading.classes[at]) for at in sorted(side)[:4]) for side in sides[::-1]
        )
        raise UsageError(
            table.where, "label and prediction share no class", got=f"{said} beside {true}",
            hint="spell both alike, or leave out the label: label= names the column",
        )  # fmt: skip


def _truth(table: Table, asked: Asked) -> pa.Array | None:
    """What stands in for labels so that classes can be found; None for a number that makes no
    decision by itself."""
    if "prediction" in table.roles:
        column = table.column("prediction")
        if _are_classes(table, asked):
            return column
    values = finite(table.column("score" if "score" in table.roles else "prediction"))
    if asked.threshold is None and not within_unit(values):
        return None
    cut = 0.5 if asked.threshold is None else asked.threshold
    return pa.array(values >= cut, mask=np.isnan(values))


def _number(table: Table, column: str, asked: Asked, label: str | None) -> Decided:
    """Read a predicted number: selected from the threshold on, if there is one."""
    if asked.positive is not None:
        raise UsageError(
            table.where, f"{column!r} holds numbers, so that a positive class says nothing",
            hint="name the threshold from which a number counts as selected",
        )  # fmt: skip
    values = finite(table.batch.column(column))
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
    """The place of the selected class: never guessed, unless classes say yes and no."""
    known = [name for name in grading.classes if name != OTHER]
    if asked.positive is None:
        if grading.task == "binary" and {is_truth(name) for name in known} == {True, False}:
            return 1
        got = " and ".join(map(repr, known)) if len(known) == 2 else f"{len(known)} classes"
        raise UsageError(
            where, "does not say which class counts as selected", got=got,
            hint=f"name it: positive=, or --positive; classes are {', '.join(known[:12])}",
        )  # fmt: skip
    place = Classes(grading.classes).place(asked.positive)
    if place < 0:
        hint = nearest(asked.positive, known)
        raise UsageError(
            where, f"the positive class {asked.positive!r} is none of the decisions",
            want=f"one of {', '.join(known[:12])}", hint=hint,
        )  # fmt: skip
    return place


def _schema(batch: pa.RecordBatch, roles: Mapping[str, str], classes: bool) -> Schema:
    """The roles of the columns that are read."""
    holders = {column: role for role, column in roles.items() if role != "label"}
    truth = "category" if classes else _kind(batch, STANDING_IN)
    fields = [Field(STANDING_IN, truth, "label")]
    fields += [Field(name, _kind(batch, name), role) for name, role in holders.items()]
    return Schema(tuple(fields))


def _kind(batch: pa.RecordBatch, name: str) -> str:
    kind = infer_kind(pa.chunked_array([batch.column(name)]))
    return "category" if kind == "id" else kind

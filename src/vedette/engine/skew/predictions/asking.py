"""What to ask of a model so that its answer can be set beside what was logged.

Owns: estimators and their methods, which of several answers is meant.  Does not own: the form of
rows (`forms`), calling (`caller`), comparing.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from vedette.core.errors import UsageError
from vedette.engine.skew.predictions.forms import Form, form_of
from vedette.engine.skew.predictions.unlike import is_number, numbers, texts


class Asking(NamedTuple):
    """How a model is asked.  `pick` is the one column that is meant of several, None for all."""

    call: Callable[[Any], Any]
    form: Form
    pick: int | None
    words: str


def asking(
    model: Any, logged: Sequence[pa.Array], *, form: str | None, positive: object = None
) -> Asking:
    """Choose what to ask: a callable is called; an estimator predicts what was logged.

    Classes were logged where every value is one of the estimator's: then it is `predict`; numbers
    of a classifier are the probability of `positive`, or of its second class of two.
    Shapes: `logged` some rows of every logged column.
    Errors: UsageError for what can be neither called nor asked to predict, and where nobody can
    tell of which class a probability is.
    """
    shape = form_of(model, form)
    owner = getattr(model, "__self__", model)
    if not hasattr(model, "predict"):
        if not callable(model):
            raise UsageError(
                "model", "can be neither called nor asked to predict", got=type(model).__name__,
                want="a callable that takes a table, or an estimator",
            )  # fmt: skip
        name = getattr(model, "__name__", type(model).__name__)
        return Asking(model, shape, _place(owner, positive, len(logged)), name)
    classes = [str(one) for one in _plain(getattr(model, "classes_", ()))]
    if not hasattr(model, "predict_proba") or not classes or _are_classes(logged, classes):
        return Asking(model.predict, shape, None, "predict")
    pick = _place(model, positive, len(logged))
    if pick is None and len(logged) != len(classes):
        if len(classes) != 2 or len(logged) != 1:
            raise UsageError(
                "model", "gives a probability for each of its classes", got=", ".join(classes),
                want="one logged column for each of them, in this order, or one and its class",
                hint="positive=…",
            )  # fmt: skip
        pick = 1
    of = f" of class {classes[pick]!r}" if pick is not None else ""
    return Asking(model.predict_proba, shape, pick, f"predict_proba{of}")


def _place(owner: Any, positive: object, columns: int) -> int | None:
    """Where the answers for the positive class stand."""
    classes = _plain(getattr(owner, "classes_", ()))
    if positive is None:
        return None
    if columns > 1:
        raise UsageError("positive", "speaks of one column", got=f"{columns} logged columns")
    spelt = [str(one) for one in classes]
    if str(positive) not in spelt:
        raise UsageError(
            "positive", "is no class of the model", got=repr(positive),
            want=f"one of {', '.join(spelt)}" if spelt else "a model that says its classes",
        )  # fmt: skip
    return spelt.index(str(positive))


def _are_classes(logged: Sequence[pa.Array], classes: Sequence[str]) -> bool:
    if len(logged) != 1:
        return False
    if not is_number(logged[0].type):
        return True
    known = dict.fromkeys(classes)
    try:
        values = {float(one) for one in known}
    except ValueError:  # text, or True and False
        return set(texts(logged[0]).drop_null().to_pylist()) <= known.keys()
    found = numbers(logged[0])
    return set(found[np.isfinite(found)].tolist()) <= values


def _plain(values: Any) -> list[Any]:
    return [one.item() if isinstance(one, np.generic) else one for one in values]

"""One time series: labels and samples.

Owns: the value, its labels in order.  Does not own: where samples come from (the files beside this
one), what is asked of them (`export.promql`).
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NAME = "__name__"
Labels = tuple[tuple[str, str], ...]
Wanted = Callable[[str], bool]  # whether series of a name are asked for
Allows = Callable[[str, str, str], bool]  # whether a monitor, a column, a segment may be told of
_ODD = re.compile(r"[^a-zA-Z0-9_]")


class Series(NamedTuple):
    """Samples of one name under one set of labels.

    Shapes: `labels` in the order of their names, none with an empty value; `times` int64[n]
    ascending, `values` float64[n].
    Units: `times` and `every`, the distance of two samples when nothing is missing, in nanoseconds
    (UTC).
    """

    name: str
    labels: Labels
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    every: int

    def within(self, start: int, end: int) -> "Series":
        """The samples in [start, end]."""
        first, last = self.times.searchsorted([start, end + 1])
        return self._replace(times=self.times[first:last], values=self.values[first:last])


def everything(name: str) -> bool:
    """Wants every series."""
    return True


def labels_of(**labels: str) -> Labels:
    """Labels in order, without empty ones.

    Example:
        >>> labels_of(model="m", column="", axis="drift")
        (('axis', 'drift'), ('model', 'm'))
    """
    return in_order(labels)


def in_order(labels: Mapping[str, str]) -> Labels:
    """The same of labels whose names are not known beforehand."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def label_name(text: str) -> str:
    """A name that may be a label's, as near to another as can be.

    Example:
        >>> label_name("k8s.pod"), label_name("9"), label_name("__x")
        ('k8s_pod', '_9', '_x')
    """
    name = _ODD.sub("_", text)
    name = f"_{name}" if name[:1].isdigit() else name
    return "_" + name.lstrip("_") if name.startswith("__") else name or "_"

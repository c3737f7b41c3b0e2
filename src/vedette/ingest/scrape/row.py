"""What one row of the table of engines says.

Owns: the forms of a row and of an engine.  Does not own: the table (`engines`), what becomes of it
(`readings`).
"""

from collections.abc import Mapping
from typing import NamedTuple

# How a reading follows from samples.
SUM = "sum"  # gauges, added up
MOST = "most"  # gauges, the highest of them
RATE = "rate"  # a counter, by second
GAIN = "gain"  # a counter, since the scrape before
SPREAD = "spread"  # a histogram or summary: .p50, .p95, .p99 and .mean since the scrape before
MEAN = "mean"  # what one counter gained, by what others gained
SHARE = "share"  # likewise, where a counter of nothing is not shown: then it is 0
LEVEL = "level"  # one gauge by others: of parts told apart by `each`, the highest
HOW = (SUM, MOST, RATE, GAIN, SPREAD, MEAN, SHARE, LEVEL)

ANY: Mapping[str, str] = {}


class Row(NamedTuple):
    """One reading that an engine gives.

    Shapes: `name` of the reading, in which `{gpu}` is the number of a GPU; `of` and `over` are
    regular expressions of whole names, without `_total` (SPREAD: of the histogram or summary);
    `only` regular expressions by label that samples of both must match, `where` those of `of` alone
    (a label that is not there is ""); `each` labels that tell parts apart, `less` a regular
    expression of names in `over` that count as negative.
    Units: `factor` times the engine's unit is ours; with `rest`, 1 less the value.
    """

    name: str
    how: str
    of: str
    over: str = ""
    factor: float = 1.0
    only: Mapping[str, str] = ANY
    where: Mapping[str, str] = ANY
    each: tuple[str, ...] = ()
    less: str = ""
    rest: bool = False


class Engine(NamedTuple):
    """One kind of server.

    Shapes: an engine is recognised by a sample whose whole name matches `signature`; `model` and
    `gpu` are labels that may name the model and the GPU, the first that is there; by the values of
    the labels `apart` readings are told apart as well, where there are several.
    """

    name: str
    title: str
    port: int
    signature: str
    rows: tuple[Row, ...]
    model: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    gpu: tuple[str, ...] = ()

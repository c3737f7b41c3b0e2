"""What every derivation promises.

Owns: the protocols.  Does not own: any derivation (`derive.catalog` lists them).  A derivation is
row-wise: permuted rows give permuted
output, and a batch equals its single rows put together.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field

Learnt = Mapping[str, NDArray[np.float64]]  # column -> what a derivation learnt of the reference
NOTHING: Learnt = MappingProxyType({})


class Derivation(Protocol):
    """New columns of one existing column."""

    def adds(self, field: Field) -> tuple[Field, ...]:
        """The fields added for this one; none when it does not apply."""
        ...

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        """Compute them.  Shapes: n rows in, n rows out, under the names that `adds` declares."""
        ...


@runtime_checkable
class Learning(Derivation, Protocol):
    """A derivation that holds rows against the reference; unfitted, it leaves missing what needs
    that.  Of the derivations that apply to one column at most one learns."""

    def learn(self, column: pa.Array, field: Field) -> NDArray[np.float64] | None:
        """What is to be known of the reference; None when it shows too little.

        Shapes: `column` a spread sample of the reference.
        """
        ...

    def knowing(self, learnt: NDArray[np.float64]) -> Derivation:
        """The same derivation with what it learnt, as row-wise as any other."""
        ...

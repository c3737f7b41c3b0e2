"""What every derivation promises.

Owns: the protocol.  Does not own: any derivation (`derive.catalog` lists them).  A derivation is
row-wise: permuted rows give permuted
output, and a batch equals its single rows put together.
"""

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa

from vedette.core.schema import Field


class Derivation(Protocol):
    """New columns of one existing column."""

    def adds(self, field: Field) -> tuple[Field, ...]:
        """The fields added for this one; none when it does not apply."""
        ...

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        """Compute them.  Shapes: n rows in, n rows out, under the names that `adds` declares."""
        ...

"""How predictions did, added up over the packed profiles of many windows at once.

Owns: reading graded rows, losses, cubes and numbers by group of what `profiles.codec.pack` wrote,
and nothing else of it.  Does not own: the format (`profiles.codec`), the sums (`sketches.graded`,
`sketches.losses`; by group: `profiles.cube_sums`, `profiles.measured_sums`), which windows
(`engine.performance`).

A month has hundreds of windows: to make values of each and merge them takes a hundred times as long
as to add up the arrays of all.  Float sums are taken in the order of the windows.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import StoreError
from vedette.profiles.codec import WRONG, opened
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses

Key = tuple[str, str]
T = TypeVar("T")


class PackedArray(msgspec.Struct, array_like=True, gc=False):
    """An array as `profiles.plainly` spells it."""

    kind: str
    shape: tuple[int, ...]
    data: bytes


class PackedGraded(msgspec.Struct, array_like=True, gc=False):
    """Graded rows as `profiles.codec` writes them."""

    kind: str
    segment: str
    rows: int
    confusion: PackedArray
    places: PackedArray
    ranked: PackedArray
    inside: PackedArray
    moments: PackedArray
    shape: tuple[int, ...]

    @property
    def form(self) -> tuple[object, ...]:
        """What must be the same of two that are added."""
        arrays = (self.confusion, self.moments)
        return (self.ranked.kind, self.shape, *((one.kind, one.shape) for one in arrays))


class _Losses(msgspec.Struct, array_like=True, gc=False):
    """Losses as `profiles.codec` writes them."""

    kind: str
    column: str
    rows: PackedArray
    loss: PackedArray
    squares: PackedArray


class PackedCube(msgspec.Struct, array_like=True, gc=False):
    """Rows by group as `profiles.codec` writes them: only the places that hold any."""

    key: str
    shape: tuple[int, int, int, int]
    places: PackedArray
    counts: PackedArray
    scores: PackedArray


class PackedMeasured(msgspec.Struct, array_like=True, gc=False):
    """Numbers by group as `profiles.codec` writes them: of every number its shape, the places that
    hold rows, and how many."""

    key: str
    counts: list[tuple[tuple[int, int], PackedArray, PackedArray]]
    sums: PackedArray


class _Packed(msgspec.Struct, array_like=True, gc=False):
    """A packed profile of which nothing but its performance is read."""

    model: msgspec.Raw
    version: msgspec.Raw
    fingerprint: msgspec.Raw
    binning: str
    window: msgspec.Raw
    rows: int
    late: int
    cells: msgspec.Raw
    joints: msgspec.Raw
    graded: list[msgspec.Raw] = []
    losses: list[msgspec.Raw] = []
    cubes: list[msgspec.Raw] = []
    measured: list[msgspec.Raw] = []


_PACKED = msgspec.msgpack.Decoder(_Packed)
_GRADED = msgspec.msgpack.Decoder(PackedGraded)
_LOSSES = msgspec.msgpack.Decoder(_Losses)
_CUBE = msgspec.msgpack.Decoder(PackedCube)
_MEASURED = msgspec.msgpack.Decoder(PackedMeasured)


def graded_parts(packed: bytes, binning: str, where: str = "performance") -> list[PackedGraded]:
    """Read the graded rows of a window, as they are packed; none under another binning.

    Errors: StoreError for bytes that follow no format.
    """
    return _parts(packed, binning, where, "graded", _GRADED)


def cube_parts(packed: bytes, binning: str, where: str = "groups") -> list[PackedCube]:
    """Read the rows by group of a window, as they are packed; none under another binning.

    Errors: StoreError for bytes that follow no format.
    """
    return _parts(packed, binning, where, "cubes", _CUBE)


def measured_parts(packed: bytes, binning: str, where: str = "numbers") -> list[PackedMeasured]:
    """Read the numbers by group of a window, as they are packed; none under another binning.

    Errors: StoreError for bytes that follow no format.
    """
    return _parts(packed, binning, where, "measured", _MEASURED)


def _parts(
    packed: bytes, binning: str, where: str, field: str, decoder: msgspec.msgpack.Decoder[T]
) -> list[T]:
    """The parts of one kind of a window."""
    try:
        read = _PACKED.decode(opened(packed))
        return [] if read.binning != binning else [decoder.decode(r) for r in getattr(read, field)]
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def added_graded(parts: Iterable[PackedGraded], where: str = "performance") -> dict[Key, Graded]:
    """Add up graded rows of windows, by (kind, segment).

    Of sums of several forms the last one's are taken: what came before was graded in another way.
    Errors: StoreError for bytes that follow no format.
    """
    found: dict[Key, list[PackedGraded]] = {}
    for one in parts:
        found.setdefault((one.kind, one.segment), []).append(one)
    try:
        return {key: _graded(own) for key, own in found.items()}
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def added_losses(
    packed: Iterable[bytes],
    binning: str,
    columns: Collection[str] | None = None,
    kind: str | None = None,
    where: str = "performance",
) -> dict[Key, Losses]:
    """Add up the losses by bin of windows, by (kind, column), of all columns or some, of all kinds
    or one.

    Errors: StoreError for bytes that follow no format.
    """
    found: dict[Key, list[_Losses]] = {}
    head = b"" if kind is None else bytes([0x95]) + msgspec.msgpack.encode(kind)  # array of five
    try:
        for data in packed:
            read = _PACKED.decode(opened(data))
            if read.binning != binning:
                continue
            wanted = (raw for raw in read.losses if bytes(memoryview(raw)[: len(head)]) == head)
            for one in map(_LOSSES.decode, wanted):
                if columns is None or one.column in columns:
                    found.setdefault((one.kind, one.column), []).append(one)
        return {
            key: Losses(
                *(_total([getattr(p, name) for p in parts]) for name in ("rows", "loss", "squares"))
            )
            for key, parts in found.items()
        }
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def _graded(parts: list[PackedGraded]) -> Graded:
    form = parts[-1].form
    alike = [part for part in parts if part.form == form]
    ranked, inside = (
        _scattered(
            [part.places for part in alike],
            [getattr(part, name) for part in alike],
            tuple(alike[0].shape),
        )
        for name in ("ranked", "inside")
    )
    return Graded(
        sum(part.rows for part in alike),
        _total([part.confusion for part in alike]),
        ranked,
        inside,
        _total([part.moments for part in alike]),
    )


def _total(arrays: Sequence[PackedArray]) -> NDArray[Any]:
    """The sum of arrays of one shape."""
    first = arrays[0]
    joined = np.frombuffer(b"".join(one.data for one in arrays), first.kind)
    total: NDArray[Any] = joined.reshape(len(arrays), *first.shape).sum(axis=0)
    return total.astype(total.dtype.newbyteorder("="))


def _scattered(
    places: Sequence[PackedArray], values: Sequence[PackedArray], shape: tuple[int, ...]
) -> NDArray[Any]:
    """The sum of tables of which only the bins that hold rows are written."""
    kind = np.dtype(values[0].kind)
    at = np.frombuffer(b"".join(one.data for one in places), "<u4").astype(np.intp)
    table = np.frombuffer(b"".join(one.data for one in values), kind).reshape(len(at), 2)
    size = int(np.prod(shape))
    sides = [np.bincount(at, table[:, side], size) for side in (0, 1)]
    return np.stack(sides, axis=-1).reshape(*shape, 2).astype(kind.newbyteorder("="))

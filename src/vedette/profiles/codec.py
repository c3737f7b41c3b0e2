"""Profiles and baselines as bytes: versioned, checked, the same on every machine.

Owns: versions 1 to 7 of the format of `docs/formats/profile.md`, and no other file format.  Does
not own: what stands in it (`profiles.profile_parts`, `profiles.baseline_parts`), files.  Every byte
is a function of the value: fixed field order, sorted keys, little-endian arrays; a SHA-256 over
everything before it ends the file.
"""

import hashlib
import struct
import zlib
from collections.abc import Collection

import msgspec

from vedette.core.errors import StoreError, VedetteError
from vedette.core.windows import Window
from vedette.profiles.baseline import Baseline
from vedette.profiles.baseline_parts import baseline_in, baseline_out
from vedette.profiles.profile import Profile
from vedette.profiles.profile_parts import cell_in, profile_in, profile_out

MAGIC = b"VEDETTEP"
# Written; 1 lacks natural variation, 1 and 2 how good predictions were, 1 to 3 groups, 1 to 4 what
# a model was trained on, and what is declared of served rows, 1 to 5 what single rows are like and
# how columns go together, 1 to 6 how long things took.
VERSION = 7
HEADER = struct.Struct("<8sHHQ")  # magic, version, reserved 0, length of the payload
DIGEST = 32
COMPRESSED, LEVEL = b"\x78", 1  # how zlib begins, and a packed profile never does

# What bytes that carry the right checksum, and follow no format, make of the readers below.
WRONG = (
    VedetteError,
    msgspec.DecodeError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    RecursionError,
)


def encode(baseline: Baseline, profile: Profile) -> bytes:
    """Write a profile and the baseline it was made under."""
    own = profile is baseline.profile
    payload = msgspec.msgpack.encode(
        [baseline_out(baseline), None if own else profile_out(profile)]
    )
    head = HEADER.pack(MAGIC, VERSION, 0, len(payload)) + payload
    return head + hashlib.sha256(head).digest()


def decode(data: bytes, where: str = "profile") -> tuple[Baseline, Profile]:
    """Read what `encode` wrote.

    Errors: StoreError when the bytes are no profile, cut short, changed, or of a newer version.
    """
    if len(data) < HEADER.size + DIGEST or data[:8] != MAGIC:
        raise StoreError(where, "is not a vedette profile")
    _, version, _, length = HEADER.unpack_from(data)
    if not 1 <= version <= VERSION:
        raise StoreError(where, "is of another version", got=version, want=f"1 to {VERSION}")
    end = HEADER.size + length
    if len(data) != end + DIGEST or hashlib.sha256(data[:end]).digest() != data[end:]:
        raise StoreError(where, "is damaged: its checksum does not fit its content")
    try:
        first, second = msgspec.msgpack.decode(data[HEADER.size : end])
        baseline = baseline_in(first)
        return baseline, baseline.profile if second is None else profile_in(second)
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def pack(profile: Profile, *, small: bool = False) -> bytes:
    """Write a profile alone, for a store that keeps its baseline once; `small` compresses it."""
    data = msgspec.msgpack.encode(profile_out(profile))
    return zlib.compress(data, LEVEL) if small else data


def opened(data: bytes) -> bytes:
    """What `pack` wrote, without compression.  Errors: ValueError for bytes that are damaged."""
    if not data.startswith(COMPRESSED):
        return data
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(str(error)) from None


def unpack(data: bytes, where: str = "profile") -> Profile:
    """Read what `pack` wrote.  Errors: StoreError for bytes that follow no format."""
    try:
        return profile_in(msgspec.msgpack.decode(opened(data)))
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None


NOTHING = msgspec.Raw(b"\x90")


class _Packed(msgspec.Struct, array_like=True):
    """A packed profile whose cells are left as they are."""

    model: str
    version: str
    fingerprint: str
    binning: str
    window: tuple[int, int] | None
    rows: int
    late: int
    cells: list[msgspec.Raw]
    joints: msgspec.Raw
    graded: msgspec.Raw = NOTHING  # what was written before version 3 lacks these
    losses: msgspec.Raw = NOTHING
    cubes: msgspec.Raw = NOTHING  # before version 4
    measured: msgspec.Raw = NOTHING


_PACKED = msgspec.msgpack.Decoder(_Packed)
_CELL_PARTS = 11  # of a packed cell, its key included


def unpack_columns(
    data: bytes, columns: Collection[str], segment: str | None = None, where: str = "profile"
) -> Profile:
    """Read some columns of what `pack` wrote, in all segments or one; none for the rows alone.
    Joint counts stay behind.

    Many windows are looked at for one column: the others cost a comparison each.
    Errors: StoreError for bytes that follow no format.
    """
    head = bytes([0x90 | _CELL_PARTS])
    end = b"" if segment is None else msgspec.msgpack.encode(segment)
    wanted = tuple(head + msgspec.msgpack.encode(column) + end for column in columns)
    try:
        found = _PACKED.decode(data)
        raw = [bytes(cell) for cell in found.cells] if wanted else []
        if raw and not raw[0].startswith(head):  # else every cell would be passed over
            raise ValueError(f"a cell has not {_CELL_PARTS} parts")
        cells = [msgspec.msgpack.decode(cell) for cell in raw if cell.startswith(wanted)]
        return Profile(
            found.fingerprint,
            found.binning,
            found.rows,
            {(column, segment): cell_in(rest) for column, segment, *rest in cells},
            {},
            None if found.window is None else Window(*found.window),
            found.late,
            found.model,
            found.version,
        )
    except WRONG as error:
        raise StoreError(where, "does not follow the format", got=str(error)) from None

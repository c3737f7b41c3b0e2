"""Which predictions a sample holds.

Owns: the choice by id.  Does not own: the weight that makes up for the others (`core.events`).
"""

import zlib


def is_kept(key: str, threshold: int) -> bool:
    """Whether the sample holds an id: the same in every process, for an event and its label.

    Shapes: of all ids, `threshold` in 2^32 are kept.

    Example:
        >>> sum(is_kept(f"id-{n}", 2**30) for n in range(10_000))
        2534
    """
    mixed = zlib.crc32(key.encode("utf-8", "replace"))
    # crc32 alone is too regular over counted ids.  Source: Wellons, "hash prospector", 2018.
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & 0xFFFFFFFF
    return (mixed ^ (mixed >> 15)) < threshold

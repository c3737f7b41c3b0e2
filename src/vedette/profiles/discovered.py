"""Names that rows bring and no baseline knows: versions, types of errors, new columns.

Owns: under which keys they are held, and which of too many are kept.  Does not own: counting them
(`profiles.tails`, `engine.failures`, `engine.sight`), columns with categories (`sketches`).

Which names are kept follows from the names alone, not from how often they came: of two parts of the
rows, each keeps whatever both together keep, so that its count is exact and any order of adding up
gives the same.  A name that a producer makes up for every event has a number in it, so names
with few digits go first; between others their hash decides.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from vedette.core.rows import VERSION
from vedette.profiles.binning import hash_text

FAILED = "\nfailed\n"  # begins the keys of types of errors
NEW = "\nnew\n"  # those of columns that the baseline does not have
OF_VERSION = f"{VERSION}="  # segments that are a version of the model
# How many are kept of a window: more than anybody reads, so few that their counts stay small.
MOST: Mapping[str, int] = {FAILED: 100, NEW: 100, OF_VERSION: 50}

K = TypeVar("K", str, tuple[str, str])
V = TypeVar("V")


def kept(keys: Iterable[str], begin: str) -> frozenset[str]:
    """Of keys that begin like this those that are kept.

    Example:
        >>> made_up = [f"{FAILED}no user {k}" for k in range(1000, 9999)]
        >>> few = kept([*made_up, f"{FAILED}Timeout"], FAILED)
        >>> len(few), f"{FAILED}Timeout" in few
        (100, True)
    """
    found = frozenset(keys)
    if len(found) <= MOST[begin]:
        return found
    return frozenset(sorted(found, key=_rank)[: MOST[begin]])


def bounded(counts: dict[K, V], begin: str) -> dict[K, V]:
    """Counts without those of names that are too many.

    Shapes: keys are texts, or (column, text), of which those that are such a name begin like this.
    """
    if len(counts) <= MOST[begin]:
        return counts
    named = {key: text for key in counts if (text := _text(key)).startswith(begin)}
    gone = set(named.values()) - kept(named.values(), begin)
    return {key: own for key, own in counts.items() if named.get(key) not in gone}


def _text(key: str | tuple[str, str]) -> str:
    return key if isinstance(key, str) else key[1]


def _rank(key: str) -> tuple[int, int]:
    return sum(map(str.isdigit, key)), hash_text(key)

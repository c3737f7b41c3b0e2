"""Text that spells numbers or instants.

Owns: which texts do.  Does not own: their values (`profiles.columns`, `profiles.clock`), kinds
(`profiles.infer`).
"""

import pyarrow as pa
import pyarrow.compute as pc

FIRST = 64  # texts looked at before the others
NUMBERS = 3  # different numbers from which text that spells them is not a set of codes
CODE = 15  # digits from which whole numbers of one width are codes; float64 holds no more for sure

DECIMAL = r"^[+-]?(0|[1-9][0-9]*|0?\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][+-]?[0-9]+)?$"
CLOCK = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
INSTANT = rf"^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])({CLOCK}{OFFSET}?)?$"
WITH_OFFSET = rf":[0-9.:]+{OFFSET}$"


def spells_numbers(texts: pa.Array) -> bool:
    """Whether every text is a plain decimal number, and no code made of digits.

    Leading zeros, and whole numbers of one width from 15 digits on, are codes.

    Shapes: texts are different, none missing.
    Example:
        >>> spells_numbers(pa.array(["1.5", "-2", "3e4"])), spells_numbers(pa.array(["01234"] * 3))
        (True, False)
    """
    if len(texts) < NUMBERS or not _all_match(texts, DECIMAL):
        return False
    ends = pc.min_max(pc.utf8_length(texts)).as_py()
    one_width = ends["min"] == ends["max"] >= CODE
    return not (one_width and _all_match(texts, "^[0-9]+$"))


def spells_instants(texts: pa.Array) -> bool:
    """Whether every text is a date, or a date and time, as ISO 8601 writes them.

    Shapes: texts are different, none missing.
    Example:
        >>> spells_instants(pa.array(["2024-01-31", "2024-01-31T23:59:59.5+01:00"]))
        True
    """
    return len(texts) > 0 and _all_match(texts, INSTANT)


def _all_match(texts: pa.Array, pattern: str) -> bool:
    """Whether all do; a few are looked at first, since most columns fail at once."""
    parts = (texts[:FIRST], texts[FIRST:])
    return all(
        pc.all(pc.match_substring_regex(part, pattern)).as_py() is not False for part in parts
    )

"""Types that values are stored as.

Owns: how a column of a type is compared, which types are within others.  Does not own: the types
(`core.schema`), what other tools call them.
"""

from collections.abc import Collection

_KINDS = {
    "boolean": "boolean",
    "date": "time",
    "datetime": "time",
    "time": "time",
    "duration": "numeric",
    "decimal": "numeric",
    "list": "vector",
}


def kind_of_type(stored: str) -> str:
    """How a column stored so is compared, unless something says more.

    Example:
        >>> kind_of_type("int32"), kind_of_type("float64"), kind_of_type("string")
        ('integer', 'numeric', 'category')
    """
    if stored in _KINDS:
        return _KINDS[stored]
    if stored.startswith(("int", "uint")):
        return "integer"
    return "numeric" if stored.startswith("float") else "category"


def is_within(narrow: str, wide: str) -> bool:
    """Whether every value of one type is one of another of its family.

    Example:
        >>> is_within("uint8", "int16"), is_within("int8", "uint16"), is_within("int8", "float64")
        (True, False, False)
    """
    if narrow == wide or (narrow, wide) == ("float32", "float64"):
        return True
    sizes = [one.rpartition("int") for one in (narrow, wide)]
    if not all(word == "int" and bits.isdecimal() for _, word, bits in sizes):
        return False
    (sign, _, bits), (wider, _, more) = sizes
    if sign == wider:
        return int(bits) <= int(more)
    return sign == "u" and int(bits) < int(more)


def widest(types: Collection[str]) -> str:
    """The type that all of some are within; "" where there is none.

    Example:
        >>> widest(["int8", "uint8", "int64"]), widest(["int8", "string"])
        ('int64', '')
    """
    return next((one for one in types if all(is_within(other, one) for other in types)), "")

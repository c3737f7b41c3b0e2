"""Cheap descriptors of text: length, words, shares of digits, capitals and non-ASCII characters.

Owns: these five numbers; they need no language and no model.  Does not own: meaning, personal data,
prompts.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.schema import Field
from vedette.derive.written import written

PATTERNS = {"digits": r"[0-9]", "upper": r"\p{Lu}", "non_ascii": r"[^\x00-\x7F]"}


class TextDescriptors:
    """Five numeric columns per text column.

    Shapes: `NAME.length` characters, `NAME.words`, and the shares `NAME.digits`, `NAME.upper`,
    `NAME.non_ascii` of characters;
    missing where the text is, or is of a type that has none (lists, bytes); shares of an empty
    text are 0.
    """

    def adds(self, field: Field) -> tuple[Field, ...]:
        if field.kind != "text":
            return ()
        names = ("length", "words", *PATTERNS)
        return tuple(Field(f"{field.name}.{name}", "numeric", field.role) for name in names)

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        text = written(column)
        length = pc.utf8_length(text).cast(pa.float64())
        words = pc.count_substring_regex(text, pattern=r"\S+").cast(pa.float64())
        at_least_one = pc.max_element_wise(length, 1.0, skip_nulls=False)
        columns = {f"{field.name}.length": length, f"{field.name}.words": words}
        for name, pattern in PATTERNS.items():
            hits = pc.count_substring_regex(text, pattern=pattern).cast(pa.float64())
            columns[f"{field.name}.{name}"] = pc.divide(hits, at_least_one)
        return columns

"""The published form of the document of a comparison.

Owns: finding the JSON Schema that ships with the package.  Does not own: checking documents, which
needs a validator of one's own choice and is done by the tests.
"""

import json
from importlib.resources import files
from typing import Any


def comparison_schema() -> dict[str, Any]:
    """Load the JSON Schema (draft 2020-12) that every document of a comparison obeys.

    Example:
        >>> comparison_schema()["properties"]["format"]["const"]
        'vedette.comparison'
    """
    text = (files("vedette.report") / "comparison.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema

"""One CloudEvent.

Owns: the value.  Does not own: reading it (`modes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CloudEvent:
    """An event of specification 1.0 or 0.3.

    Shapes: `extensions` are its other attributes, by name in small letters.
    """

    id: str
    type: str
    source: str
    time: str = ""
    content_type: str = ""
    data: bytes = b""
    extensions: Mapping[str, str] = field(default_factory=dict)

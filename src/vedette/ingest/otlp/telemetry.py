"""What a server remembers of telemetry whose parts come in different bodies.

Owns: putting it in one place.  Does not own: series (`streams`), texts of calls
(`genai.contents`), calls that several spans tell of (`genai.doubles`).
"""

from dataclasses import dataclass, field

from vedette.ingest.genai.contents import Contents
from vedette.ingest.genai.doubles import Calls
from vedette.ingest.otlp.streams import Streams


@dataclass(frozen=True)
class Telemetry:
    """Of one server.  For several threads."""

    streams: Streams = field(default_factory=Streams)
    contents: Contents = field(default_factory=Contents)
    calls: Calls = field(default_factory=Calls)

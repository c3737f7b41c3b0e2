"""Traced calls whose texts are told apart from them, and come later.

Owns: which of them wait, how long, the events that they become.  Does not own: threads
(`engine.capture`), the texts (`ingest.genai.contents`).
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
import pyarrow as pa

from vedette.core import rows as names
from vedette.core.durations import SECOND
from vedette.core.model_names import as_model_name
from vedette.core.schema import Schema
from vedette.ingest.cloudevents.kept import Kept
from vedette.ingest.decoded import Decoded
from vedette.ingest.genai.contents import Contents, is_content, texts_of
from vedette.ingest.limits import Limits
from vedette.ingest.otlp.origin import SERVICE
from vedette.ingest.otlp.records import content_of
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, batch_of
from vedette.ingest.shapes import Row

WAIT = 15 * SECOND  # exporters of OpenTelemetry send every 5 s
MOST = 50_000  # calls of a model that wait; of more the oldest wait no longer


class LateTexts:
    """Calls that wait, by model, for what `contents` hears."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self._open: dict[str, OrderedDict[str, Kept]] = {}

    def hear(self, model: str, spans: Iterable[Kept]) -> None:
        """Take calls in."""
        own = self._open.setdefault(model, OrderedDict())
        for kept in spans:
            own.setdefault(kept.part.call, kept)

    def ready(self, model: str, now: int) -> list[Kept]:
        """Calls whose texts came, or that waited long enough; until they are `stored`."""
        own = self._open.get(model) or OrderedDict[str, Kept]()
        over = len(own) - MOST
        return [
            kept
            for at, (call, kept) in enumerate(own.items())
            if at < over or kept.received + WAIT <= now or self.contents.of(call).events
        ]

    def stored(self, model: str, spans: Iterable[Kept]) -> None:
        """Note calls whose events are durable."""
        for kept in spans:
            self._open[model].pop(kept.part.call, None)

    def since(self, model: str) -> int | None:
        """From when on the log holds calls that wait; None where none does.  Units: as `Kept`."""
        return min((kept.received for kept in self._open.get(model, {}).values()), default=None)

    def tellers(self, model: str) -> list[str]:
        """The models that lines with the texts of calls that wait may have fallen to."""
        open_ones = list((self._open.get(model) or {}).values())
        rows = (msgspec.msgpack.decode(kept.part.data) for kept in open_ones)
        services = {as_model_name(str(row.get(SERVICE) or "")) for row in rows} - {""}
        return sorted({model, *services}) if open_ones else []

    def recall(self, lines: pa.RecordBatch) -> None:
        """Hear texts again that are in the log, as a start has to."""
        if "event" not in lines.schema.names or names.SPAN not in lines.schema.names:
            return
        for line in lines.filter(lines["event"].is_valid()).to_pylist():
            if is_content(line["event"]) and line[names.TRACE] and line[names.SPAN]:
                name, told = content_of(line)
                at = line[names.TIME].value
                size = len(line.get("body") or "") + len(line.get(names.REST) or "")
                call = line[names.TRACE] + line[names.SPAN]
                self.contents.put(call, line[names.ID], at, name, told, size)


def events_of_spans(
    model: str, spans: Sequence[Kept], contents: Contents, schema: Schema | None, limits: Limits,
    received: int,
) -> Decoded:  # fmt: skip
    """The events of calls, with their texts where these came."""
    rows: list[Row] = []
    for kept in spans:
        row: Row = msgspec.msgpack.decode(kept.part.data)
        found = texts_of(contents.of(kept.part.call), row.get(names.OPERATION, ""), limits.text)
        rows.append(row | {name: text for name, text in found.items() if name not in row})
    bad = Rejections()
    context = Context(b"", model, received, limits, schema, exact_times=True)
    batch = batch_of(rows, list(range(len(rows))), context, bad)
    return Decoded(batch, rejected=tuple(bad.all))

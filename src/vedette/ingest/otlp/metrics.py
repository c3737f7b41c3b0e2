"""A body of metrics.

Owns: from bytes to readings by model, with the points that cannot be kept.  Does not own: one
point (`points`), encodings, HTTP.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from vedette.core.model_names import as_model_name
from vedette.ingest.decoded import Decoded
from vedette.ingest.foreign import Asked, Taken
from vedette.ingest.limits import Limits, too_large
from vedette.ingest.otlp.form import METRICS, Form
from vedette.ingest.otlp.forms import form_of
from vedette.ingest.otlp.origin import MODEL, Origin
from vedette.ingest.otlp.points import Series, readings_of, series_of
from vedette.ingest.otlp.resources import Resources, Told, is_resource
from vedette.ingest.otlp.streams import Streams
from vedette.ingest.readings import reading_rows
from vedette.ingest.rows import Context
from vedette.ingest.sent import Bad, Read, SentReading
from vedette.ingest.unpack import unpack

GENAI, ASKED = "gen_ai.", "gen_ai.request.model"


class MetricReader:
    """Reads bodies of one server, whose series are `streams`.  For several threads."""

    def __init__(self, streams: Streams | None = None) -> None:
        self._streams = Streams() if streams is None else streams

    def read(self, body: bytes, asked: Asked) -> Taken:
        """Read an ExportMetricsServiceRequest.

        Errors: Refused when nothing of it can be kept.
        """
        form = form_of(asked.content_type)
        data = unpack(body, asked.content_encoding, asked.limits)
        found: dict[str, Read[SentReading]] = {}
        resources = Resources(form, self._streams)
        place = -1
        for batch in form.batches(data, METRICS, asked.limits):
            origin = Origin(batch, form, asked.limits)
            for metric, kind, point, why in _points(batch.pieces, form):
                place += 1
                _few(place, asked.limits)
                model = origin.model or origin.service
                try:
                    if why:
                        raise ValueError(why)
                    model, series = _series(metric, point, origin, form)
                    made = readings_of(metric, kind, point, series, form, self._streams)
                    told = [Told(model, place, one) for one in made]
                    if told and kind in ("gauge", "sum") and is_resource(metric.name):
                        resources.add(metric, point, series, origin.digest, told)
                        told = []
                except ValueError as error:
                    name = metric.name if metric is not None else ""
                    bad = Bad(place, str(error), {"metric": name[:200]})
                    found.setdefault(model, _none()).bad.append(bad)
                    continue
                _put(found, told)
        _put(found, resources.told())
        return Taken({model: _decoded(read, model, data, asked) for model, read in found.items()})


def _series(metric: Any, point: Any, origin: Origin, form: Form) -> tuple[str, Series]:
    """The model that a point is of, and its series."""
    attributes = form.attributes(point.attributes)
    model = as_model_name(str(attributes.pop(MODEL, ""))) or origin.model
    if not model and metric.name.startswith(GENAI):
        model = as_model_name(str(attributes.pop(ASKED, "")))
    return model or origin.service, series_of(metric.name, attributes, origin.digest)


def _put(found: dict[str, Read[SentReading]], told: Iterable[Told]) -> None:
    for model, place, one in told:
        read = found.setdefault(model, _none())
        assert read.places is not None
        read.items.append(SentReading(one.name, one.value, one.time, one.id))
        read.places.append(place)


def _points(pieces: list[Any], form: Form) -> Iterator[tuple[Any, str, Any, str]]:
    """Every point with its metric and kind, or what is wrong with a metric as a whole."""
    for raw in pieces:
        try:
            metric = form.piece(raw, METRICS)
            kind = metric.WhichOneof("data")
            if kind is None:
                raise ValueError("it is of no known kind")
        except ValueError as error:
            yield None, "", None, str(error)
            continue
        for point in getattr(metric, kind).data_points:
            yield metric, kind, point, ""


def _few(place: int, limits: Limits) -> None:
    if place >= limits.rows:
        raise too_large("data points", place + 1, limits.rows)


def _none() -> Read[SentReading]:
    return Read([], [])


def _decoded(read: Read[SentReading], model: str, data: bytes, asked: Asked) -> Decoded:
    context = Context(data, model, asked.received, asked.limits, exact_times=True)
    rows, rejected = reading_rows(read, context)
    return Decoded(metrics=rows, rejected=tuple(rejected))

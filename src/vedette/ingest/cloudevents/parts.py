"""Which side of which call of which model an event is.

Owns: model, side and id of a CloudEvent of KServe, Seldon and MLServer, and what is kept of its
identity.  Does not own: the modes of transport (`modes`), bodies (`ingest.payloads`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from vedette.core.model_names import as_model_name
from vedette.ingest.cloudevents.event import CloudEvent
from vedette.ingest.moments import moment, unbelievable

REQUEST, RESPONSE, FEEDBACK = "request", "response", "feedback"
SPAN = "span"  # no side, but a traced call whose texts are yet to come (`engine.late_texts`)
UNREAD = "unread"  # no side: a note that a call is done with, and is no event
FAMILIES = ("org.kubeflow.serving.", "io.seldon.serving.")  # types begin with one of these
SOURCES = "io.seldon.serving.deployment."  # a source begins so where no extension names the model
PREDICTOR = ("", "predictor")  # components that are the model itself
SERVERS = ("", "mlserver")  # what a server is called that nobody gave a name
DEFAULT = ("", "default")  # namespaces and endpoints that need not be told apart
KEPT = ("inferenceservicename", "namespace", "component", "endpoint", "modelid", "metadata",
        "annotations")  # fmt: skip
LONGEST_ID = 200  # characters of a call's, to which the number of the instance is added
_LONGEST = 2_000  # characters of one of these that is kept


@dataclass(frozen=True)
class Part:
    """One side of a call.

    Shapes: `call` is the id that both sides have; `version` what is known of it beside the bodies.
    Units: `at` UTC nanoseconds, when it came or was answered; None where nobody says; `weight`
    one over the sampling fraction.
    """

    model: str
    side: str
    call: str
    at: int | None
    data: bytes
    content_type: str = ""
    version: str = ""
    trace: str = ""
    weight: float = 1.0
    about: Mapping[str, str] = field(default_factory=dict)


def part_of(event: CloudEvent, query: str = "", *, received: int, ahead_s: int) -> Part:
    """Say which side of which call an event is.

    The model is what `?model=` says, else the service's name and, where it has one, the model's
    own; with the namespace before it unless that is the default one, and the component behind it
    unless that is the predictor.

    Errors: ValueError, with why it is none.
    Example:
        >>> event = CloudEvent("a", "org.kubeflow.serving.inference.request", "s",
        ...     "2026-11-01T10:00:00Z", extensions={"inferenceservicename": "iris",
        ...                                         "namespace": "shop", "component": "predictor"})
        >>> part = part_of(event, received=2 * 10**18, ahead_s=60)
        >>> part.model, part.side, part.call, part.at
        ('shop:iris', 'request', 'a', 1793527200000000000)
        >>> part_of(event, "model=flowers", received=2 * 10**18, ahead_s=60).model
        'flowers'
    """
    side = _side(event.type)
    more = event.extensions
    call = more.get("requestid") or event.id
    if len(call) > LONGEST_ID:
        raise ValueError(f"has an id longer than {LONGEST_ID} characters")
    endpoint = more.get("endpoint", "")
    about = {name: more[name][:_LONGEST] for name in KEPT if more.get(name)}
    model = model_of(event.source, more, query)
    if not model:
        raise ValueError("does not say of which model it is: give ?model=NAME")
    return Part(
        model=model,
        side=side,
        call=call,
        at=_at(event.time, received, ahead_s),
        data=event.data,
        content_type=event.content_type,
        version="" if endpoint in DEFAULT or not _is_kserve(event) else endpoint,
        trace=_trace(more),
        about={"source": event.source[:_LONGEST], **about},
    )


def model_of(source: str, more: Mapping[str, str], query: str = "") -> str:
    """The model that an event of a source and with extensions is of; "" where nothing says so.

    Example:
        >>> model_of("s", {"inferenceservicename": "iris", "namespace": "shop"}), model_of("s", {})
        ('shop:iris', '')
    """
    asked = parse_qs(query, max_num_fields=32).get("model", [""])[-1]
    if asked:
        return as_model_name(asked)
    name = more.get("inferenceservicename", "")
    if not name and source.startswith(SOURCES):
        name = source[len(SOURCES) :].partition(".")[0]
    parts = [] if more.get("namespace", "") in DEFAULT else [more["namespace"]]
    parts += [] if name in SERVERS else [name]
    parts += [more["modelid"]] if more.get("modelid") else []
    component = more.get("component", "")
    parts += [] if component in PREDICTOR or not parts else [component]
    return as_model_name(":".join(parts))


def about_text(about: Mapping[str, str]) -> str:
    """What is kept of an event's identity, as JSON; the same text for the same values."""
    return json.dumps(dict(sorted(about.items())), ensure_ascii=False)


def _side(kind: str) -> str:
    family = next((one for one in FAMILIES if kind.startswith(one)), "")
    side = kind[len(family) :].removeprefix("inference.")
    if not family or side not in (REQUEST, RESPONSE, FEEDBACK):
        raise ValueError(f"is of type {kind[:80]!r}, no request or response of a model server")
    return side


def _trace(more: Mapping[str, str]) -> str:
    """The trace that the call was part of, of W3C's header: an extension, or among the headers."""
    header: Any = more.get("traceparent", "")
    if not header and "metadata" in more:
        try:
            headers = json.loads(more["metadata"])
            named = {name.lower(): one for name, one in headers.items()}
            header = named.get("traceparent", "")
            header = header[0] if isinstance(header, list) and header else header
        except (ValueError, AttributeError, RecursionError):
            return ""
    fields = header.split("-") if isinstance(header, str) else []
    return fields[1] if len(fields) >= 4 and len(fields[1]) == 32 else ""


def _is_kserve(event: CloudEvent) -> bool:
    return event.type.startswith(FAMILIES[0])


def _at(time: str, received: int, ahead_s: int) -> int | None:
    """When it says it was; None where it says nothing that can be believed."""
    if not time:
        return None
    try:
        at = moment(time)
    except (ValueError, OverflowError):
        return None
    return None if unbelievable(at, received, ahead_s) else at

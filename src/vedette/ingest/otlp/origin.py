"""What a resource says of everything it sends.

Owns: the model and version that its telemetry belongs to by default, the columns that every row of
it has, what else is kept of it.  Does not own: single spans, points and records.
"""

from hashlib import blake2b
from typing import Any

import msgspec

from vedette.core.model_names import as_model_name
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.otlp.form import Batch, Form

MODEL, VERSION = "vedette.model", "vedette.model.version"
UNKNOWN = "unknown_service"  # what OpenTelemetry calls a service that has no name
# Attributes of a resource, and the columns that they become.
COLUMNS = {
    "deployment.environment.name": "environment",
    "deployment.environment": "environment",
    "service.instance.id": "instance",
}
SERVICE = "service"  # the column of the service that called a model which is not its own
_HELD = (MODEL, VERSION, "service.name", "service.version", *COLUMNS)


class Origin:
    """A resource and a scope.

    Shapes: `model` by name, "" where the resource names none; `service` the model that rows fall to
    then; `columns` are of every row; `kept` JSON members of what no column holds;
    `digest` of all of it.
    Errors: Refused, 413, when it says too much, as every row holds it.
    """

    def __init__(self, batch: Batch, form: Form, limits: Limits) -> None:
        self.attributes: dict[str, Any] = form.attributes(batch.resource.attributes)
        given = {name: str(value) for name, value in self.attributes.items() if name in _HELD}
        given = {name: text for name, text in given.items() if len(text) <= limits.name}
        self.model = as_model_name(given.get(MODEL, ""))
        self.name = given.get("service.name", "")
        self.service = as_model_name(self.name) or UNKNOWN
        self.model_version = given.get(VERSION, "")
        self.version = given.get("service.version", "")
        self.columns = {
            column: given[name] for name, column in reversed(COLUMNS.items()) if given.get(name)
        }
        rest = {name: value for name, value in self.attributes.items() if name not in given}
        kept: dict[str, Any] = {"resource": rest} if rest else {}
        if batch.scope.name:
            kept["scope"] = f"{batch.scope.name} {batch.scope.version}".strip()
        self.kept = msgspec.json.encode(kept)[1:-1].decode()
        whole = msgspec.json.encode([self.attributes, batch.scope.name], order="sorted")
        self.digest = blake2b(whole, digest_size=16).digest()
        if len(self.kept) * len(batch.pieces) > limits.expanded:
            raise Refused(413, "says too much of a resource", want="fewer or shorter attributes")

    def rest(self, own: dict[str, Any]) -> str:
        """What no column holds, as JSON: of one span or record, and of all that its resource says.

        "" for nothing.
        """
        text = msgspec.json.encode(own).decode() if own else ""
        if not self.kept:
            return text
        return f"{text[:-1]},{self.kept}}}" if text else f"{{{self.kept}}}"

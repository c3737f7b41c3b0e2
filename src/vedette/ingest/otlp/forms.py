"""Which encoding a body is in.

Owns: choosing it by the content type.  Does not own: the encodings.
"""

from vedette.ingest.limits import Refused
from vedette.ingest.otlp.form import JSON_TYPE, PROTOBUF_TYPE, Form
from vedette.ingest.otlp.plain_json import Json
from vedette.ingest.otlp.protobuf import Protobuf

FORMS: dict[str, Form] = {
    PROTOBUF_TYPE: Protobuf(), "application/protobuf": Protobuf(), JSON_TYPE: Json(),
}  # fmt: skip


def form_of(content_type: str) -> Form:
    """The encoding that a content type names.

    Errors: Refused, 415, for any other.
    Example:
        >>> form_of("application/json").content_type
        'application/json'
    """
    form = FORMS.get(content_type)
    if form is None:
        want = f"{PROTOBUF_TYPE} or {JSON_TYPE}"
        raise Refused(415, "is of an unknown type", got=content_type[:80], want=want)
    return form

"""Every kind of file that can be imported, by the name that people give it.

Owns: the table.  Does not own: the kinds.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vedette.core.errors import UsageError, nearest
from vedette.ingest.readers import bentoml, kserve, litellm, mlflow
from vedette.ingest.readers.record import Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "bentoml": bentoml.KIND,
        "kserve": kserve.KIND,
        "litellm": litellm.KIND,
        "mlflow": mlflow.KIND,
    }
)


def kind_of(name: str) -> Kind:
    """A kind by its name.  Errors: UsageError, with the nearest name."""
    if name not in KINDS:
        raise UsageError(f"kind {name!r}", "cannot be imported", want=", ".join(KINDS),
                         hint=nearest(name, KINDS))  # fmt: skip
    return KINDS[name]

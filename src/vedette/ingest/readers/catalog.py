"""Every kind of file that can be imported, by the name that people give it.

Owns: the table.  Does not own: the kinds.
"""

from collections.abc import Mapping
from types import MappingProxyType

from vedette.core.errors import SettingsError, nearest
from vedette.ingest.readers import (
    access_log,
    bentoml,
    databricks,
    kserve,
    litellm,
    mlflow,
    sagemaker,
    table,
)
from vedette.ingest.readers.record import Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "access-log": access_log.KIND,
        "bentoml": bentoml.KIND,
        "databricks": databricks.KIND,
        "kserve": kserve.KIND,
        "litellm": litellm.KIND,
        "mlflow": mlflow.KIND,
        "sagemaker": sagemaker.KIND,
        "table": table.KIND,
    }
)


def kind_of(name: str) -> Kind:
    """A kind by its name.  Errors: SettingsError, with the nearest name."""
    if name not in KINDS:
        raise SettingsError(f"kind {name!r}", "cannot be imported", want=", ".join(KINDS),
                            hint=nearest(name, KINDS))  # fmt: skip
    return KINDS[name]

"""What may be said of an import, from flags or settings.

Owns: checking it, `Given` made of it.  Does not own: flags (`cli.importing`), settings files
(`engine.import_settings`).
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vedette.core.errors import SettingsError
from vedette.core.model_names import as_model_name, is_model_name
from vedette.ingest.readers.mapping import USUAL_TEXT, Columns, time_of
from vedette.ingest.readers.record import Given


def given_of(
    kind: str,
    *,
    model: str = "",
    version: str = "",
    sample: float | None = None,
    features: Sequence[str] = (),
    zone: str = "UTC",
    columns: Columns | None = None,
) -> Given:
    """What is given of the files of a kind.

    Errors: SettingsError for what cannot be meant.
    Example:
        >>> given_of("bentoml", model="iris", sample=0.25).weight
        4.0
    """
    where = f"import of {kind}"
    if model and not is_model_name(model):
        raise SettingsError(
            where, "that is no name of a model", got=repr(model), want=as_model_name(model)
        )
    if sample is not None and not 0 < sample <= 1:
        raise SettingsError(where, "sample is out of range", got=sample, want="above 0, at most 1")
    if columns is not None and columns.time is not None:
        zone = time_of(columns.time).zone or zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            where, "there is no such time zone", got=repr(zone), want="a name like Europe/Berlin"
        ) from None
    weight = None if sample is None else 1 / sample
    texts = USUAL_TEXT if columns is None else columns.as_text
    return Given(model, version, weight, tuple(features), zone, columns, texts)

"""The training sample of a live model, counted in the bins of its baseline.

Owns: reading it, which of its columns have a counterpart in serving, when it is another one.  Does
not own: the value (`profiles.training`), when it is wanted (`engine.runner`), the reference
(`engine.fitting`).
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from vedette.core import rows as columns
from vedette.core.errors import UsageError
from vedette.engine.batch import deriving, parents_of, profile_source
from vedette.engine.fitting import declared_schema, digest_of, renamed
from vedette.engine.model_settings import ModelSettings
from vedette.engine.profile_file import is_profile_file
from vedette.engine.timed import timed
from vedette.ingest.source import Source, open_source
from vedette.profiles.baseline import Baseline
from vedette.profiles.columns import one_batch
from vedette.profiles.fit import SAMPLE
from vedette.profiles.training import Training
from vedette.profiles.training_fit import quantiles_of
from vedette.profiles.windowed import instants

OF_SERVING = ("latency", "cost")  # roles of columns that only serving has
SERVING = "serving"


def training_key(settings: ModelSettings) -> str:
    """Under which a training sample is known, "" where the settings name none: a digest of the file
    and of all that says how it is read.

    Errors: StoreError when the file cannot be read.
    """
    if not settings.training.file:
        return ""
    shape = [
        settings.label, settings.prediction, settings.score, settings.time, settings.id,
        settings.clocks.drift,
    ]  # fmt: skip
    about = hashlib.sha256(msgspec.json.encode(shape))
    about.update(digest_of(Path(settings.training.file)))
    return about.hexdigest()[:16]


def trained(baseline: Baseline, settings: ModelSettings, key: str) -> Baseline:
    """A baseline that knows the training sample of this key; none, where that is "".

    Errors: UsageError when the file cannot be read, or shares no column with events.
    """
    if not key:
        return replace(baseline, training=None)
    path = Path(str(settings.training.file))
    if is_profile_file(path):
        raise UsageError(
            f"training {str(path)!r}", "is a profile, counted in other bins", want="rows"
        )
    return replace(baseline, training=_read(open_source(path), baseline, settings, key))


def _read(file: Source, baseline: Baseline, settings: ModelSettings, key: str) -> Training:
    source = renamed(file, settings, all_there=False)
    there, parents = source.arrow_schema.names, parents_of(baseline.schema)
    kept = [name for name in baseline.columns if parents.get(name, name) in there]
    if not kept:
        raise UsageError(
            f"training {file.name!r}", "shares no column with events",
            got=", ".join(there[:20]), want=", ".join(baseline.columns[:20]),
        )  # fmt: skip
    profile = profile_source(source, baseline)
    cells = {at: cell for at, cell in profile.cells.items() if at[0] in kept}
    sample = one_batch(source.sample(SAMPLE))
    derived = deriving(baseline).apply(sample)
    return Training(
        key,
        file.name,
        replace(profile, cells=cells, joints={}, window=None),
        quantiles_of(derived, baseline, kept),
        sample.num_rows,
        _windows(source, settings),
        tuple(name for name in _served(baseline) if parents.get(name, name) not in there),
        _unserved(there, baseline, settings),
    )


def _windows(source: Source, settings: ModelSettings) -> int:
    """How many windows of the drift clock the rows of a sample come from; 0 where it has no
    times."""
    if columns.TIME not in source.arrow_schema.names:
        return 0
    width, found = settings.clocks.widths[2], np.zeros(0, np.int64)
    for batch in timed(source.batches([columns.TIME]), columns.TIME):
        times = batch.filter(batch.column(0).is_valid())
        found = np.union1d(found, instants(times, columns.TIME) // width)
    return len(found)


def _served(baseline: Baseline) -> list[str]:
    """The columns of serving that training should have, too."""
    schema = baseline.schema
    return [
        name
        for name in baseline.columns
        if name not in schema or schema[name].role not in OF_SERVING
    ]


def _unserved(there: list[str], baseline: Baseline, settings: ModelSettings) -> tuple[str, ...]:
    """The columns of training that events never brought, and should."""
    declared = declared_schema(settings)
    absent = {
        field.name
        for field in (declared.fields if declared else ())
        if SERVING not in field.environments
    }
    known = {*baseline.schema.names, *absent, columns.ID, columns.TIME, columns.LABEL}
    return tuple(name for name in there if name not in known)

"""What a baseline is held together with: a training sample, a schema of served rows.

Owns: the table of them: under which key each is known, how it comes to a baseline.  Does not own:
reading them (`engine.trained`, `engine.fitting`), when (`engine.runner`), going on with them
(`engine.learning`).

Neither shapes bins or counts of columns, so the same baseline goes on with another one.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from vedette.core.errors import UsageError
from vedette.derive.checks.served import Served
from vedette.engine.fitting import declared_schema
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import SCHEMA, TRAINING
from vedette.engine.trained import trained, training_key
from vedette.profiles.baseline import Baseline


class Beside(NamedTuple):
    """One of them.

    `key` is "" where the settings name none; `known` the key of what a baseline has; `added` a
    baseline with what has this key, or without any; `early` says that it is wanted in a warm-up.
    Errors: UsageError, SchemaError and StoreError where it cannot be read.
    """

    key: Callable[[ModelSettings], str]
    known: Callable[[Baseline], str]
    added: Callable[[Baseline, ModelSettings, str], Baseline]
    early: bool


def schema_key(settings: ModelSettings) -> str:
    """The fingerprint of the declared schema."""
    schema = declared_schema(settings)
    return "" if schema is None else schema.fingerprint


def checked(baseline: Baseline, settings: ModelSettings, key: str) -> Baseline:
    """A baseline that knows what is declared of served rows.

    Errors: UsageError where a column of events has the name of a derived one.
    """
    schema = declared_schema(settings) if key else None
    for name in () if schema is None else Served.of(schema).columns:
        if name in baseline.schema:
            raise UsageError(f"column {name!r}", "has the name of a column that checks are kept in")
    return replace(baseline, checks=schema)


BESIDE: Mapping[str, Beside] = MappingProxyType(
    {
        TRAINING: Beside(
            training_key, lambda b: "" if b.training is None else b.training.key, trained, False
        ),
        SCHEMA: Beside(
            schema_key, lambda b: "" if b.checks is None else b.checks.fingerprint, checked, True
        ),
    }
)

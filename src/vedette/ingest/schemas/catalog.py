"""Every format of another tool that a schema is read from and written to.

Owns: the literal table, and telling formats apart.  Does not own: reading and writing them.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import yaml

from vedette.core.errors import UsageError, nearest
from vedette.core.schema import Schema
from vedette.ingest.schemas import (
    expectations,
    expectations_written,
    mlflow,
    mlflow_written,
    pandera,
    pandera_written,
    tfdv,
    tfdv_written,
)
from vedette.ingest.schemas.translated import Translated


class Format(msgspec.Struct, frozen=True):
    """How a format is read and written, and which library's objects are of it."""

    read: Callable[[Any, str], Translated[Schema]]
    write: Callable[[Schema], Translated[str]]
    packages: tuple[str, ...]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "tfdv": Format(tfdv.read, tfdv_written.write, ("tensorflow_metadata",)),
        "great-expectations": Format(
            expectations.read, expectations_written.write, ("great_expectations",)
        ),
        "pandera": Format(pandera.read, pandera_written.write, ("pandera",)),
        "mlflow": Format(mlflow.read, mlflow_written.write, ("mlflow",)),
    }
)


def format_of(name: str) -> Format:
    """A format by its name.  Errors: UsageError with the nearest known one."""
    if name not in FORMATS:
        hint = nearest(name, FORMATS)
        known = f"one of {', '.join(FORMATS)}"
        raise UsageError("format", "is not known", got=repr(name), want=known, hint=hint)
    return FORMATS[name]


def format_of_object(value: object) -> str:
    """The format of an object of another library, or of a dict; "" for none.

    Example:
        >>> format_of_object({"expectations": []}), format_of_object({"signature": {}})
        ('great-expectations', 'mlflow')
    """
    if isinstance(value, Mapping):
        return _format_of_keys(value)
    classes = value.__mro__ if isinstance(value, type) else type(value).__mro__
    packages = {base.__module__.partition(".")[0] for base in classes}
    return next((name for name, one in FORMATS.items() if packages & set(one.packages)), "")


def format_of_bytes(data: bytes) -> str:
    """The format of a file's bytes; "" for none.

    Example:
        >>> format_of_bytes(b'feature { name: "x" }'), format_of_bytes(b"schema_type: dataframe")
        ('tfdv', 'pandera')
        >>> format_of_bytes(b"version: 1")
        ''
    """
    try:
        text = data.decode("utf-8")
        if "\0" in text or "\x01" in text:  # a message's lengths are such characters
            return "tfdv"
        document = yaml.safe_load(text)  # JSON is YAML, too
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        return "tfdv"
    except (yaml.YAMLError, RecursionError, ValueError):
        document = None
    if isinstance(document, Mapping):
        found = _format_of_keys(document)
        if found:
            return found
    first = _FIRST_WORD.match(text)
    return "tfdv" if first is not None and first[1] in _MESSAGE else ""


def _format_of_keys(document: Mapping[Any, Any]) -> str:
    return next((name for key, name in _KEYS.items() if key in document), "")


_FIRST_WORD = re.compile(r"(?:\s+|#.*\n)*([a-z_]+)")  # but for comments
_KEYS = {
    "expectations": "great-expectations",
    "schema_type": "pandera",
    "signature": "mlflow",
    "inputs": "mlflow",
    "outputs": "mlflow",
}
# What a text form of tensorflow-metadata's Schema begins with.
_MESSAGE = (
    "feature", "sparse_feature", "weighted_feature", "string_domain", "float_domain", "int_domain",
    "default_environment", "represent_variable_length_as_ragged", "annotation",
    "dataset_constraints", "tensor_representation_group",
)  # fmt: skip

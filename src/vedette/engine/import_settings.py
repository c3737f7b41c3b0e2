"""What an operator may decide about folders whose files are taken in as they come.

Owns: the settings under `imports`, files that say what columns are.  Does not own: kinds of file
(`ingest.readers`), going through them (`engine.importer`).
"""

from collections.abc import Mapping

import msgspec

from vedette.core.durations import SECOND, nanoseconds
from vedette.core.errors import SettingsError
from vedette.engine.yaml_struct import convert, known
from vedette.ingest.readers.catalog import kind_of
from vedette.ingest.readers.mapping import Columns
from vedette.ingest.readers.record import Given
from vedette.ingest.readers.settings import given_of


class ImportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set of files, read by the server as they grow and new ones come.

    `path` is a folder, a glob or a file; what `vedette import` takes as flags is set alike:
    `model`, `version`, `sample`, `features`, `zone`, and `columns` of tables.
    """

    kind: str
    path: str
    model: str = ""
    version: str = ""
    sample: float | None = None
    features: tuple[str, ...] = ()
    zone: str = "UTC"
    columns: Columns | None = None
    every: str = "5s"

    def __post_init__(self) -> None:
        kind_of(self.kind)
        if self.every_ns < SECOND // 10:
            raise SettingsError("imports", "every is too short", got=self.every, want="100ms up")
        assert self.given is not None

    @property
    def every_ns(self) -> int:
        """Nanoseconds between two looks."""
        return nanoseconds(self.every, "imports, every")

    @property
    def given(self) -> Given:
        """What is said of the files.  Errors: SettingsError for what cannot be meant."""
        return given_of(
            self.kind, model=self.model, version=self.version, sample=self.sample,
            features=self.features, zone=self.zone, columns=self.columns,
        )  # fmt: skip


def load_columns(text: str, where: str) -> Columns:
    """Read what columns are from YAML.

    Errors: SettingsError with the line, and the nearest known name.
    Example:
        >>> load_columns("{id: request, time: {column: at, zone: Europe/Berlin}}", "map").time.zone
        'Europe/Berlin'
    """
    from vedette.core.yaml import read_yaml

    read = read_yaml(text, where)
    given: Mapping[str, object] = read.value
    known(given, Columns, where, read.lines)
    return convert(given, Columns, where)

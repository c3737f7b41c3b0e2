"""Profiles on disk.

Owns: writing and reading the files that `profiles.codec` defines.  Does not own: the bytes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.core.errors import StoreError, UsageError
from vedette.engine.output import write_bytes
from vedette.profiles.baseline import Baseline
from vedette.profiles.codec import MAGIC, decode, encode
from vedette.profiles.profile import Profile

SUFFIX = ".vdp"


@dataclass(frozen=True)
class ProfileFile:
    """A profile together with the baseline it was made under."""

    name: str
    baseline: Baseline
    profile: Profile


def save(path: str | Path, baseline: Baseline, profile: Profile | None = None) -> None:
    """Write a profile with its baseline; without one, the reference's own.

    Errors: StoreError when the file cannot be written; an existing file is replaced at once or not
    at all.
    """
    write_bytes(path, encode(baseline, profile or baseline.profile))


def load(path: str | Path) -> ProfileFile:
    """Read a profile file.

    Errors: UsageError when there is no such file, StoreError when it is damaged or of a newer
    version.
    """
    source = Path(path)
    try:
        data = source.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"file {str(source)!r}", "there is no such file") from None
    except OSError as error:
        raise StoreError(f"file {str(source)!r}", "cannot be read", got=error.strerror) from None
    baseline, profile = decode(data, f"file {str(source)!r}")
    return ProfileFile(source.name, baseline, profile)


def is_profile_file(data: Any) -> bool:
    """Whether something is a path to a profile file, by its suffix or its first bytes."""
    if not isinstance(data, str | Path):
        return False
    path = Path(data)
    if path.suffix == SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False

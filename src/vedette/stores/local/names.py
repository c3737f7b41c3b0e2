"""Names of files and folders.

Owns: how a model, a day and a file are spelt under the data folder.  Does not own: their content.
"""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b

DAY = 24 * 3600 * 10**9
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST = 120  # characters; most file systems stop at 255 bytes


def folder_of(model: str) -> str:
    """Spell a model's name as a folder that is safe on any file system.

    Small letters, digits, `-` and `_` stand for themselves, every other byte as `%XX`; a name that
    gets too long is cut and closed with its digest.

    Example:
        >>> folder_of("fraud"), folder_of("../Etc")
        ('fraud', '%2E%2E%2F%45tc')
    """
    spelt = "".join(
        character if character in _SAFE else "".join(f"%{byte:02X}" for byte in character.encode())
        for character in model
    )
    if len(spelt) > _LONGEST:
        spelt = f"{spelt[:_LONGEST]}%{blake2b(model.encode(), digest_size=16).hexdigest()}"
    return spelt or "%"


def day_of(day: int) -> str:
    """Spell a day, counted from 1970-01-01.

    Example:
        >>> day_of(0), day_of(20_000)
        ('1970-01-01', '2024-10-04')
    """
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")

"""Opening a channel: its address and secrets, read where the settings say they are.

Owns: reading secrets from the environment and files.  Does not own: settings (`alerts.routes`).
They are read anew for every message, so that a replaced secret needs no restart.
"""

import os
from collections.abc import Callable
from pathlib import Path

from vedette.alerts.notify.sending import Target
from vedette.alerts.routes import Channel, Secret
from vedette.core.errors import SettingsError


def read_secret(secret: Secret) -> str:
    """Read a secret.  Errors: SettingsError when it is not there, or empty; it names the place."""
    if secret.env:
        value, where = os.environ.get(secret.env, ""), f"variable {secret.env}"
    else:
        where = f"file {secret.file}"
        try:
            value = Path(secret.file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(where, "no secret can be read", got=type(error).__name__) from None
    if not value.strip():
        raise SettingsError(where, "holds no secret")
    return value.strip()


def open_target(name: str, channel: Channel, read: Callable[[Secret], str] = read_secret) -> Target:
    """Read what a channel needs.  Errors: SettingsError when a secret is not there."""
    address = channel.address
    if isinstance(address, Secret):
        addresses: tuple[str, ...] = tuple(read(address).split())
    else:
        addresses = (address,) if isinstance(address, str) else address
    given = (channel.secret, channel.old_secret)
    return Target(name, channel, addresses, tuple(read(one) for one in given if one is not None))

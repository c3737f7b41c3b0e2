"""Where else OTLP is listened for.

Owns: the settings of its own ports.  Does not own: listening (`cli.serve`), OTLP.
"""

import msgspec

from vedette.core.errors import SettingsError


class OtlpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ports of OTLP besides the server's own, which always takes it over HTTP; 0 is none.

    They are bound to the server's host, and ask for the same keys.
    """

    http_port: int = 0  # senders expect 4318
    grpc_port: int = 0  # senders expect 4317; needs the extra `grpc`

    def __post_init__(self) -> None:
        for name in ("http_port", "grpc_port"):
            port = getattr(self, name)
            if not 0 <= port <= 65535:
                raise SettingsError("otlp", f"{name} is no port", got=port, want="0 to 65535")
        if self.http_port and self.http_port == self.grpc_port:
            raise SettingsError("otlp", "two ports are the same", got=self.http_port)

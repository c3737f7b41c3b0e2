"""Units of OpenTelemetry's metrics, and what brings them to base units.

Owns: the table.  Does not own: which metrics there are.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Spelt as in UCUM, which OpenTelemetry prescribes; those not named are left as they are.
FACTORS: Mapping[str, float] = MappingProxyType(
    {
        "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400.0,  # seconds
        "kBy": 1e3, "MBy": 1e6, "GBy": 1e9, "KiBy": 2.0**10, "MiBy": 2.0**20, "GiBy": 2.0**30,
        "bit": 0.125,  # bytes
        "%": 0.01,  # ratios
        "mW": 1e-3, "kW": 1e3, "mJ": 1e-3, "kJ": 1e3, "kW.h": 3.6e6,
    }
)  # fmt: skip


def factor(unit: str) -> float:
    """What values of a unit are multiplied by.

    Example:
        >>> factor("ms"), factor("By"), factor("%")
        (0.001, 1.0, 0.01)
    """
    return FACTORS.get(unit, 1.0)

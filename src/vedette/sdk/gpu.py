"""What NVIDIA GPUs do, as NVML says.

Owns: utilisation, memory, power, energy, temperature, throttling of each GPU.  Does not own: when
they are asked (`sdk.resource_watch`).  Needs the extra `gpu` (nvidia-ml-py) and a driver.

NVML counts in per cent, milliwatts and millijoules; what comes out is in shares, watts and joules.
What a GPU does not tell, as parts of one (MIG) do not, is left out.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from vedette.core.errors import UsageError

# Bits of the reasons why clocks are lower than they could be (nvml.h, nvmlClocksEventReasons).
SOFTWARE_POWER_CAP = 0x4
HARDWARE_SLOWDOWN, SOFTWARE_THERMAL, HARDWARE_THERMAL, POWER_BRAKE = 0x8, 0x20, 0x40, 0x80
TOO_HOT = HARDWARE_SLOWDOWN | SOFTWARE_THERMAL | HARDWARE_THERMAL | POWER_BRAKE
TEMPERATURE_GPU = 0  # the sensor of the chip


def library() -> Any:
    """The library that asks the driver; None where it is not installed."""
    try:
        return import_module("pynvml")
    except ImportError:
        return None


class Gpus:
    """The GPUs of this machine, to be asked in the process that made this.

    Errors: UsageError without the package or a driver.
    """

    def __init__(self) -> None:
        self._nvml: Any = library()
        if self._nvml is None:
            raise UsageError(
                "gpu", "cannot be asked without nvidia-ml-py", hint="pip install 'vedette[gpu]'"
            )
        try:
            self._nvml.nvmlInit()
        except self._nvml.NVMLError as error:
            raise UsageError("gpu", "there is no driver to ask", got=str(error)) from None
        count = self._nvml.nvmlDeviceGetCount()
        self._gpus = [self._nvml.nvmlDeviceGetHandleByIndex(at) for at in range(count)]
        self._energy: dict[int, float] = {}

    def sample(self) -> dict[str, float]:
        """Readings of every GPU now; of energy what was used since the sample before."""
        found: dict[str, float] = {}
        for at, gpu in enumerate(self._gpus):
            for name, value in self._of(at, gpu).items():
                found[f"gpu.{at}.{name}"] = value
        return found

    def close(self) -> None:
        """Let go of the driver."""
        self._told(self._nvml.nvmlShutdown)

    def _of(self, at: int, gpu: Any) -> dict[str, float]:
        nvml, found = self._nvml, {}
        if (rates := self._told(nvml.nvmlDeviceGetUtilizationRates, gpu)) is not None:
            found["utilization"] = rates.gpu / 100
        if (memory := self._told(nvml.nvmlDeviceGetMemoryInfo, gpu)) is not None and memory.total:
            found["memory.bytes"] = float(memory.used)
            found["memory.utilization"] = memory.used / memory.total
        if (power := self._told(nvml.nvmlDeviceGetPowerUsage, gpu)) is not None:
            found["power_w"] = power / 1000
        if (energy := self._told(nvml.nvmlDeviceGetTotalEnergyConsumption, gpu)) is not None:
            before = self._energy.get(at)
            self._energy[at] = energy / 1000
            if before is not None and energy / 1000 >= before:  # else the driver began anew
                found["energy_j"] = energy / 1000 - before
        heat = self._told(nvml.nvmlDeviceGetTemperature, gpu, TEMPERATURE_GPU)
        if heat is not None:
            found["temperature_c"] = float(heat)
        reasons = self._told(self._reasons, gpu)
        if reasons is not None:
            found["throttled"] = float(bool(reasons & TOO_HOT))
            found["power_capped"] = float(bool(reasons & SOFTWARE_POWER_CAP))
        return found

    @property
    def _reasons(self) -> Callable[[Any], Any]:
        """Called otherwise before release 535 of the driver."""
        name = "nvmlDeviceGetCurrentClocks{}Reasons"
        newer = getattr(self._nvml, name.format("Event"), None)
        return newer or getattr(self._nvml, name.format("Throttle"))  # type: ignore[no-any-return]

    def _told(self, ask: Callable[..., Any], *about: Any) -> Any:
        """What NVML answers; None where it does not."""
        try:
            return ask(*about)
        except self._nvml.NVMLError:
            return None

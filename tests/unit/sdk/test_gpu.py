"""GPUs as NVML tells of them: units, what a GPU does not tell, old and new drivers, none at all.

The module is faked, as its functions and constants are in nvidia-ml-py; on a machine with a GPU the
last test asks the real one.
"""

import sys
import types

import pytest

from vedette.core.errors import UsageError
from vedette.sdk.gpu import Gpus
from vedette.sdk.resource_watch import ResourceWatch

MIB = 1 << 20


class NVMLError(Exception):
    pass


class Device:
    def __init__(self, **told):
        self.told = told


def fake(monkeypatch, *devices, newer=True, driver=True):
    """Put a module in place of `pynvml` that tells what the devices hold."""
    made = types.ModuleType("pynvml")
    made.NVMLError = NVMLError

    def init():
        if not driver:
            raise NVMLError("NVML Shared Library Not Found")

    def asked(name, *_):
        def ask(device, *_):
            if name not in device.told:
                raise NVMLError("Not Supported")
            return device.told[name]

        return ask

    made.nvmlInit = init
    made.nvmlShutdown = lambda: None
    made.nvmlDeviceGetCount = lambda: len(devices)
    made.nvmlDeviceGetHandleByIndex = lambda at: devices[at]
    for name in ("UtilizationRates", "MemoryInfo", "PowerUsage", "TotalEnergyConsumption",
                 "Temperature"):  # fmt: skip
        setattr(made, f"nvmlDeviceGet{name}", asked(name))
    kind = "Event" if newer else "Throttle"
    setattr(made, f"nvmlDeviceGetCurrentClocks{kind}Reasons", asked("Reasons"))
    monkeypatch.setitem(sys.modules, "pynvml", made)
    return made


def whole(**other):
    told = {
        "UtilizationRates": types.SimpleNamespace(gpu=75, memory=40),
        "MemoryInfo": types.SimpleNamespace(total=80 * MIB, used=20 * MIB, free=60 * MIB),
        "PowerUsage": 350_500,
        "TotalEnergyConsumption": 9_000_000,
        "Temperature": 66,
        "Reasons": 0,
    }
    return Device(**told | other)


def test_units_are_ours(monkeypatch):
    device = whole()
    fake(monkeypatch, device)
    gpus = Gpus()
    found = gpus.sample()
    assert found == {
        "gpu.0.utilization": 0.75, "gpu.0.memory.bytes": 20 * MIB,
        "gpu.0.memory.utilization": 0.25, "gpu.0.power_w": 350.5, "gpu.0.temperature_c": 66.0,
        "gpu.0.throttled": 0.0, "gpu.0.power_capped": 0.0,
    }  # fmt: skip
    device.told["TotalEnergyConsumption"] += 700_000
    assert gpus.sample()["gpu.0.energy_j"] == pytest.approx(700.0)
    device.told["TotalEnergyConsumption"] = 5  # the driver was loaded anew
    assert "gpu.0.energy_j" not in gpus.sample()


@pytest.mark.parametrize("newer", [True, False])
@pytest.mark.parametrize(
    ("reasons", "throttled", "capped"),
    [(0x1, 0, 0), (0x2 | 0x10, 0, 0), (0x4, 0, 1), (0x8, 1, 0), (0x20, 1, 0), (0x40 | 0x4, 1, 1),
     (0x80, 1, 0)],
)  # fmt: skip
def test_idle_clocks_are_not_throttled(monkeypatch, newer, reasons, throttled, capped):
    fake(monkeypatch, whole(Reasons=reasons), newer=newer)
    found = Gpus().sample()
    assert (found["gpu.0.throttled"], found["gpu.0.power_capped"]) == (throttled, capped)


def test_what_a_gpu_does_not_tell_is_left_out(monkeypatch):
    """A GPU cut in parts tells no utilisation; the others are told as ever."""
    part = whole()
    for name in ("UtilizationRates", "Reasons", "TotalEnergyConsumption"):
        del part.told[name]
    fake(monkeypatch, part, whole())
    found = Gpus().sample()
    assert "gpu.0.utilization" not in found
    assert found["gpu.0.power_w"] == 350.5
    assert found["gpu.1.utilization"] == 0.75


def test_a_gpu_that_fell_off_the_bus_is_silent(monkeypatch):
    fake(monkeypatch, Device())
    gpus = Gpus()
    assert gpus.sample() == {}
    gpus.close()


def test_without_a_driver_it_says_so(monkeypatch):
    fake(monkeypatch, driver=False)
    with pytest.raises(UsageError, match="no driver"):
        Gpus()
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(UsageError, match=r"vedette\[gpu\]"):
        Gpus()


class Taken:
    """Takes readings, and what went wrong."""

    def __init__(self):
        self.readings, self.errors = {}, []

    def attempt(self, function, argument):
        try:
            return function(argument)
        except UsageError as error:
            self.errors.append(str(error))
            return None

    def put_reading(self, name, value, time):
        self.readings[name] = value


@pytest.mark.parametrize(
    ("gpu", "driver"), [(None, True), (True, True), (None, False), (True, False)]
)
def test_gpus_are_watched_where_there_are_any(monkeypatch, gpu, driver):
    fake(monkeypatch, whole(), driver=driver)
    taken, watch = Taken(), ResourceWatch(60.0, gpu)
    samplers = watch._samplers(taken)
    found = {name for one in samplers for name in one.sample()}
    assert ("gpu.0.power_w" in found) == driver
    assert "process.threads" in found
    assert bool(taken.errors) == (gpu is True and not driver)


def test_a_real_gpu_tells_what_it_does():
    pytest.importorskip("pynvml")
    try:
        gpus = Gpus()
    except UsageError as error:
        pytest.skip(str(error))
    found = gpus.sample() | gpus.sample()
    gpus.close()
    if not found:
        pytest.skip("the driver knows no GPU")
    assert 0 <= found["gpu.0.memory.utilization"] <= 1
    assert found["gpu.0.power_w"] < 5_000
    assert found.get("gpu.0.energy_j", 0.0) >= 0

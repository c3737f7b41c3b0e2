"""Metrics of machines, processes and GPUs, as OpenTelemetry's conventions name them."""

import pytest
from tests.unit.ingest.otlp.made import KINDS, NOW, PROTOBUF, SECOND, asked, encoded, metrics
from tests.unit.ingest.otlp.test_metrics import gauge, number, told, total

from vedette.ingest.otlp.metrics import MetricReader

MINUTE = 60 * SECOND


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cpu", "state"), [("cpu", "state"), ("cpu.logical_number", "cpu.mode")])
def test_states_of_all_processors_become_one_share(kind, cpu, state):
    shares = {(0, "idle"): 0.9, (0, "user"): 0.1, (1, "idle"): 0.2, (1, "iowait"): 0.1,
              (1, "system"): 0.7}  # fmt: skip
    points = [number(value, attributes={cpu: n, state: s}) for (n, s), value in shares.items()]
    found = told(MetricReader(), gauge("system.cpu.utilization", *points), kind=kind)
    assert found == {"resource.cpu.utilization": pytest.approx(0.4)}


def test_times_of_processors_tell_what_they_did_since_the_point_before():
    reader = MetricReader()

    def seen(at, idle, user):
        return told(reader, total(
            "system.cpu.time", number(idle, at, attributes={"cpu": "cpu0", "state": "idle"}),
            number(user, at, attributes={"cpu": "cpu0", "state": "user"}), unit="s"))  # fmt: skip

    assert seen(NOW, 1000.0, 50.0) == {}
    assert seen(NOW + MINUTE, 1045.0, 65.0) == {"resource.cpu.utilization": pytest.approx(0.25)}
    assert seen(NOW + 2 * MINUTE, 1045.0, 125.0) == {"resource.cpu.utilization": 1.0}


def test_memory_and_disks_say_what_is_used():
    def level(said, **labels):
        return [number(n, attributes={"state": state, **labels}) for state, n in said.items()]

    memory = level({"used": 30, "free": 50, "cached": 20})
    root = level({"used": 80, "free": 20, "reserved": 50}, device="sda1", mountpoint="/",
                 type="ext4")  # fmt: skip
    data = level({"used": 10, "free": 90}, device="sdb1", mountpoint="/data", type="xfs")
    tmp = level({"used": 99, "free": 1}, device="tmpfs", mountpoint="/tmp", type="tmpfs")
    found = told(
        MetricReader(),
        total("system.memory.usage", *memory, monotonic=False, unit="By"),
        total("system.filesystem.usage", *root, *data, *tmp, monotonic=False, unit="By"),
    )
    assert found == {
        "resource.memory.bytes": 30.0,
        "resource.memory.utilization": pytest.approx(0.3),
        "resource.disk.utilization": pytest.approx(0.8),
    }


def test_traffic_is_that_of_whole_disks_and_real_networks():
    reader = MetricReader()

    def seen(at, *said):
        disk = [number(n, at, attributes={"device": d, "direction": w}) for d, w, n in said]
        net = [number(n, at, attributes={"network.interface.name": d,
                                         "network.io.direction": "receive"})
               for d, n in (("lo", at // SECOND), ("eth0", 2 * (at // SECOND)))]  # fmt: skip
        return told(reader, total("system.disk.io", *disk), total("system.network.io", *net))

    seen(NOW, ("sda", "read", 0), ("sda1", "read", 0), ("sda", "write", 0))
    found = seen(NOW + MINUTE, ("sda", "read", 600), ("sda1", "read", 600), ("sda", "write", 60))
    assert found == {
        "resource.disk.read_bytes.rate": 10.0,
        "resource.disk.written_bytes.rate": 1.0,
        "resource.network.received_bytes.rate": 2.0,
    }


def test_processes_and_gpus_have_the_names_that_bounds_are_known_for():
    gpus = [number(value, attributes={"hw.id": name}) for name, value in (("b", 0.9), ("a", 0.5))]
    found = told(
        MetricReader(),
        gauge("process.cpu.utilization", number(0.5, attributes={"cpu.mode": "user"}),
              number(0.25, attributes={"cpu.mode": "system"})),
        total("process.memory.usage", number(2, attributes={}), monotonic=False, unit="MiBy"),
        gauge("hw.gpu.utilization", *gpus),
    )  # fmt: skip
    assert found == {
        "process.cpu.utilization": 0.75, "process.memory.bytes": 2.0**21,
        "gpu.0.utilization": 0.5, "gpu.1.utilization": 0.9,
    }  # fmt: skip


def test_what_says_less_keeps_its_own_name_and_moments_stay_apart():
    bare = gauge("system.cpu.utilization", number(0.5))
    assert told(MetricReader(), bare) == {"system.cpu.utilization": 0.5}
    odd = gauge("system.memory.utilization", number(0.5, attributes={"state": "free"}))
    assert told(MetricReader(), odd) == {"system.memory.utilization{state=free}": 0.5}
    reader, used = MetricReader(), {"state": "used"}
    two = gauge("system.memory.utilization", number(0.2, attributes=used),
                number(0.4, NOW + MINUTE, attributes=used))  # fmt: skip
    told(reader, two)  # its ids differ
    assert told(reader, two) == {"resource.memory.utilization": 0.4}


def test_a_body_that_comes_again_is_told_with_the_same_ids():
    point = number(0.4, attributes={"state": "used"})
    body = encoded(metrics(gauge("system.memory.utilization", point)), PROTOBUF)
    reader = MetricReader()
    first, second = (reader.read(body, asked(PROTOBUF)).models["shop"] for _ in range(2))
    assert first.metrics.equals(second.metrics)

"""What a process and its machine use: real numbers of this one, limits of containers, and the
thread that logs them."""

import gc
import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from tests.unit.sdk.test_metrics import Readings
from tests.unit.sdk.test_processes import in_child

from vedette.core.errors import UsageError
from vedette.sdk.cgroup import Container, container, own_group
from vedette.sdk.resources import Resources

NOWHERE = Path("/nowhere")
WATCHING = "vedette-resources"


@pytest.fixture
def readings(sink):
    return Readings(sink)


def watchers():
    return [thread for thread in threading.enumerate() if thread.name == WATCHING]


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))


def test_a_busy_process_is_seen_to_be_busy():
    clock = iter((10.0, 12.0))
    resources = Resources(cgroup=NOWHERE, clock=lambda: next(clock))
    first = resources.sample()
    assert "process.cpu.utilization" not in first  # a rate needs the sample before
    burn(0.2)
    found = resources.sample()
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    assert found["process.cpu.utilization"] == pytest.approx(0.2 / 2 / processors, rel=0.5)
    assert 0 < found["resource.cpu.utilization"] <= 1


def test_memory_and_files_are_those_of_this_process():
    found = Resources(cgroup=NOWHERE).sample()
    assert found["process.memory.bytes"] == pytest.approx(
        psutil.Process().memory_info().rss, rel=0.2
    )
    assert found["process.threads"] >= 1
    machine = psutil.virtual_memory()
    share = (machine.total - machine.available) / machine.total
    assert found["resource.memory.utilization"] == pytest.approx(share, abs=0.05)
    before = found["process.open_files"]
    with open(os.devnull), open(os.devnull):  # noqa: PTH123
        assert Resources(cgroup=NOWHERE).sample()["process.open_files"] >= before + 2


def test_a_file_that_is_written_is_traffic_of_the_disk(tmp_path):
    if psutil.disk_io_counters() is None:
        pytest.skip("this machine counts no traffic of disks")
    resources = Resources(disk=str(tmp_path), cgroup=NOWHERE)
    resources.sample()
    with (tmp_path / "file").open("wb") as file:
        file.write(os.urandom(4 << 20))
        file.flush()
        os.fsync(file.fileno())
    assert resources.sample()["resource.disk.written_bytes.rate"] > 0


def limited(folder, **files):
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)
    return folder


def test_a_container_is_as_large_as_it_may_be(tmp_path):
    root = limited(
        tmp_path, cpu_max="50000 100000", memory_max="1000000", memory_current="700000",
        memory_stat="anon 5\ninactive_file 200000\n", cpu_stat="usage_usec 1000000\nuser_usec 9\n",
    )  # fmt: skip
    assert container(root) == Container(0.5, 1.0, 1e6, 5e5)
    clock = iter((0.0, 4.0))
    resources = Resources(cgroup=root, clock=lambda: next(clock))
    first = resources.sample()
    assert first["resource.memory.utilization"] == 0.5
    assert first["resource.memory.bytes"] == 5e5
    limited(root, cpu_stat="usage_usec 2000000\n")
    assert resources.sample()["resource.cpu.utilization"] == 0.5  # 1 s in 4 s of half a processor


def test_a_container_without_limits_is_as_large_as_its_machine(tmp_path):
    root = limited(tmp_path, cpu_max="max 100000", memory_max="max", memory_current="5")
    assert container(root).cpus is None
    assert container(root).memory_limit is None
    found = Resources(cgroup=root).sample()
    assert found["resource.memory.bytes"] > 5


def test_a_service_has_a_group_of_its_own(tmp_path):
    own = tmp_path / "system.slice" / "model.service"
    own.mkdir(parents=True)
    told = tmp_path / "told"
    told.write_text("12:memory:/other\n0::/system.slice/model.service\n")
    assert own_group(tmp_path, told) == own
    told.write_text("0::/\n")
    assert own_group(tmp_path, told) == tmp_path
    told.write_text("0::/../other\n0::/gone\n")  # of a namespace that cannot be seen from here
    assert own_group(tmp_path, told) == tmp_path


@pytest.mark.parametrize("text", ["", "nonsense", "1 2 3", "\n"])
def test_broken_files_of_limits_say_nothing(tmp_path, text):
    names = ("cpu_max", "memory_max", "memory_current", "memory_stat", "cpu_stat")
    root = limited(tmp_path, **dict.fromkeys(names, text))
    assert container(root) == Container()


def test_a_client_logs_them_in_the_background(make, readings):
    client = make(flush_interval=0.05)
    client.watch_resources(every=0.1, gpu=False)
    until(lambda: "process.cpu.utilization" in {one.name for one in readings.sent})
    names = {one.name for one in readings.sent}
    assert {"resource.memory.utilization", "process.memory.bytes", "process.threads"} <= names
    assert not [name for name in names if name.startswith("gpu.")]
    assert client.close()
    until(lambda: not watchers())
    assert client.last_error == ""


def test_the_last_call_counts_and_nonsense_is_refused(make, readings):
    client = make(flush_interval=0.05)
    client.watch_resources(every=60, gpu=False)
    client.watch_resources(every=30, gpu=False)
    until(lambda: len(watchers()) == 1)
    for every in (0, -1, float("nan"), float("inf"), 1e12, "60", None):
        with pytest.raises(UsageError, match="every"):
            client.watch_resources(every=every)
    client.close(timeout=1)
    until(lambda: not watchers())


def test_a_client_that_nobody_holds_is_not_kept_by_it(make, readings, sink):
    from vedette.sdk import Client

    client = Client(sink.url, model="m", spool=False, flush_interval=0.05)
    client.watch_resources(every=60, gpu=False)
    until(watchers)
    del client
    gc.collect()
    until(lambda: not watchers())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_watches_itself_once_it_logs(make, readings):
    client = make(flush_interval=0.05)
    client.watch_resources(every=60, gpu=False)

    def child():
        idle = not watchers()
        client.log_metric("of the child", 1)
        until(lambda: client.counters.logged > 5)
        return 0 if idle and client.close(5) else 1

    until(lambda: readings.sent)
    assert in_child(child) == 0
    threads = [one for one in readings.sent if one.name == "process.threads"]
    assert len({one.id.partition("-")[0] for one in threads}) == 2  # one process each
    client.close(timeout=1)

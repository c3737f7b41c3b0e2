"""A disk that is full, read-only or somebody else's: the server says so, stays up and recovers.

Owns: the way from the disk to the answer of HTTP.  Does not own: the log alone (tests/laws).
"""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import time

import pytest
from tests.journeys.live_server import (
    MINUTE,
    SECOND,
    START,
    LiveServer,
    event,
    is_root,
    stored_ids,
)


def mount(*words):
    """Run mount; whether that worked."""
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 100 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if not (is_root() and shutil.which("mount")):
        pytest.skip("mounting a file system of its own needs root")
    if not mount("-t", "tmpfs", "-o", "size=100m", "vedette-test", str(place)):
        pytest.skip("this machine does not let tests mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def events(number, count=200):
    """A batch of events of a minute."""
    at = START + number * MINUTE
    return [event(f"{number}-{n}", at + n * SECOND // 5, n % 7) for n in range(count)]


def until(condition, seconds=30):
    """Wait for something; whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):  # turned away
            if condition():
                return True
        time.sleep(0.1)
    return False


def test_a_full_disk_refuses_events_and_recovers_by_itself(small_disk):
    with LiveServer(small_disk / "data") as server:
        for number in range(5):
            assert server.send("m", events(number))[0] == 200
        server.settled("m", 1000)
        filler = small_disk / "filler"
        free = os.statvfs(small_disk)
        with filler.open("wb") as file:  # all but 5 %
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - (5 << 20))
        status, headers, said = server.ask(
            "POST", "/v1/models/m/events", b'{"id": "lost", "features": {"amount": 1}}',
            {"content-type": "application/json"},
        )  # fmt: skip
        assert status == 507, (status, said)
        assert int(headers["retry-after"]) >= 1
        assert b"too little free space" in said
        assert server.get("/api/v1/models/m")["rows"] == 1000  # questions are answered
        assert server.get("/api/v1/models/m/events?limit=5")["events"]
        assert server.ask("GET", "/livez")[0] == 200
        status, _, why = server.ask("GET", "/readyz")
        assert status == 503
        assert b"too little free space" in why
        filler.unlink()
        assert until(lambda: server.ask("GET", "/readyz")[0] == 200)  # though nobody sends
        assert server.send("m", events(5))[0] == 200
        assert server.settled("m", 1200)["rows"] == 1200
        assert server.stop() == 0
    assert len(stored_ids(server.data, "m")) == 1200


def test_a_disk_without_one_free_byte(small_disk):
    """The reserve is there for the state; when something else took it, nothing breaks either."""
    with LiveServer(small_disk / "data") as server:
        for number in range(61):
            assert server.send("m", events(number, 20))[0] == 200
        server.settled("m", 1220)
        filler = small_disk / "filler"
        with filler.open("wb", 0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        assert server.send("m", events(61, 20))[0] in (503, 507)
        assert server.get("/api/v1/models/m")["rows"] == 1220
        time.sleep(1.0)
        assert server.ask("GET", "/livez")[0] == 200
        filler.unlink()
        assert until(lambda: server.send("m", events(62, 20))[0] == 200)
        assert server.settled("m", 1240)["rows"] == 1240
        server.kill()
        server.start()
        assert server.settled("m", 1240)["rows"] == 1240
    assert set(stored_ids(server.data, "m").values()) == {1}


def test_a_disk_that_turns_read_only(small_disk):
    with LiveServer(small_disk / "data") as server:
        assert server.send("m", events(0))[0] == 200
        server.settled("m", 200)
        if not mount("-o", "remount,ro", "--force", str(small_disk)) and not mount(
            "-o", "remount,ro", str(small_disk)
        ):
            server.kill()
            read_only_folder(server)
            return
        try:
            status, said = server.send("m", events(1))
            assert status in (503, 507)
            assert "read" in said["error"]["message"].lower()
            assert server.get("/api/v1/models/m")["rows"] == 200
        finally:
            mount("-o", "remount,rw", str(small_disk))
        assert until(lambda: server.send("m", events(1))[0] == 200)


def read_only_folder(server):
    """A tmpfs with open files cannot become read-only: then one that is so from the start."""
    disk = server.data.parent
    assert mount("-o", "remount,ro", str(disk)), "not even without open files"
    try:
        with pytest.raises(RuntimeError, match=r"(?i)read-only"):
            server.start()
    finally:
        mount("-o", "remount,rw", str(disk))
    server.start()
    assert server.send("m", events(1))[0] == 200
    assert server.settled("m", 400)["rows"] == 400


def test_a_second_server_on_the_same_folder_refuses(tmp_path):
    with LiveServer(tmp_path / "data") as server:
        with pytest.raises(RuntimeError, match="in use by another vedette server"):
            LiveServer(tmp_path / "data")
        assert server.send("m", events(0))[0] == 200


def test_without_file_descriptors_requests_are_shed_and_nothing_breaks(tmp_path):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

    with LiveServer(tmp_path / "data", preexec_fn=few) as server:
        assert server.send("m", events(0))[0] == 200
        held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        time.sleep(1.0)
        assert server.process.poll() is None
        for one in held:
            one.close()
        assert until(lambda: server.send("m", events(1))[0] == 200)
        assert server.settled("m", 400)["rows"] == 400
        assert server.stop() == 0
    assert set(stored_ids(server.data, "m").values()) == {1}

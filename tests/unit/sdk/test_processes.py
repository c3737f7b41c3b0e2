"""Forks, exits and kills: what a process had logged is sent, kept on disk, or counted."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from vedette.sdk import Client

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def in_child(work) -> int:
    """Run something in a fork of this process; its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + 30
    while (done := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return -9
        time.sleep(0.001)
    return os.waitstatus_to_exitcode(done[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_sends_its_own_events_and_not_its_parents(make, sink, tmp_path):
    client = make(spool=tmp_path, flush_interval=0.1)
    client.log({"who": "parent"}, id="before")

    def child() -> int:
        assert client.counters.logged == 0
        client.log({"who": "child"}, id="child")
        return 0 if client.flush(20) and client.close(5) else 1

    assert in_child(child) == 0
    client.log({"who": "parent"}, id="after")
    assert client.flush()
    assert set(sink.events) == {"before", "child", "after"}
    assert sorted(sink.order) == sorted(sink.events)  # none of them twice
    senders = {one["Vedette-Client"].split("/")[0] for one in sink.requests}
    assert len(senders) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_200_forks_of_a_busy_process_do_not_hang(make, sink, tmp_path):
    client = make(spool=tmp_path)
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            client.log({"a": 1})
            time.sleep(0.0002)

    threads = [threading.Thread(target=busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for n in range(200):

            def child(n: int = n) -> int:
                client.log({"n": n}, id=f"child-{n}")
                if n % 10:
                    return 0
                return 0 if client.close(20) else 1

            assert in_child(child) == 0, n
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert {f"child-{n}" for n in range(0, 200, 10)} <= set(sink.events)


def log_in_worker(client: Client, n: int) -> None:
    client.log({"n": n}, id=f"worker-{n}")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_workers_of_multiprocessing_flush_when_they_end(make, sink, until):
    client = make(flush_interval=30)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=log_in_worker, args=(client, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
        assert worker.exitcode == 0
    assert set(sink.events) == {f"worker-{n}" for n in range(4)}


def script(sink, tmp_path, body: str, **options: str) -> subprocess.CompletedProcess[str]:
    """Run a little program that has a client."""
    text = f"""
        import os, signal, sys, threading, time
        from vedette.sdk import Client
        client = Client({sink.url!r}, "fraud", spool={str(tmp_path)!r}, flush_interval=30)
    """
    program = textwrap.dedent(text) + textwrap.dedent(body)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise RuntimeError('x')"])
def test_the_end_of_a_program_flushes(sink, tmp_path, end):
    done = script(sink, tmp_path, f"for n in range(100): client.log({{'n': n}})\n{end}")
    assert len(sink.events) == 100, done.stderr
    assert list(tmp_path.rglob("*")) == [tmp_path / os.listdir(tmp_path)[0]]  # noqa: PTH208


def test_the_end_of_a_program_without_a_server_is_quick_and_keeps_all(sink, tmp_path):
    sink.stop()
    start = time.monotonic()
    done = script(sink, tmp_path, "for n in range(100): client.log({'n': n})")
    assert time.monotonic() - start < 5
    assert done.returncode == 0, done.stderr
    sink.start()
    with Client(sink.url, "fraud", spool=tmp_path) as client:
        client.log({"n": 100})
        assert client.flush()
        assert client.counters.lost_before == 0
    assert {event.features["n"] for event in sink.events.values()} == set(range(101))


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_killed_program_loses_at_most_the_queue_and_the_next_one_counts_it(sink, tmp_path, end):
    done = script(
        sink,
        tmp_path,
        f"""
        for n in range(100): client.log({{"n": n}})
        assert client.flush()
        for n in range(37): client.log({{"n": n}})
        {end}
        """,
    )
    assert done.returncode in (0, -9), done.stderr
    assert len(sink.events) == 100
    said = []
    with Client(sink.url, "fraud", spool=tmp_path, on_error=said.append) as client:
        client.log({"n": 0})
        assert client.flush()
        assert client.counters.lost_before == client.counters.dropped == 37
    assert said == ["37 events were lost in a process that was killed"]
    assert sink.requests[-1]["Vedette-Client-Dropped"] == "37"


def test_what_was_on_disk_survives_a_kill(sink, tmp_path):
    sink.stop()
    done = script(
        sink,
        tmp_path,
        """
        for n in range(100): client.log({"n": n})
        client.flush(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    assert done.returncode == -9
    sink.start()
    with Client(sink.url, "fraud", spool=tmp_path) as client:
        client.log({"n": 100})
        assert client.flush()
        assert client.counters.dropped == 0
    assert {event.features["n"] for event in sink.events.values()} == set(range(101))
    assert len(sink.order) == 101


def test_logging_from_a_signal_handler_does_not_hang(sink, tmp_path):
    done = script(
        sink,
        tmp_path,
        """
        client = Client(client._line.options.url, "fraud", spool=False, queue_events=50)
        def handler(*_): client.log({"signal": 1}); client.counters
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        end = time.monotonic() + 1
        while time.monotonic() < end:
            for n in range(100): client.log({"n": n})
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert sum("pack" in thread.name for thread in threading.enumerate()) == 1
        """,
    )
    assert done.returncode == 0, done.stderr
    assert sink.events


def test_sending_loads_no_array_library(sink, tmp_path):
    done = script(
        sink,
        tmp_path,
        """
        client.log({"a": 1.5}, prediction=True)
        assert client.flush()
        print([name for name in ("numpy", "pyarrow", "pandas", "duckdb") if name in sys.modules])
        """,
    )
    assert done.stdout == "[]\n", done.stderr

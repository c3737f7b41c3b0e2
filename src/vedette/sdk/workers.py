"""The two background threads of a client in one process, from their start to their end.

Owns: starting, flushing, ending them, and what a fork leaves of them.  Does not own: what they do.
"""

import atexit
import os
import sys
import threading
from collections import deque
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from vedette.sdk.backlog import Backlog
from vedette.sdk.items import Coder
from vedette.sdk.options import Options
from vedette.sdk.packer import Packer
from vedette.sdk.queued import Attempt, Bell, Fence, Load
from vedette.sdk.sender import Sender
from vedette.sdk.spool import folder_of
from vedette.sdk.tally import Tally, blank
from vedette.sdk.transport import Transport

EXIT_S = 5.0  # the longest that an ending process is held up
PATIENCE_S = 0.05  # between two looks of a thread that is asked to end


class Workers:
    """Everything behind the queue."""

    def __init__(
        self,
        options: Options,
        queue: deque[Any],
        load: Load,
        bell: Bell,
        tally: Tally,
        process: str,
        attempt: Attempt,
    ) -> None:
        self.options, self.queue, self.bell, self.tally = options, queue, bell, tally
        self.process, self.attempt = process, attempt
        self.pid = os.getpid()
        self.backlog = Backlog(tally, options.queue_bytes)
        coder = Coder(options.model, options.version)
        self.packer = Packer(queue, load, coder, self.backlog, tally, process, attempt)
        transport = Transport(
            options.url, options.model, options.api_key, options.timeout, options.ssl_context
        )
        luck = Random(int.from_bytes(os.urandom(8), "big"))  # noqa: S311 - spreads retries
        self.sender = Sender(self.backlog, transport, tally, process, luck)
        self._is_retired = self._is_over = False
        self._is_all_taken = True
        self._at_end: Any = None
        self._threads = [
            threading.Thread(target=self._pack, name="vedette-pack", daemon=True),
            threading.Thread(target=self._send, name="vedette-send", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads; at the end of the process what is left will be flushed."""
        for thread in self._threads:
            thread.start()
        self._expect_the_end()

    def _expect_the_end(self) -> None:
        atexit.register(self.close)
        # Workers of multiprocessing end without atexit, but not without this.
        ends = sys.modules.get("multiprocessing.util")
        if ends is not None:
            self._at_end = ends.Finalize(None, self.close, exitpriority=100)

    def _expect_no_end(self) -> None:
        atexit.unregister(self.close)
        if self._at_end is not None:
            self._at_end.cancel()

    def _pack(self) -> None:
        if self.options.spool is not None:
            self.attempt(self._open_spool, self.options.spool)
        while not self._is_over:
            self.bell.listen(self.options.flush_interval)
            self.attempt(lambda _: self.packer.drain(), None)
            if self._is_retired and not self.queue and not self.backlog.rows:
                self.attempt(lambda _: self._end(), None)

    def _open_spool(self, root: Path) -> None:
        folder = folder_of(root, self.options.url, self.options.model)
        self.backlog.open_spool(folder, self.process, self.options.spool_bytes)
        numbers = self.backlog.numbers()
        if numbers is not None:
            self.tally.mark_in(numbers)

    def _send(self) -> None:
        while not self.sender.is_over:
            if not self.attempt(lambda _: self.sender.step(), None):
                self.sender.rest()
        self.sender.transport.close()

    def flush(self, timeout: float, patient: bool = True) -> bool:
        """Wait until the server has taken all that was logged before; False when time is up."""
        if self._is_over:
            return self._is_all_taken
        end = monotonic() + timeout
        fence = Fence()
        self.queue.append(fence)
        self.bell.ring()
        self.sender.nudge()
        if not fence.is_reached.wait(max(0.0, timeout)):
            return False
        return self.backlog.wait_for(fence.sequence, max(0.0, end - monotonic()), patient)

    def close(self, timeout: float = EXIT_S) -> bool:
        """Flush, put on disk what the server has not taken, end the threads.

        Returns: whether the server has taken everything.
        """
        if os.getpid() != self.pid:  # a child of the process that owns these threads
            return True
        if self._is_over:
            return self._is_all_taken
        end = monotonic() + timeout
        self._is_all_taken = self.flush(timeout, patient=False)
        self._is_over = True
        self.bell.ring()
        self._threads[0].join(max(PATIENCE_S, end - monotonic()))
        if not self._threads[0].is_alive():
            self.attempt(lambda _: self.packer.drain(), None)
        self._end()
        self._threads[1].join(PATIENCE_S)
        return self._is_all_taken

    def _end(self) -> None:
        """Leave the disk in order and let the threads go."""
        self._expect_no_end()
        self._is_over = True
        self.sender.stop()
        self.backlog.close()
        self.tally.mark_in(blank())

    def abandon(self) -> None:
        """Forget the parent's threads in a child after a fork, and what the fork has copied."""
        self._expect_no_end()
        self.backlog.abandon()
        self.sender.transport.abandon()

    def retire(self) -> None:
        """End both threads once everything is sent; nothing waits for that."""
        self._is_retired = True
        self.bell.ring()

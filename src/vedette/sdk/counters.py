"""What a client has counted, above all what it lost.

Owns: the counters and their meaning.  Does not own: counting (`sdk.tally`).
"""

from typing import NamedTuple


class Counters(NamedTuple):
    """What has become of everything that was logged in this process.

    Units: events, labels and readings (a row of a frame is one), unless the name says otherwise.
    At every moment `handed` is where everything is: waiting + spooled + acknowledged +
    rejected_by_server + dropped.
    """

    logged: int = 0  # handed over, before anything could be lost
    waiting: int = 0  # in the queue, in memory, or on its way
    spooled: int = 0  # on disk: sent later, by this process or, once it has ended, by another one
    adopted: int = 0  # found in the spool of a process that died
    sent: int = 0  # posted, repeats included
    acknowledged: int = 0  # taken by the server, for good
    duplicates: int = 0  # of these, what the server already had
    rejected_by_server: int = 0  # the server will never take these; `last_error` has the reason
    sampled_out: int = 0  # left out on purpose; the weight of the others makes up for it
    dropped_queue: int = 0  # lost because the queue, or memory, was full
    dropped_spool: int = 0  # lost because the spool was full
    dropped_invalid: int = 0  # nothing could be made of these
    lost_before: int = 0  # in the queue of a process that died, found in its spool later
    repaired: int = 0  # values that became text, were cut, or left out
    retries: int = 0  # attempts that failed and were repeated
    spooled_bytes: int = 0  # written to disk so far

    @property
    def handed(self) -> int:
        """Everything that this process had to do with: logged here, or left by processes that
        died; what they lost too."""
        return self.logged + self.adopted + self.lost_before

    @property
    def dropped(self) -> int:
        """Everything that was lost on this side of the wire; sampling is no loss."""
        return self.dropped_queue + self.dropped_spool + self.dropped_invalid + self.lost_before

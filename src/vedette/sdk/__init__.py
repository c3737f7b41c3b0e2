"""What a service imports to describe its predictions: light, standard library and msgspec only.

Owns: the events a service hands over and their bytes, so far.  Does not own: sending them: the
client comes with the server.
It reaches nothing of vedette but `core`, and loads none of numpy, pyarrow or scipy.
"""

from vedette.core.events import Event, Outcome, Usage
from vedette.core.wire import Envelope, decode, encode

__all__ = ["Envelope", "Event", "Outcome", "Usage", "decode", "encode"]

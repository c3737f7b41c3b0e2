"""What a service imports to be watched: light, standard library and msgspec only.

Owns: the public names of the client side.  Does not own: anything that runs on a server.
It reaches nothing of vedette but `core`, and loads none of numpy, pyarrow or scipy.

    from vedette.sdk import Client
    client = Client("http://127.0.0.1:8642", model="fraud")
    client.log({"amount": 9.5, "country": "DE"}, prediction=False, score=0.07)
"""

from vedette.core.events import Event, Outcome, Usage
from vedette.core.wire import Envelope, decode, encode
from vedette.sdk.client import Client
from vedette.sdk.counters import Counters
from vedette.sdk.middleware import Exchange, Middleware

__all__ = [
    "Client",
    "Counters",
    "Envelope",
    "Event",
    "Exchange",
    "Middleware",
    "Outcome",
    "Usage",
    "decode",
    "encode",
]

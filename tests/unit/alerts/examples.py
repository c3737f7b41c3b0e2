"""Findings, incidents and messages to test with."""

import msgspec

from vedette.alerts.document import document_of
from vedette.alerts.grouping import open_incident
from vedette.alerts.message import DEAD, PENDING, SENT, Message
from vedette.alerts.routes import message_id
from vedette.core.windows import Window
from vedette.monitors.finding import Finding

HOUR = 3600 * 1_000_000_000
START = 1_767_225_600 * 1_000_000_000  # 2026-01-01
WINDOW = Window(START, START + HOUR)
BASE = "https://vedette.example.com"

# What a column may be called when somebody means harm.
HOSTILE = (
    "<!channel> @here <script>alert(1)</script> `x` *b* [l](http://evil)\r\nBcc: a@b\x00\u202e"
)


def finding(column="amount", **changes):
    said = {
        "monitor": "shift",
        "component": "level",
        "column": column,
        "effect": 0.21,
        "unit": "sd",
        "magnitude": 0.21,
        "evidence": 4.2,
        "n_window": 4120,
        "verdict": "alarming",
        "reason": f"`{column}` rose by 0.21 sd (0.15 to 0.27): mean 12 -> 14",
        "model": "fraud",
        "window": WINDOW,
    }
    return Finding(**{**said, **changes})


def incident(*findings, shares=None, at=START + HOUR, **changes):
    found = findings or (finding(),)
    return open_incident(
        "fraud",
        found,
        WINDOW,
        at=at,
        onset=START,
        evidence=3.1,
        threshold=2.9,
        version="7",
        shares=shares or [1.0] * len(found),
        **changes,
    )


def message(one=None, event="opened", channel="oncall", made=START, base=BASE, **changes):
    one = one or incident()
    given = {
        "id": message_id(one.id, event, len(one.history), channel),
        "model": one.model,
        "incident": one.id,
        "channel": channel,
        "event": event,
        "made": made,
        "due": made,
        "document": document_of(one, base),
    }
    return Message(**{**given, **changes})


def stored(store):
    """All messages of a store."""
    return [msgspec.json.decode(entry.body, type=Message) for entry in store.read("message")]


def tally(messages):
    """How many messages wait, were given up, were delivered."""
    states = [one.state for one in messages]
    return states.count(PENDING), states.count(DEAD), states.count(SENT)

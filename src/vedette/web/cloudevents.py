"""Requests and responses of model servers, which come apart as CloudEvents.

Owns: what their senders hear, what became of a model's calls.  Does not own: the events
(`ingest.cloudevents`), storing them (`web.foreign`), putting them together (`engine.capture`).
"""

from vedette.ingest.cloudevents.kept import taken
from vedette.ingest.foreign import Asked, Kept
from vedette.web.answers import Answer, Problem, json_answer
from vedette.web.backing import Service
from vedette.web.call import Call
from vedette.web.ways import Way


def way(_service: Service) -> Way:
    """The way of CloudEvents."""
    return Way(taken, answer)


def get_capture(call: Call) -> Answer:
    """Calls of which both sides came, one, or one too late, since the server began."""
    counts = call.service.capture_of(call.view().name)
    if counts is None:
        raise Problem(
            404, "not_captured", "No sides of calls came since the server began.", "model"
        )
    return json_answer(dict(counts))


def answer(_asked: Asked, kept: Kept) -> Answer:
    """Say that the sides of calls are durable; what they become is told in the quarantine."""
    said: dict[str, object] = {
        "accepted": kept.accepted, "duplicates": kept.duplicates, "rejected_count": kept.refused,
    }  # fmt: skip
    if kept.why:
        said["why"] = kept.why
    if kept.refused and not kept.accepted and not kept.duplicates:
        said["error"] = {"code": "all_rejected", "message": kept.why, "field": None}
        return json_answer(said, 400)
    return json_answer(said)

"""The columns that every stored event has beside the model's own.

Owns: their names, and which a producer may not use for a feature.  Does not own: reading bodies
(`ingest`), storing rows (`stores`).

A table of events is flat: every feature, attribute and text is a column of its own name.  What
vedette needs itself begins with an underscore, so that a feature may be called `id` or `weight`.
"""

from collections.abc import Mapping
from types import MappingProxyType

ID = "_id"  # text, unique within a model
TIME = "_time"  # timestamp[ns, UTC], the moment of serving
VERSION = "_version"  # text, of the model
WEIGHT = "_weight"  # float64, 1 / sampling fraction
TRACE = "_trace_id"  # text
SPAN, PARENT = "_span_id", "_parent_id"  # text, of a trace
REST = "_rest"  # text, JSON: what a producer said that no column holds; never watched

PREDICTION = "prediction"
SCORE = "score"  # the score of that name; scores of other names are `score.<name>`
LATENCY = "latency_s"
LABEL = "label"  # the one column of outcomes beside ID and TIME
METRIC, VALUE = "metric", "value"  # those of readings of metrics beside ID and TIME
REFUSED, LOST = "_refused", "_lost"  # readings of the server: events that did not come in

ERROR_TYPE = "error_type"  # which error a row had; missing: none.  A producer's own attribute
INPUT_TOKENS = "input_tokens"
OUTPUT_TOKENS = "output_tokens"
FIRST_TOKEN = "first_token_s"  # noqa: S105 - seconds to the first token, no secret
PER_TOKEN = "per_token_s"  # noqa: S105 - seconds for each token after the first
QUEUE = "queue_s"  # seconds that a request waited
OPERATION = "operation"  # of a span or a call: what was done
INPUT, OUTPUT, INSTRUCTIONS = "input", "output", "instructions"  # texts of a call

SYSTEM = (ID, TIME, VERSION, WEIGHT, TRACE, SPAN, PARENT, REST)
SPENT = (LATENCY, FIRST_TOKEN, PER_TOKEN, QUEUE)  # how long things took
SERVING = (PREDICTION, SCORE, INPUT_TOKENS, OUTPUT_TOKENS, *SPENT)
# Of an event, what only its serving knows: nothing of it was reckoned offline, too.
SERVED = frozenset(
    (VERSION, WEIGHT, TRACE, SPAN, PARENT, REST, INPUT_TOKENS, OUTPUT_TOKENS, *SPENT)
)
RESERVED = frozenset((*SYSTEM, *SERVING))  # no feature, attribute or text may be called so

# What columns of spans are for, where their names say it; of other events such names may be
# features.
SPAN_ROLES: Mapping[str, str] = MappingProxyType(
    {
        INPUT: "text_input", INSTRUCTIONS: "text_input", OUTPUT: "text_output",
        "user": "caller", "cost_usd": "cost", "prefill_s": "latency", "decode_s": "latency",
        **dict.fromkeys(("session", "service", "instance"), "attribute"),
    }
)  # fmt: skip


def score_column(name: str) -> str:
    """The column of a named score.

    Example:
        >>> score_column("score"), score_column("churn")
        ('score', 'score.churn')
    """
    return SCORE if name in ("", SCORE) else f"{SCORE}.{name}"

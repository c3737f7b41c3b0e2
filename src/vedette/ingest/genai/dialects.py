"""What each dialect calls what vedette knows about a call of a language model.

Owns: the one table, columns to attributes by dialect, and the words of operations.  Does not own:
applying it (`normalise`), what messages say (`messages`).

A dialect is a way of naming; spans mix them, and their schema URL does not tell which one is meant
(the official library of 2026 still gives 1.37.0).  So none is picked: every name is known, and the
newest dialect that names a column wins.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

OTEL = "otel"  # OpenTelemetry's GenAI conventions since May 2026, opentelemetry-util-genai 1.3
OTEL_137 = "otel-1.37"  # the same, semantic conventions 1.37 to 1.41
OTEL_136 = "otel-1.36"  # the same until 1.36, and OpenLLMetry (traceloop), which grew from it
OPENINFERENCE = "openinference"  # Phoenix, Arize
VLLM = "vllm"  # what the serving engine says itself
MLFLOW = "mlflow"  # MLflow's tracing; every value is JSON in a string
PLAIN = "plain"  # what any span may say
DIALECTS = (OTEL, OTEL_137, OTEL_136, OPENINFERENCE, VLLM, MLFLOW)  # first comes first

# How a value is read: a word, one whose case says nothing, a whole number from 0, a number, seconds
# from 0, yes or no, why messages ended, a word in JSON's quotes.
WORD, LOWER, COUNT, NUMBER, SECONDS, FLAG, FINISH, QUOTED = (
    "word", "lower", "count", "number", "seconds", "flag", "finish", "quoted",
)  # fmt: skip
# What is read when all else is: a conversation, the parts of one message, and JSON objects, whose
# members `MEMBERS` gives columns.
MESSAGES, PARTS, OBJECT = "messages", "parts", "object"
TOTAL = "total"  # of the tokens of input and output: said twice, and kept only where it differs


class Meaning(NamedTuple):
    """One column, how its values are read, and what it is called in each dialect, best first.

    Shapes: a name that ends in a dot is what many attributes begin with, one for each member of
    each message (`gen_ai.prompt.0.content`); OBJECT has no column of its own.
    """

    column: str
    read: str
    names: Mapping[str, tuple[str, ...]]


def _row(column: str, read: str, **names: str) -> Meaning:
    """A line of the table; names of one dialect are parted by blanks."""
    spelt = {_KEYWORDS[key]: tuple(value.split()) for key, value in names.items()}
    return Meaning(column, read, MappingProxyType(spelt))


_KEYWORDS = {
    "a": OTEL, "b": OTEL_137, "c": OTEL_136, "d": OPENINFERENCE, "e": VLLM, "f": MLFLOW, "p": PLAIN,
}  # fmt: skip
_USED = "gen_ai.usage."
_COUNTED = "llm.token_count."

# fmt: off
TABLE: tuple[Meaning, ...] = (
    _row("operation", WORD,
         a="gen_ai.operation.name", b="gen_ai.operation.name",
         c="gen_ai.operation.name llm.request.type traceloop.span.kind",
         d="openinference.span.kind"),
    _row("operation", QUOTED, f="mlflow.spanType"),
    _row("provider", LOWER,
         a="gen_ai.provider.name", b="gen_ai.provider.name", c="gen_ai.system",
         d="llm.provider llm.system"),
    _row("provider", QUOTED, f="mlflow.llm.provider"),
    _row("request_model", WORD,
         a="gen_ai.request.model", b="gen_ai.request.model", c="gen_ai.request.model",
         d="llm.request.model_name"),
    _row("response_model", WORD,
         a="gen_ai.response.model", b="gen_ai.response.model", c="gen_ai.response.model",
         d="llm.response.model_name llm.model_name embedding.model_name reranker.model_name",
         e="gen_ai.response.model"),
    _row("response_model", QUOTED, f="mlflow.llm.model"),
    # Tokens: the input holds what came from a cache, the output what was thought.
    _row("input_tokens", COUNT,
         a=_USED + "input_tokens", b=_USED + "input_tokens", c=_USED + "prompt_tokens",
         d=_COUNTED + "prompt", e=_USED + "prompt_tokens"),
    _row("output_tokens", COUNT,
         a=_USED + "output_tokens", b=_USED + "output_tokens", c=_USED + "completion_tokens",
         d=_COUNTED + "completion", e=_USED + "completion_tokens"),
    _row("", OBJECT, d="llm.invocation_parameters embedding.invocation_parameters",
         f="mlflow.chat.tokenUsage"),
    _row("", TOTAL,
         c="gen_ai.usage.total_tokens llm.usage.total_tokens", d=_COUNTED + "total"),
    _row("cache_read_tokens", COUNT,
         a=_USED + "cache_read.input_tokens", b=_USED + "cache_read.input_tokens",
         c=f"{_USED}cache_read_input_tokens {_USED}cache_read_tokens {_USED}input_cached_tokens",
         d=_COUNTED + "prompt_details.cache_read"),
    _row("cache_write_tokens", COUNT,
         a=_USED + "cache_write.input_tokens", b=_USED + "cache_creation.input_tokens",
         c=f"{_USED}cache_creation.input_tokens {_USED}cache_creation_input_tokens",
         d=_COUNTED + "prompt_details.cache_write"),
    _row("reasoning_tokens", COUNT,
         a=_USED + "reasoning.output_tokens", b=_USED + "reasoning.output_tokens",
         c=_USED + "reasoning_tokens", d=_COUNTED + "completion_details.reasoning"),
    _row("text_input_tokens", COUNT, a=_USED + "text.input_tokens"),
    _row("image_input_tokens", COUNT, a=_USED + "image.input_tokens"),
    _row("audio_input_tokens", COUNT,
         a=_USED + "audio.input_tokens", d=_COUNTED + "prompt_details.audio"),
    _row("text_output_tokens", COUNT, a=_USED + "text.output_tokens"),
    _row("image_output_tokens", COUNT, a=_USED + "image.output_tokens"),
    _row("audio_output_tokens", COUNT,
         a=_USED + "audio.output_tokens", d=_COUNTED + "completion_details.audio"),
    _row("text_cache_read_tokens", COUNT, a=_USED + "text.cache_read.input_tokens"),
    _row("image_cache_read_tokens", COUNT, a=_USED + "image.cache_read.input_tokens"),
    _row("audio_cache_read_tokens", COUNT, a=_USED + "audio.cache_read.input_tokens"),
    _row("first_token_s", SECONDS,
         a="gen_ai.response.time_to_first_chunk", b="gen_ai.response.time_to_first_chunk",
         e="gen_ai.latency.time_to_first_token"),
    _row("queue_s", SECONDS, e="gen_ai.latency.time_in_queue"),
    _row("prefill_s", SECONDS, e="gen_ai.latency.time_in_model_prefill"),
    _row("decode_s", SECONDS,
         c="llm.chat_completions.streaming_time_to_generate",
         e="gen_ai.latency.time_in_model_decode"),
    _row("cost_usd", NUMBER, d="llm.cost.total"),
    _row("finish_reason", FINISH,
         a="gen_ai.response.finish_reasons anthropic.message.stop_reason",
         b="gen_ai.response.finish_reasons",
         c="gen_ai.response.finish_reasons gen_ai.response.finish_reason "
           "llm.response.finish_reason",
         d="llm.finish_reason"),
    _row("error_type", WORD, p="error.type exception.type"),
    # What was asked for.
    _row("temperature", NUMBER, a="gen_ai.request.temperature", e="gen_ai.request.temperature"),
    _row("top_p", NUMBER, a="gen_ai.request.top_p", e="gen_ai.request.top_p"),
    _row("max_tokens", COUNT, a="gen_ai.request.max_tokens", e="gen_ai.request.max_tokens"),
    _row("choices", COUNT,
         a="gen_ai.request.choice.count", b="gen_ai.request.choice.count", e="gen_ai.request.n"),
    _row("stream", FLAG, a="gen_ai.request.stream", c="gen_ai.is_streaming llm.is_streaming"),
    _row("reasoning_level", WORD,
         a="gen_ai.request.reasoning.level", c="gen_ai.request.reasoning_effort"),
    _row("output_type", WORD, a="gen_ai.output.type", b="gen_ai.output.type"),
    # Who, with what.
    _row("session", WORD,
         a="gen_ai.conversation.id", b="gen_ai.conversation.id",
         c="traceloop.association.properties.session_id", d="session.id"),
    _row("session", QUOTED, f="mlflow.trace.session"),
    _row("user", WORD,
         a="user.id enduser.id", c="traceloop.association.properties.user_id gen_ai.user llm.user",
         d="user.id"),
    _row("user", QUOTED, f="mlflow.trace.user"),
    _row("prompt_name", WORD,
         a="gen_ai.prompt.name", b="gen_ai.prompt.name", c="traceloop.prompt.key",
         d="llm.prompt_template.id"),
    _row("prompt_version", WORD,
         a="gen_ai.prompt.version", c="traceloop.prompt.version",
         d="llm.prompt_template.version"),
    _row("agent", WORD,
         a="gen_ai.agent.name", b="gen_ai.agent.name", c="traceloop.entity.name",
         d="agent.name"),
    _row("tool", WORD, a="gen_ai.tool.name", b="gen_ai.tool.name", d="tool.name"),
    # What was said.
    _row("input", MESSAGES,
         a="gen_ai.input.messages", b="gen_ai.input.messages",
         c="gen_ai.prompt. gen_ai.prompt traceloop.entity.input",
         d="llm.input_messages. input.value", f="mlflow.spanInputs"),
    _row("output", MESSAGES,
         a="gen_ai.output.messages", b="gen_ai.output.messages",
         c="gen_ai.completion. gen_ai.completion traceloop.entity.output",
         d="llm.output_messages. output.value", f="mlflow.spanOutputs"),
    _row("instructions", PARTS,
         a="gen_ai.system_instructions", b="gen_ai.system_instructions"),
    # What any service says of a request.
    _row("endpoint", WORD, p="http.route url.template rpc.method faas.name"),
    _row("status_code", COUNT, p="http.response.status_code http.status_code"),
)
# fmt: on

# Members of objects -> columns; where MLflow traced, attributes of these names are such, too.
MEMBERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "model": ("request_model", WORD),
        "input_tokens": ("input_tokens", COUNT),
        "output_tokens": ("output_tokens", COUNT),
        "cache_read_input_tokens": ("cache_read_tokens", COUNT),
        "cache_creation_input_tokens": ("cache_write_tokens", COUNT),
        "temperature": ("temperature", NUMBER),
        "top_p": ("top_p", NUMBER),
        "max_tokens": ("max_tokens", COUNT),
        "max_completion_tokens": ("max_tokens", COUNT),
        "max_output_tokens": ("max_tokens", COUNT),
        "n": ("choices", COUNT),
        "stream": ("stream", FLAG),
        "reasoning_effort": ("reasoning_level", WORD),
        "user": ("user", WORD),
    }
)
MARK = "mlflow.spanType"  # every span of MLflow has it

# Events of a span that hold a message, or the roles of one; of others the attributes count as the
# span's own.
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.system.message": "system",
        "gen_ai.user.message": "user",
        "gen_ai.assistant.message": "assistant",
        "gen_ai.tool.message": "tool",
    }
)
CHOICE = "gen_ai.choice"
# Events that mark when something came; the first of them is the first token.
FIRST_TOKEN = (
    "First Token Stream Event",
    "gen_ai.content.completion.chunk",
    "llm.content.completion.chunk",
    "mlflow.chunk.item.0",
)
CONTENTS = (
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
)
TOLD_BY = (*CONTENTS, "exception")

# What dialects call an operation, in lower case -> what vedette does: OpenTelemetry's words, and
# a few of its own for what those do not name.
OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "completion": "text_completion",
        "embedding": "embeddings",
        "llm": "chat",
        "chat_model": "chat",
        "retriever": "retrieval",
        "reranker": "rerank",
        "tool": "execute_tool",
        "agent": "invoke_agent",
        "workflow": "invoke_workflow",
        "evaluator": "evaluate",
    }
)

# Why a message ended, as providers say it -> OpenTelemetry's word.
FINISHES: Mapping[str, str] = MappingProxyType(
    {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "tool_use": "tool_call",
        "tool_calls": "tool_call",
        "function_call": "tool_call",
        "max_tokens": "length",
    }
)

# Operations in which a model is asked, so that the event is one of that model.
CALLS = frozenset(("chat", "text_completion", "generate_content", "embeddings", "rerank", "call"))
SPEAKING = CALLS - {"embeddings", "rerank"}  # what is said in such a call may be told apart
MUTE = "embeddings"  # what such a call gives back are numbers, no text
ANY_CALL = "call"  # a model was asked, and it is not said for what
VLLM_SPAN = "llm_request"  # what vLLM calls its span, in which it names no operation
VLLM_OPERATION = "text_completion"  # the engine sees tokens to go on from, whoever asked

# Members of what is kept as it came that hold what people or models said, beside the names above.
TOLD = frozenset(
    ("arguments", "body", "content", "exception.message", "exception.stacktrace",
     "gen_ai.event.content", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
     "gen_ai.tool.definitions", "message", "messages", "mlflow.chunk.value", "parts", "prompt",
     "response", "text")
)  # fmt: skip


def holds_text(name: str) -> bool:
    """Whether an attribute, or a member of one, may hold what was said in a call.

    Example:
        >>> holds_text("gen_ai.input.messages"), holds_text("gen_ai.prompt.0.content")
        (True, True)
        >>> holds_text("server.address")
        False
    """
    return name in TOLD or name in _SPOKEN or name.startswith(_BEGUN)


_SPOKEN = frozenset(
    name
    for row in TABLE
    if row.read in (MESSAGES, PARTS)
    for names in row.names.values()
    for name in names
)
_BEGUN = tuple(sorted(name for name in _SPOKEN if name.endswith(".")))

"""A server on loopback that answers like OpenAI's and Anthropic's, and takes OTLP traces.

Owns: fixed answers, and the bodies of traces that came in.  Does not own: the calls
(`calls.py`), what is traced (`make_*.py`).

Only the standard library, for it runs in the environments of tracers.
"""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT = "It is sunny in Paris."
USED = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "total_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
}
# Anthropic counts apart what was read from and written to its cache: the input has 20 tokens.
SPENT = {
    "input_tokens": 12,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 3,
    "output_tokens": 7,
}
CALL = {"name": "weather", "arguments": '{"city":"Paris"}'}


class Models(ThreadingHTTPServer):
    """The server; `traces` and `logs` are the bodies that exporters sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.traces: list[bytes] = []
        self.logs: list[bytes] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def running() -> Iterator[Models]:
    """A server that runs as long as the block."""
    server = Models()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Models

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path in ("/v1/traces", "/v1/logs"):
            (self.server.traces if self.path.endswith("traces") else self.server.logs).append(body)
            self._answer(200, b"", "application/x-protobuf")
            return
        asked = json.loads(body)
        if asked.get("model", "").startswith("missing"):
            error = {"type": "not_found_error", "message": "no such model", "code": None}
            self._answer(404, json.dumps({"type": "error", "error": error}).encode())
            return
        answer = _ANSWERS[self.path](asked)
        if isinstance(answer, dict):
            self._answer(200, json.dumps(answer).encode())
        else:
            self._answer(200, "".join(answer).encode(), "text/event-stream")

    def _answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _chat(asked: dict[str, Any]) -> Any:
    model = f"{asked['model']}-2026-08-01"
    head = {"id": "chatcmpl-1", "created": 1790000000, "model": model, "service_tier": "default"}
    if asked.get("stream"):
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": word + " "} for word in TEXT.split(" ")[:-1]]
        deltas.append({"content": TEXT.split(" ")[-1]})
        chunks = [
            {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
        ]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if (asked.get("stream_options") or {}).get("include_usage"):
            chunks.append({"choices": [], "usage": USED})  # type: ignore[dict-item]
        lines = [{**head, "object": "chat.completion.chunk", **chunk} for chunk in chunks]
        return [*(f"data: {json.dumps(line)}\n\n" for line in lines), "data: [DONE]\n\n"]
    message: dict[str, Any] = {"role": "assistant", "content": TEXT}
    finish = "stop"
    if asked.get("tools"):
        call = {"id": "call_1", "type": "function", "function": CALL}
        message, finish = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {**head, "object": "chat.completion", "choices": [choice], "usage": USED}


def _embeddings(asked: dict[str, Any]) -> Any:
    data = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
    used = {"prompt_tokens": 6, "total_tokens": 6}
    return {"object": "list", "data": data, "model": asked["model"], "usage": used}


def _responses(asked: dict[str, Any]) -> Any:
    content = [{"type": "output_text", "text": TEXT, "annotations": []}]
    message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant"}
    used = {
        "input_tokens": 21, "output_tokens": 9, "total_tokens": 30,
        "input_tokens_details": {"cached_tokens": 8},
        "output_tokens_details": {"reasoning_tokens": 4},
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1790000000, "status": "completed",
        "model": f"{asked['model']}-2026-08-01", "output": [{**message, "content": content}],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": used,
        "instructions": asked.get("instructions"), "temperature": asked.get("temperature"),
        "top_p": 1.0, "error": None, "incomplete_details": None, "metadata": {},
    }  # fmt: skip


def _messages(asked: dict[str, Any]) -> Any:
    content: list[dict[str, Any]] = [{"type": "text", "text": TEXT}]
    reason = "end_turn"
    if asked.get("tools"):
        content = [
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
        ]
        reason = "tool_use"
    head = {
        "id": "msg_1", "type": "message", "role": "assistant",
        "model": f"{asked['model']}-20260801", "stop_sequence": None,
    }  # fmt: skip
    if not asked.get("stream"):
        return {**head, "content": content, "stop_reason": reason, "usage": SPENT}
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {
                **head, "content": [], "stop_reason": None, "usage": {**SPENT, "output_tokens": 1},
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {
                "type": "content_block_delta", "index": 0,
                "delta": {"type": "text_delta", "text": part},
            }
            for part in ("It is sunny ", "in Paris.")
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": SPENT["output_tokens"]},
        },
        {"type": "message_stop"},
    ]  # fmt: skip
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]


_ANSWERS = {
    "/v1/chat/completions": _chat,
    "/v1/embeddings": _embeddings,
    "/v1/responses": _responses,
    "/v1/messages": _messages,
}

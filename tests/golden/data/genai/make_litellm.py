"""Make `litellm.jsonl`: what LiteLLM's callbacks are given of a call, one call a line.

python -m venv V && V/bin/pip install litellm==1.106.2 && V/bin/python make_litellm.py
"""

import json
import os
import time
from contextlib import suppress
from typing import Any

from calls import ASKED, HERE, SYSTEM
from fake_models import running

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # no look at the network
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}]


def _called(url: str) -> list[Any]:
    import litellm
    from litellm.integrations.custom_logger import CustomLogger

    told: list[Any] = []

    class Listener(CustomLogger):
        def log_success_event(self, kwargs: Any, **rest: Any) -> None:
            told.append(kwargs["standard_logging_object"])

        def log_failure_event(self, kwargs: Any, **rest: Any) -> None:
            told.append(kwargs["standard_logging_object"])

    litellm.callbacks = [Listener()]
    given = {"api_base": f"{url}/v1", "api_key": "none", "max_retries": 0}
    chat = {"messages": MESSAGES, **given}
    meta = {"metadata": {"session_id": "s1", "tags": ["beta"]}, "user": "u1"}
    litellm.completion(model="openai/gpt-4o", temperature=0.2, max_tokens=100, **chat, **meta)
    _wait(told, 1)
    options = {"include_usage": True}
    list(litellm.completion(model="openai/gpt-4o", stream=True, stream_options=options, **chat))
    _wait(told, 2)
    litellm.embedding(model="openai/text-embedding-3-small", input=["sun"], **given)
    _wait(told, 3)
    anthropic = {"api_base": url, "api_key": "none", "max_retries": 0}
    model = "anthropic/claude-sonnet-4-5"
    litellm.completion(model=model, messages=MESSAGES, max_tokens=100, **anthropic)
    _wait(told, 4)
    with suppress(litellm.exceptions.NotFoundError):
        litellm.completion(model="openai/missing", **chat)
    _wait(told, 5)
    return told


def _wait(told: list[Any], count: int) -> None:
    """Callbacks are called in a thread."""
    for _ in range(100):
        if len(told) >= count:
            return
        time.sleep(0.1)
    raise TimeoutError(count)


with running() as server:
    lines = "".join(f"{json.dumps(one, default=str)}\n" for one in _called(server.url))
(HERE / "litellm.jsonl").write_text(lines)

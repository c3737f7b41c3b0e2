"""A webhook: the whole document, signed.

Owns: the body and the signature (Standard Webhooks, docs/formats/webhook.md).  Does not own: the
document.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from vedette.alerts.message import Message
from vedette.alerts.notify.sending import Request, Target
from vedette.core.errors import SettingsError

PREFIX = "whsec_"


def render(message: Message, target: Target, at: int) -> Sequence[Request]:
    """Write the document as JSON, with its id, time and signatures in the headers."""
    body = msgspec.json.encode(body_of(message, target.name))
    seconds = at // 1_000_000_000
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message.id,
        "webhook-id": message.id,
        "webhook-timestamp": str(seconds),
    }
    if target.secrets:
        signed = (signature(secret, message.id, seconds, body) for secret in target.secrets)
        headers["webhook-signature"] = " ".join(signed)
    return [Request(url, headers, body) for url in target.addresses]


def body_of(message: Message, receiver: str) -> dict[str, object]:
    """The document for one receiver, without the picture's bytes."""
    document = {key: value for key, value in message.document.items() if key != "picture"}
    own = {**document.get("vedette", {}), "event": message.event, "message": message.id}
    return {**document, "receiver": receiver, "vedette": own}


def signature(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Sign as Standard Webhooks does: HMAC-SHA256 over id, time and body.

    Errors: SettingsError for a secret that is not `whsec_` and base64; it is not shown.
    Source: Standard Webhooks, version 1; the example is the specification's own.
    Example:
        >>> signature(
        ...     "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
        ...     1614265330, b'{"test": 2432232314}',
        ... )
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError("webhook", "the secret is not base64", want="whsec_...") from None
    signed = f"{message_id}.{seconds}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"

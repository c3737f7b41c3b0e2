"""E-mail: text and HTML, the chart inside.

Owns: the letter, and handing it to a mail server.  Does not own: the words (`telling`).

Letters of one incident hang together: the first has the incident's own Message-ID, the others refer
to it.  The same message has the same Message-ID however often it is tried.
"""

import base64
import binascii
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from html import escape
from typing import Any, NamedTuple, cast
from urllib.parse import unquote, urlsplit

from vedette.alerts.document import plain
from vedette.alerts.message import Message
from vedette.alerts.notify import telling
from vedette.alerts.notify.guard import Resolve, pin
from vedette.alerts.notify.sending import DeliveryError, Target

TIMEOUT_S = 10.0
PICTURE_BYTES = 2 * 2**20


class Letter(NamedTuple):
    """An e-mail with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


def render(message: Message, target: Target, at: int) -> Sequence[Letter]:
    """Write one letter to all recipients."""
    sender = target.channel.sender
    domain = parseaddr(sender)[1].rpartition("@")[2] or "vedette.invalid"
    root = f"<vedette.{message.incident}@{domain}>"
    subject = telling.subject(message, 200)
    # An ASCII line need not be folded; encoded words must be.
    letter = EmailMessage(SMTP.clone(max_line_length=998) if subject.isascii() else SMTP)
    letter["Subject"] = subject
    letter["From"] = plain(sender, 300)
    letter["To"] = ", ".join(plain(one, 300) for one in target.addresses)
    letter["Date"] = formatdate(at / 1e9)
    letter["Auto-Submitted"] = "auto-generated"
    if message.event == "opened":
        letter["Message-ID"] = root
    else:
        letter["Message-ID"] = f"<vedette.{message.id}@{domain}>"
        letter["In-Reply-To"] = root
        letter["References"] = root
    letter.set_content(_text(message))
    picture = _picture(message)
    letter.add_alternative(_html(message, picture is not None), subtype="html")
    if picture is not None:
        html = cast(list[EmailMessage], letter.get_payload())[1]
        html.add_related(picture, "image", "png", cid="<picture>", filename="change.png")
    recipients = tuple(parseaddr(one)[1] or one for one in target.addresses)
    return [Letter(parseaddr(sender)[1] or sender, recipients, letter)]


def send(letter: Letter, target: Target, *, resolve: Resolve = socket.getaddrinfo) -> str:
    """Hand a letter to the mail server.  Errors: DeliveryError when it does not take it."""
    parts = urlsplit(target.channel.smtp)
    host, is_tls = parts.hostname or "", parts.scheme == "smtps"
    pinned = pin(
        host,
        parts.port or (465 if is_tls else 587),
        allow_private=target.channel.allow_private,
        allow_hosts=target.channel.allow_hosts,
        resolve=resolve,
    )
    context = cast(ssl.SSLContext, _Named(ssl.create_default_context(), host))
    domain = letter.sender.rpartition("@")[2] or "localhost"
    try:
        server = (
            smtplib.SMTP_SSL(local_hostname=domain, timeout=TIMEOUT_S, context=context)
            if is_tls
            else smtplib.SMTP(local_hostname=domain, timeout=TIMEOUT_S)
        )
        server.connect(str(pinned[0].address[0]), int(pinned[0].address[1]))
        try:
            return _hand_over(server, letter, target, unquote(parts.username or ""), context)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        refused = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
        why = f"the mail server answered {error.smtp_code}: {plain(text, 200)}"
        raise DeliveryError(why, is_final=refused) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        why = f"the mail server refused all recipients ({', '.join(map(str, codes))})"
        raise DeliveryError(why, is_final=all(code >= 500 for code in codes)) from None
    except smtplib.SMTPNotSupportedError:
        why = "the mail server offers no TLS or no login; set plain to send without TLS"
        raise DeliveryError(why) from None
    except (smtplib.SMTPException, OSError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise DeliveryError(f"the mail server did not answer ({why})") from None


def _hand_over(
    server: smtplib.SMTP, letter: Letter, target: Target, user: str, context: ssl.SSLContext
) -> str:
    server.ehlo()
    if not isinstance(server, smtplib.SMTP_SSL) and not target.channel.plain:
        server.starttls(context=context)
        server.ehlo()
    if user and target.secrets:
        server.login(user, target.secrets[0])
    refused = server.send_message(letter.message, letter.sender, letter.recipients)
    return f"refused for {len(refused)} of {len(letter.recipients)} recipients" if refused else ""


class _Named:
    """A TLS context that asks for the certificate of the name, while we connect to the address."""

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self.context, self.host = context, host

    def wrap_socket(self, bare: socket.socket, **_: Any) -> ssl.SSLSocket:
        return self.context.wrap_socket(bare, server_hostname=self.host)


def _text(message: Message) -> str:
    rows = [telling.subject(message, 300), ""]
    rows += [f"{name}: {value}" for name, value in telling.facts(message)]
    if lines := telling.causes(message):
        rows += ["", "What changed:", *(f"  {line}" for line in lines)]
    ends = [telling.link(message), f"Repeat it: {telling.replay(message)}"]
    return "\n".join([*rows, "", *(line for line in ends if line)]) + "\n"


def _html(message: Message, has_picture: bool) -> str:
    facts = "".join(
        f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in telling.facts(message)
    )
    lines = "".join(f"<li>{escape(line)}</li>" for line in telling.causes(message))
    shown = '<p><img src="cid:picture" alt="Before and after"></p>' if has_picture else ""
    url = telling.link(message)
    open_it = f'<p><a href="{escape(url)}">Open the incident</a></p>' if url else ""
    return (
        f"<!doctype html><html><body><h3>{escape(telling.subject(message, 300))}</h3>"
        f"<table>{facts}</table><ol>{lines}</ol>{shown}{open_it}"
        f"<p><code>{escape(telling.replay(message))}</code></p></body></html>"
    )


def _picture(message: Message) -> bytes | None:
    """The chart's bytes, if there is one that is a PNG."""
    given = message.document.get("picture")
    if not isinstance(given, str):
        return None
    try:
        png = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return None
    return png if png.startswith(b"\x89PNG") and len(png) <= PICTURE_BYTES else None

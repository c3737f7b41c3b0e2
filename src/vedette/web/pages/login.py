"""Entering a key, and forgetting it.

Owns: the cookie that holds it.  Does not own: keys (`web.keys`).
"""

from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.guard import COOKIE
from vedette.web.pages.page import away, read_form, render


def page_login(call: Call, said: str = "", status: int = 200) -> Answer:
    """Where a key is entered."""
    return render(call, "login.html.jinja", status, said=said, to=_within(call))


def form_login(call: Call) -> Answer:
    """Take a key, and keep it in a cookie that no script can read."""
    text = read_form(call).get("key", "").strip()
    if call.ring.find(text) is None:
        return page_login(call, "This key is not known, or has expired.", 403)
    return away(_within(call), [(b"set-cookie", key_cookie(call, text))])


def form_logout(call: Call) -> Answer:
    """Forget the key."""
    cookie = f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
    return away("/login", [(b"set-cookie", cookie.encode())])


def _within(call: Call) -> str:
    """The page of this server that was wanted before a key was asked for, else the first."""
    wanted = dict(call.pairs).get("to", "/")
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if plain and wanted.startswith("/") and wanted[1:2] != "/" else "/"


def key_cookie(call: Call, text: str) -> bytes:
    """A cookie that holds a key for half a day."""
    secure = "; Secure" if call.scope.get("scheme") == "https" else ""
    cookie = f"{COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}"
    return cookie.encode()

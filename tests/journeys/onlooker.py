"""Somebody with a browser, who writes down everything that should not be.

Owns: a context whose pages are listened to: words on the console, errors, violations of the
content-security policy, dialogs, requests to elsewhere.  Does not own: what is looked at.
"""

from urllib.parse import urlsplit

from docs.screenshots import SIZES, ZONE

DESKTOP, PHONE = SIZES["desktop"], SIZES["phone"]
TOLD = """addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"""

STICKING_OUT = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter((it) => it.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 8).map((it) => it.outerHTML.slice(0, 160)).concat("the page is too wide")"""


class Onlooker:
    """A context of a browser on one server, and what was heard in it."""

    def __init__(self, browser, url, size=DESKTOP, scheme="light", **options):
        self.url, self.heard, self.status = url, [], 0
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            timezone_id=ZONE,
            locale="en-US",
            **options,
        )
        self.context.set_default_timeout(20_000)  # of a busy machine: no promise of speed
        self.context.add_init_script(TOLD)
        self.context.on("console", lambda message: self._hear("console", message.text))
        self.context.on("weberror", lambda error: self._hear("error", str(error.error)))
        self.context.on("dialog", self._dialog)
        self.context.on("request", self._request)
        self.page = self.context.new_page()

    def _hear(self, kind, text):
        self.heard.append(f"{kind} at {self.page.url}: {text}")

    def _dialog(self, dialog):
        self._hear("dialog", dialog.message)
        dialog.dismiss()

    def _request(self, request):
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.url and parts.scheme not in ("data", "blob"):
            self._hear("request", request.url)

    def open(self, path):
        """Go to a page of the server; the page."""
        self.status = self.page.goto(self.url + path).status
        return self.page

    def sticking_out(self):
        """What is wider than the screen, where the page can be moved sideways."""
        return self.page.evaluate(STICKING_OUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

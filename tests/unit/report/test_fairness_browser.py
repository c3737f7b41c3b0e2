"""The page of an audit in a browser: drawn under its own policy, on every screen and on paper."""

import numpy as np
import pytest

import vedette as vd

pytestmark = pytest.mark.chromium
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rng = np.random.default_rng(0)
    n = 3000
    group = rng.choice(["a group whose name is long", "b", "tiny"], n, p=[0.6, 0.395, 0.005])
    score = np.clip(rng.random(n) - 0.25 * (group == "b"), 0, 1)
    table = {
        "group": group.tolist(),
        "sex": rng.choice(["F", "M"], n).tolist(),
        "score": score.tolist(),
        "label": (rng.random(n) < score).astype(int).tolist(),
    }
    file = tmp_path_factory.mktemp("page") / "fairness.html"
    return vd.fairness(table, ["group", "sex"], proxies=False).to_html(file)


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_forest_is_drawn_and_nothing_overflows_or_is_fetched(browser, path, size, scheme):
    heard = []
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page = context.new_page()
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    hosts = page.locator("[data-figure]").count()
    assert hosts == page.locator("[data-figure] svg").count() == 24
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert heard == [path.as_uri()]


def test_it_prints_with_everything_open(browser, path):
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()

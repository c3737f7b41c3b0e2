"""What holds for every page of the dashboard: on every screen, in both colours, for every reader.

Owns: nothing wider than the screen, nothing said on the console, the content-security policy kept,
nothing that jumps, nothing that axe-core calls serious.  Does not own: journeys (`test_dashboard`).
"""

import re
from pathlib import Path

import pytest
from docs.screenshots import BEST, LARGEST, PICTURES, SCHEMES, addresses, names, settle, shoot
from tests.journeys.onlooker import DESKTOP, PHONE, Onlooker

pytestmark = pytest.mark.chromium
AXE = Path(__file__).resolve().parents[2] / ".peers/node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
MOST_SHIFT = 0.1  # web.dev/cls: above it a page is no longer good
SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const it of list.getEntries()) sum += it.hadRecentInput ? 0 : it.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 50);
})"""
FLAT = """() => [...document.querySelectorAll("figure[data-chart]")].filter((figure) => {
    const marks = [...figure.querySelectorAll(".chart .mark-rect path[aria-label]")];
    return 2 * marks.filter((it) => it.getBoundingClientRect().width > 0).length < marks.length;
  }).map((figure) => figure.dataset.chart)"""
RUN = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
  violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help,
    nodes: nodes.map((it) => `${it.target.join(" ")}: ${it.failureSummary}`),
  })))"""


@pytest.fixture(scope="module", params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def onlooker(request, browser, dashboard):
    with Onlooker(browser, dashboard.url, size=request.param) as onlooker:
        yield onlooker


@pytest.fixture(scope="module")
def paths(dashboard):
    return addresses(dashboard)


@pytest.mark.parametrize("name", names())
def test_a_page_is_well(onlooker, paths, name):
    onlooker.heard.clear()
    page = onlooker.open(paths[name])
    assert onlooker.status == 200
    settle(page)
    assert onlooker.sticking_out() == []
    assert page.evaluate(SHIFT) < MOST_SHIFT
    assert page.evaluate(FLAT) == [], "marks have no width"
    assert onlooker.heard == []


@pytest.fixture(scope="module")
def axe():
    if not AXE.is_file():
        pytest.skip("no axe-core here: npm install --prefix .peers --no-save axe-core")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", names())
def test_axe_finds_nothing_serious(onlooker, paths, axe, name, scheme):
    onlooker.page.emulate_media(color_scheme=scheme)
    page = onlooker.open(paths[name])
    settle(page)
    assert serious(page, axe) == []


def serious(page, axe):
    page.evaluate(axe)
    return [told(one) for one in page.evaluate(RUN) if one["impact"] in SERIOUS]


def told(violation):
    nodes = "\n    ".join(violation["nodes"][:5])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}\n    {nodes}"


def test_these_tests_would_see_what_they_look_for(browser, dashboard, axe):
    """A page that is spoilt on purpose: each of the checks above sees its part."""
    with Onlooker(browser, dashboard.url, size=PHONE) as onlooker:
        page = onlooker.open("/")
        settle(page)
        page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "alert(1)";
              const wide = document.createElement("img");
              wide.src = "http://elsewhere.invalid/x.png";
              wide.width = 2000;
              wide.height = 500;
              document.querySelector("main").prepend(script, wide);
            }"""
        )
        page.wait_for_timeout(200)
        assert any("elsewhere" in it for it in onlooker.sticking_out())
        assert page.evaluate(SHIFT) > MOST_SHIFT
        heard = "\n".join(onlooker.heard)
        assert "policy: script-src" in heard
        assert "policy: img-src http://elsewhere.invalid" in heard
        assert not any(line.startswith("dialog") for line in onlooker.heard)
        assert any(line.startswith("image-alt (critical)") for line in serious(page, axe))


def test_pictures_of_all_pages_can_be_made(browser, dashboard, tmp_path):
    shoot(browser, dashboard, tmp_path, "phone", "dark", tmp_path)
    made = {path.stem for path in tmp_path.glob("*.png")}
    assert made == {f"{name}-phone-dark" for name in names()}


def test_the_best_pictures_are_in_the_repository():
    kept = {path.stem: path.stat().st_size for path in PICTURES.glob("*.png")}
    assert set(kept) == {f"{best}-{scheme}" for best in BEST for scheme in SCHEMES}
    assert max(kept.values()) <= LARGEST
    readme = (PICTURES.parents[1] / "README.md").read_text("utf-8")
    assert set(re.findall(r"docs/pictures/([\w-]+)[.]png", readme)) == set(kept)

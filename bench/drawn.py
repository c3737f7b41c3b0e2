"""How long a browser takes until a page is there, and until all of its charts are drawn.

Owns: one headless Chromium.  Does not own: which pages.
"""

import shutil
from collections.abc import Sequence
from statistics import median

NAMES = ("chromium", "chromium-browser", "google-chrome")
TIMES, PATIENCE_MS = 3, 30_000
TALL = {"width": 1280, "height": 20_000}  # charts far below the fold would wait for being seen
DONE = """() => [...document.querySelectorAll("figure[data-chart] .chart")]
  .every((chart) => chart.dataset.drawn)"""


def drawn(port: int, pages: Sequence[tuple[str, str]]) -> list[tuple[object, ...]]:
    """Median milliseconds of a few visits: name, loaded, drawn, charts; nothing without a browser.

    The browser keeps what it has cached of scripts and styles, but nothing of pages.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        return []
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    rows: list[tuple[object, ...]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport=TALL)  # type: ignore[arg-type]
        for name, where in pages:
            loaded, whole, count = [], [], 0
            for _ in range(TIMES):
                page.goto(f"http://127.0.0.1:{port}{where}", wait_until="load")
                page.wait_for_function(DONE, timeout=PATIENCE_MS)
                now = page.evaluate("performance.now()")
                took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
                loaded.append(float(took))
                whole.append(float(now))
                count = page.locator("figure[data-chart]").count()
            rows.append((name, median(loaded), median(whole), str(count)))
        browser.close()
    return rows

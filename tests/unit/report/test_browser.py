"""The page in a browser: it works from a file, alone, under its own policy, on every screen."""

import pytest

from vedette.report.html import render_html

pytestmark = pytest.mark.chromium
DESKTOP, PHONE = (1280, 900), (390, 844)


@pytest.fixture
def visit(browser, made, tmp_path):
    """Open the page of a document; in the end nothing may have been complained about or fetched."""
    heard, contexts = [], []

    def visit(name, size=DESKTOP, scheme="light"):
        path = tmp_path / f"{name}.html"
        path.write_text(render_html(made(name)), "utf-8")
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("document.readyState === 'complete'")
        heard.remove(path.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert heard == []


def opened(page, at):
    """Open one column and wait for its charts."""
    column = page.locator(f"#column-{at}")
    if not column.evaluate("it => it.open"):
        column.locator("> summary").click()
    column.locator("[data-drawn=yes]").first.wait_for()
    page.wait_for_function("at => !document.querySelector(`#column-${at} [data-drawn=no]`)", arg=at)
    return column


def at(made, name):
    return [column["name"] for column in made("example")["columns"]].index(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_appear_when_a_column_is_opened(visit, made, scheme):
    page = visit("example", scheme=scheme)
    for name, charts in (("distance", 2), ("carrier", 1), ("precip", 2), ("hour", 2)):
        column = opened(page, at(made, name))
        assert column.locator(".chart svg").count() == charts
        assert column.locator(".chart svg path").count() > 10
    unknown = page.locator(f"#column-{at(made, 'visib')}")
    unknown.locator("> summary").click()
    assert unknown.locator(".chart").count() == 0


def test_closed_columns_cost_nothing(visit):
    page = visit("wide")
    page.locator("#column-0 [data-drawn=yes]").first.wait_for()
    assert page.locator(".chart svg").count() <= 2


def test_value_under_the_pointer_is_told(visit, made):
    page = visit("example")
    column = opened(page, at(made, "carrier"))
    column.locator(".chart svg .mark-rect path").first.hover(force=True)
    page.locator("#tip.visible").wait_for()
    assert "UA" in page.locator("#tip").inner_text()
    assert "17 %" in page.locator("#tip").inner_text()


@pytest.mark.parametrize("name", ["example", "hostile"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 640)])
def test_nothing_is_wider_than_the_screen(visit, name, size):
    page = visit(name, size)
    opened(page, 0)
    for i in (1, 2, 3):
        opened(page, i)
    for more in page.locator(".more > summary").all():
        more.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_hostile_names_are_only_text(visit, made):
    page = visit("hostile")
    for i in range(len(made("hostile")["columns"])):
        opened(page, i)
    for place in page.locator(".chart[data-chart=nominal] .mark-rect path").all()[:3]:
        place.hover(force=True)
    assert page.evaluate("window.stolen") is None
    assert page.locator("img, main svg[onload], main b b").count() == 0
    assert page.locator("script").count() == 3


def test_columns_can_be_found_filtered_and_sorted(visit, made):
    page = visit("example")
    shown = lambda: page.locator(".column:visible .who b").all_inner_texts()  # noqa: E731
    assert len(shown()) == 13
    page.get_by_placeholder("Find a column").fill("DE")
    assert shown() == ["dewp", "dep_delay", "dest"]
    page.get_by_placeholder("Find a column").fill("")
    page.locator(".chip", has_text="calm").click()
    assert shown() == ["distance", "dewp", "carrier", "dep_delay", "visib"]
    page.get_by_label("Sort by").select_option("name")
    assert shown() == ["carrier", "dep_delay", "dewp", "distance", "visib"]
    assert page.locator("#controls output").inner_text() == "5 of 13 shown"


def test_keyboard_opens_a_column(visit, made):
    page = visit("example")
    page.locator("#column-1 > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#column-1 [data-drawn=yes]").first.wait_for()


def test_link_opens_its_column(visit):
    page = visit("example")
    page.evaluate("location.hash = 'column-2'")
    page.locator("#column-2 [data-drawn=yes]").first.wait_for()


def test_reopened_column_keeps_its_width_after_a_resize(visit):
    page = visit("example")
    column = opened(page, 0)
    column.locator("> summary").click()
    page.set_viewport_size({"width": 700, "height": 900})
    column.locator("> summary").click()
    page.wait_for_timeout(300)
    assert 300 < column.locator(".chart svg").first.bounding_box()["width"] <= 700


def test_text_has_contrast(visit):
    """Every token that colours text reaches 4.5 to 1 on both surfaces, marks of data 3 to 1."""
    for scheme in ("light", "dark"):
        page = visit("quiet", scheme=scheme)
        token = lambda name, page=page: page.evaluate(  # noqa: E731
            "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name
        )
        for surface in ("--paper", "--raised", "--hover"):
            for text in ("ink", "muted", "alarming", "notable", "unknown", "calm"):
                assert contrast(token(f"--{text}"), token(surface)) >= 4.5, (scheme, text, surface)
            for mark in ("reference", "current"):
                assert contrast(token(f"--{mark}"), token(surface)) >= 3, (scheme, mark, surface)


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

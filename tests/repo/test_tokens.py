"""Colours are said once: pictures have those of the style sheet, and name none that it lacks.

Owns: the tokens of figures, page and style sheet.  Does not own: what they look like.
"""

import re
from pathlib import Path

from vedette.report.figures import theme

SOURCE = Path(__file__).parents[2] / "src" / "vedette"
SHEET = (SOURCE / "web" / "static" / "vedette.css").read_text("utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", SHEET, re.S)
FIGURES = sorted((SOURCE / "report" / "figures").glob("*.py"))


def tokens(text: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+): *([^;]+);", text))


def test_pictures_have_the_light_colours_of_the_pages():
    sheet = tokens(LIGHT)
    assert {name: sheet[name] for name in theme.LIGHT} == theme.LIGHT


def test_every_colour_has_a_dark_value():
    colours = {name for name, value in tokens(LIGHT).items() if value.startswith("#")}
    assert colours == tokens(DARK).keys()
    assert theme.LIGHT.keys() <= colours


def test_figures_and_sheet_name_tokens_that_there_are():
    texts = [SHEET, *(path.read_text("utf-8") for path in FIGURES)]
    named = {name for text in texts for name in re.findall(r"var\((--[\w-]+)\)", text)}
    assert named
    assert named <= tokens(LIGHT).keys()


def test_figures_name_no_colour_but_tokens():
    for path in FIGURES:
        if path.name != "theme.py":
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text("utf-8")), path.name


def test_text_and_marks_can_be_told_from_the_paper():
    """WCAG 2.2, 1.4.3: text 4.5 to 1; 1.4.11: marks 3 to 1."""
    for scheme in (LIGHT, DARK):
        sheet = tokens(scheme)
        for name in ("--ink", "--muted", "--critical", "--warning", "--calm", "--current"):
            for ground in ("--paper", "--raised"):
                assert contrast(sheet[name], sheet[ground]) >= 4.5, (name, ground)
        assert contrast(sheet["--reference"], sheet["--paper"]) >= 3


def contrast(one: str, two: str) -> float:
    light, dark = sorted(map(luminance, (one, two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

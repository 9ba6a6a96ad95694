"""Every picture is well-formed, the same twice, has a title, and uses the colours that have a dark counterpart only."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from service.pictures import style
from tests.servers import ROOT

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["$\\frac{1}{", "a$b$c", "</title><script>", "\x00\x01", "--><x", "&amp;", "日本", "x" * 5000, "\\", "a\nb", "\ud800"]


def picture(name: str = "speed") -> bytes:
    figure, axes = style.new_figure()
    axes.plot([0, 1, 2], [3, 1, 2], label=style.label(name))
    axes.fill_between([0, 1, 2], [2, 0, 1], [4, 2, 3], alpha=0.2)
    axes.set_xlabel(style.label(name))
    axes.legend()
    return style.to_svg(figure, f"Title of {name}", f"Description of {name}")


def test_the_same_bytes_every_time() -> None:
    assert picture() == picture()
    program = "from tests.pictures.test_style import picture; import sys; sys.stdout.buffer.write(picture())"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True).stdout == picture()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_from_requests_are_text_and_nothing_else(name: str) -> None:
    root = ET.fromstring(picture(name))
    assert not list(root.iter(f"{SVG}script"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text or "").startswith("Title of ")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_every_colour_has_a_dark_counterpart() -> None:
    styles = re.findall(rb'style="([^"]*)"', picture())
    used = {colour.decode() for each in styles for colour in re.findall(rb"#[0-9a-f]{6}", each)}
    assert used
    assert used <= set(style.DARK)


def contrast(first: str, second: str) -> float:
    """The quotient of WCAG 2.2 for two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [style.INK, style.GREY, *style.CYCLE])
def test_lines_and_letters_are_seen_on_light_and_on_dark(colour: str) -> None:
    assert contrast(colour, style.PAPER) >= 4.5
    assert contrast(style.DARK[colour], style.DARK[style.PAPER]) >= 4.5


def test_matplotlib_is_not_loaded_before_it_is_needed() -> None:
    program = "import service.app, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0

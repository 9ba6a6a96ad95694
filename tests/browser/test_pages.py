"""The pages in Chromium: light and dark, narrow and wide, with and without scripts; nothing is asked of any other machine."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.transcript.page import HOST

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make test installs it")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FORMULA = "x^2*y + sin(x)"


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is missing: make test installs it where it is root on Debian")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visit:
    """A page, what it asked for and what it complained of."""

    def __init__(self, browser: playwright.Browser, **options: object) -> None:
        self.page = browser.new_context(**options).new_page()
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type in ("error", "warning") else None)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.page.context.close()


HOME, REFERENCE = ("/", "#at-work"), ("/docs", ".opblock")
VIEWS = [(*HOME, "light", 360), (*HOME, "dark", 360), (*HOME, "light", 1280), (*HOME, "dark", 1280)]
VIEWS += [(*REFERENCE, "light", 360), (*REFERENCE, "dark", 1280)]  # it takes a second to draw


@pytest.mark.parametrize(("path", "shown", "scheme", "width"), VIEWS)
def test_a_page_is_whole(browser: playwright.Browser, live_server: str, path: str, shown: str, scheme: str, width: int) -> None:
    with Visit(browser, viewport={"width": width, "height": 900}, color_scheme=scheme) as visit:
        visit.page.goto(live_server + path)
        visit.page.wait_for_selector(shown)
        assert visit.complaints == []
        assert [address for address in visit.requested if not address.startswith((live_server, "data:"))] == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width  # nothing sticks out
        paper = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 3 * 128) == (scheme == "dark")


def test_formulas_are_drawn_by_the_browser_itself(browser: playwright.Browser, live_server: str) -> None:
    with Visit(browser) as visit:
        visit.page.goto(live_server)
        formulas = visit.page.locator("#at-work ~ .formula math")
        assert formulas.count() == 5
        for i in range(5):
            box = formulas.nth(i).bounding_box()
            assert box is not None
            assert box["height"] > 10
            assert "&#" not in (formulas.nth(i).text_content() or "")
        assert "∇" in (formulas.nth(0).text_content() or "")


def test_an_expression_can_be_tried(browser: playwright.Browser, live_server: str) -> None:
    with Visit(browser) as visit:
        visit.page.goto(live_server)
        visit.page.fill("#expression", FORMULA)
        visit.page.click("button:has-text('gradient')")
        formula = visit.page.wait_for_selector("#result math")
        assert formula is not None
        assert "cos" in (formula.text_content() or "")
        visit.page.fill("#expression", "x^2 +")
        visit.page.click("button:has-text('gradient')")
        refusal = visit.page.wait_for_selector("#result .refused")
        assert refusal is not None
        assert "missing" in refusal.inner_text()


def test_it_can_be_tried_without_a_script(browser: playwright.Browser, live_server: str) -> None:
    with Visit(browser, java_script_enabled=False) as visit:
        visit.page.goto(live_server)
        visit.page.fill("#expression", FORMULA)
        visit.page.click("button:has-text('gradient')")
        visit.page.wait_for_url("**/v1/gradient**")
        assert "cos(x)" in visit.page.inner_text("body")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def course(tmp_path: Path) -> Iterator[str]:
    """Another origin, which serves a folder: the learning management system."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_page_of_the_guide_works_from_another_origin(browser: playwright.Browser, course: str, tmp_path: Path) -> None:
    guide = (servers.ROOT / "docs" / "guides" / "lms.md").read_text()
    found = re.search(r"```html\n(.*?)```", guide, flags=re.DOTALL)
    assert found is not None
    with servers.service(tmp_path, CORS_ORIGINS=course) as service, Visit(browser) as visit:
        (tmp_path / "course.html").write_text(found[1].replace(HOST, service))
        visit.page.goto(f"{course}/course.html")
        visit.page.click("button")
        formula = visit.page.wait_for_selector("#formula math")
        assert formula is not None
        assert "cos" in (formula.text_content() or "")
        visit.page.goto(f"{course.replace('127.0.0.1', 'localhost')}/course.html")  # an origin that is not allowed learns nothing
        with visit.page.expect_console_message(lambda message: "CORS" in message.text):
            visit.page.click("button")
        assert visit.page.locator("#formula math").count() == 0

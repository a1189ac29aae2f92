"""The page in a real browser: Debian's chromium, or another of its family, by Playwright.

Left out by default: `pytest -m browser`, with the extra `browser`, a browser on the path (or
named by BROWSER_PATH), and for one test the npm package axe-core (AXE_PATH, or below
node_modules).
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from report import formats, page
from tests import harness
from tests.unit import report_samples

pytestmark = pytest.mark.browser

# No network access of the browser's own; no sandbox, because it does not run as root.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATHS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start a browser without a window, or skip with the reason."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: --extra browser"
    )
    found = (shutil.which(name) for name in PATHS)
    path = os.environ.get("BROWSER_PATH") or next(filter(None, found), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(PATHS)} is on the path")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the page of six made-up platforms; return its address."""
    directory = tmp_path_factory.mktemp("site")
    places, _ = formats.gather([report_samples.write(directory)])
    path = directory / "index.html"
    path.write_text(page.render(places), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make the page of one made-up platform; return its address."""
    path = tmp_path_factory.mktemp("single") / "index.html"
    path.write_text(page.render([formats.Place(report_samples.support(0))]), "utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser: Any, site: str) -> Iterator[Any]:
    """Return a function that opens a page; fail at the end if it fetched or logged anything.

    address: of a page other than that of six platforms.
    """
    complaints: list[str] = []
    addresses: list[str] = []
    contexts = []

    def opened(address: str = site, **options: Any) -> Any:
        addresses.append(address)
        context = browser.new_context(**options)
        context.set_default_timeout(120_000)  # ms, for a slow machine
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "request", lambda r: complaints.append(r.url) if not r.url.startswith("data:") else None
        )
        tab.goto(address)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert [line for line in complaints if line not in addresses] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(visit: Any, scheme: str, size: dict[str, int]) -> None:
    """With all details open: contrast, names, headings, tables, scrolling by keyboard."""
    given = os.environ.get("AXE_PATH")
    axe = Path(given) if given else harness.ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed: npm install axe-core, or AXE_PATH")
    tab = visit(viewport=size, color_scheme=scheme)
    tab.evaluate(OPEN_ALL)
    tab.evaluate(axe.read_text("utf-8"))
    result = tab.evaluate("axe.run()")
    assert [
        (v["id"], [node["html"][:200] for node in v["nodes"]]) for v in result["violations"]
    ] == []
    assert len(result["passes"]) > 20


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "open"])
def test_nothing_is_wider_than_a_phone(visit: Any, opened: bool) -> None:
    """Tables scroll separately, and their first column stays in view."""
    tab = visit(viewport=PHONE)
    if opened:
        tab.evaluate(OPEN_ALL)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    table = tab.locator("#support .scroll").first
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    first = tab.locator("#support tbody th").first
    before = first.bounding_box()["x"]
    table.evaluate("e => e.scrollLeft = 200")
    assert abs(first.bounding_box()["x"] - before) <= 1
    smallest = tab.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')].filter(e => e.checkVisibility() &&"
        " e.childNodes.length && e.tagName != 'symbol' && e.textContent.trim())"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 11


def test_the_families_can_be_read_on_a_phone(visit: Any, single: str) -> None:
    """The first five are beside the names; the words of the letters are below the table."""
    tab = visit(single, viewport={"width": 390, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    head = tab.locator(".families thead th").nth(5).bounding_box()
    assert head["x"] + head["width"] <= 390
    assert tab.locator(".letters").is_visible()
    assert not tab.locator(".families thead small").first.is_visible()


def test_the_keyboard_reaches_the_reasons(visit: Any) -> None:
    """Tab and Enter are enough for the skip link, a transport and the reason of a clause."""
    tab = visit(viewport=DESK)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "To the content"
    seen = set()
    for _ in range(120):
        tab.keyboard.press("Tab")
        tag = tab.evaluate("document.activeElement.tagName")
        text = tab.evaluate("document.activeElement.textContent")
        seen.add(tag)
        if tag == "SUMMARY" and text.startswith("unix"):
            break
    else:
        pytest.fail("the transport was not reached")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")  # the table, which scrolls
    reason = tab.locator("details.transport[open] td.f details").first
    assert not reason.locator("small").is_visible()
    reason.locator("summary").focus()
    tab.keyboard.press("Enter")
    assert reason.locator("small").is_visible()
    assert "HANG" in reason.locator("small").inner_text()


def test_a_link_opens_what_it_leads_to(visit: Any) -> None:
    """The link leads from the matrix to the clauses of a transport."""
    tab = visit(viewport=DESK)
    tab.locator("#support .matrix tbody th a", has_text=re.compile("^shm$")).click()
    opened = tab.locator("details.transport[open]")
    assert opened.count() == 1
    assert opened.locator("h3").inner_text() == "shm"


def test_outcomes_do_not_rest_on_colour(visit: Any) -> None:
    """Each outcome has a word and a sign."""
    tab = visit(viewport=DESK, forced_colors="active")
    tab.evaluate(OPEN_ALL)
    signs = ((":not([class])", "pass", "✓"), (".f", "fail", "✕"), (".s", "skip", "–"))
    for kind, word, sign in signs:
        cell = tab.locator(f".clauses td{kind}").first
        assert cell.inner_text().strip().startswith(word)
        assert sign in cell.evaluate("e => getComputedStyle(e, '::before').content")


def test_it_prints(visit: Any) -> None:
    """In black on white, also if the screen is dark, and with the reasons."""
    tab = visit(viewport=DESK, color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    colours = (
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert tab.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert not tab.locator("nav").is_visible()
    assert tab.locator("details:not([open])").count() > 9
    hidden = "[...document.querySelectorAll('main td')].filter(e => !e.checkVisibility()).length"
    assert tab.evaluate(hidden) == 0, "closed on the screen, open on paper"
    assert len(tab.pdf(format="A4")) > 10_000

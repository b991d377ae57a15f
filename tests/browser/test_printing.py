"""The site as one PDF: its links lead somewhere, and nothing is cut or dark."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from literate.printing import Printed, join_pages, show_joined

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SITE = Path(__file__).parents[2] / "site"
# The paper is 210 mm wide, its margins are 25 mm.
COLUMN = round(160 / 25.4 * 96)
# The ground of code in a line hangs over by its padding.
BEYOND = """() => [...document.querySelectorAll("article *")]
    .filter(e => e.getClientRects().length && !e.closest(".visually-hidden"))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 4
        || e.clientWidth && e.scrollWidth > e.clientWidth + 1
            && getComputedStyle(e).overflowX != "visible")
    .map(e => `${e.closest("article").id}: ${e.outerHTML.slice(0, 120)}`)"""
INKS = """() => {
    const inks = {}
    for (const e of document.querySelectorAll("article *")) {
        const texts = [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE)
        if (!e.getClientRects().length || !texts.some(n => n.data.trim())) continue
        const {color, fill} = getComputedStyle(e)
        inks[e instanceof SVGElement ? fill : color] = e.outerHTML.slice(0, 120)
    }
    return inks
}"""
SEEN = """() => [...document.querySelectorAll("a[href]")]
    .filter(a => a.getClientRects().length).map(a => a.getAttribute("href"))"""


@pytest.fixture(scope="module")
def joined():
    """Join the built pages, in any order."""
    pages = [path.parent.relative_to(SITE) for path in SITE.rglob("index.html")]
    if not pages:
        assert not os.environ.get("CI"), "CI has not built the site"
        pytest.skip("needs the built site (mkdocs build)")
    urls = [f"{page.as_posix()}/".removeprefix("./") for page in pages]
    return join_pages([Printed(url, url) for url in urls], SITE, "All", "")


@pytest.fixture(scope="module")
def paper(browser, joined):
    """Show what is printed, as wide as the column, to a reader who likes it dark."""
    context = browser.new_context(
        viewport={"width": COLUMN, "height": 900}, color_scheme="dark"
    )
    tab = context.new_page()
    tab.emulate_media(media="print")
    show_joined(tab, joined, SITE)
    yield tab
    context.close()


@pytest.fixture(scope="module")
def pdf():
    """Read the PDF that was built with the site."""
    made = list(SITE.glob("*.pdf"))
    if not made:
        assert not os.environ.get("CI"), "CI has not printed the site"
        pytest.skip("needs the printed site (PRINTED=voronet.pdf mkdocs build)")
    return made[0].read_bytes()


def read_name(name):
    """Decode a name of a PDF, in which #2F stands for a stroke."""
    code = re.sub(rb"#(..)", lambda found: bytes.fromhex(found[1].decode()), name)
    return code.decode()


def test_every_name_in_the_joined_pages_is_one_place(joined):
    names = re.findall(r'<[^<>]* id="([^"]*)"', joined)
    assert len(names) > 500
    assert len(names) == len(set(names))
    asked = {unquote(name) for name in re.findall(r'<a [^<>]*href="#([^"]*)"', joined)}
    assert len(asked) > 200
    assert asked <= set(names), asked - set(names)


def test_nothing_printed_is_wider_than_the_column(paper):
    assert paper.evaluate("document.querySelectorAll('.equation math').length") > 80
    beyond = paper.evaluate(BEYOND)
    assert not beyond, "\n".join(beyond)


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_ink_is_dark_and_paper_is_white(paper, scheme):
    paper.evaluate(f"document.body.dataset.mdColorScheme = '{scheme}'")
    style = "getComputedStyle(document.body)"
    assert paper.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    for ink, where in paper.evaluate(INKS).items():
        assert contrast_to_white(ink) >= 4.5, f"{ink}: {where}"


def contrast_to_white(colour):
    """Return the contrast of the WCAG between a colour of CSS and white."""
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
    if colour.startswith("rgb"):
        parts = [part / 255 for part in parts]
    linear = [((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.05 + sum(map(float.__mul__, (0.2126, 0.7152, 0.0722), linear)))


def test_links_of_the_pdf_lead_to_places_in_it(pdf, paper):
    (number,) = re.findall(rb"/Dests (\d+) 0 R", pdf)
    (places,) = re.findall(rb"\n" + number + rb" 0 obj\n(.*?)endobj", pdf, re.DOTALL)
    places = {read_name(name) for name in re.findall(rb"/(\S+) \[", places)}
    asked = re.findall(rb"/Subtype /Link.*?/Dest /(\S+)", pdf, re.DOTALL)
    asked = {read_name(name) for name in asked}
    assert asked <= places, asked - places
    # None of them was lost on the way.
    seen = paper.evaluate(SEEN)
    inside = {unquote(href[1:]) for href in seen if href.startswith("#")}
    assert inside <= asked, inside - asked
    assert b"/Outlines" in pdf
    assert len(pdf) < 15_000_000

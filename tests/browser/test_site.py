"""The built site in a real browser: links, requests, widths, schemes, weight."""

import functools
import gzip
import http.server
import os
import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SITE = Path(__file__).parents[2] / "site"
PAGES = [
    path.relative_to(SITE).parent.as_posix().removeprefix(".")
    for path in sorted(SITE.rglob("index.html"))
]


@pytest.fixture(scope="module")
def address():
    """Serve the built site on a port of its own."""
    if not PAGES:
        assert not os.environ.get("CI"), "CI has not built the site"
        pytest.skip("needs the built site (mkdocs build)")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(browser, address):
    """Open a page; fail on a console error, a page error or a request elsewhere."""
    contexts, wrong, answers = [], [], []

    def opened(page, width=1280, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        tab.on("request", lambda r: foreign(r.url) and wrong.append(f"asks {r.url}"))
        tab.on("response", lambda answer: answers.append(answer))
        tab.goto(urljoin(address, f"{page}/" if page else ""), wait_until="networkidle")
        return tab

    def foreign(url):
        return not url.startswith((address, "data:", "blob:"))

    opened.answers = answers
    yield opened
    for context in contexts:
        context.close()
    assert not wrong, wrong


class Anchors(HTMLParser):
    """What a page points to, and what in it can be pointed at."""

    def __init__(self, html):
        super().__init__()
        self.targets, self.names = [], set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.names |= {found[key] for key in ("id", "name") if found.get(key)}
        for key in ("href", "src", "poster"):
            if found.get(key) and tag not in ("use", "image"):
                self.targets.append(found[key])


@pytest.mark.skipif(not PAGES, reason="needs the built site (mkdocs build)")
def test_every_link_leads_somewhere():
    pages = {path: Anchors(path.read_text()) for path in SITE.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        here = f"http://site/{path.parent.relative_to(SITE).as_posix()}/"
        for target in page.targets:
            url, anchor = urldefrag(urljoin(here, target))
            if urlsplit(url).netloc != "site":
                continue
            file = SITE / unquote(urlsplit(url).path).lstrip("/")
            file = file / "index.html" if file.is_dir() else file
            if not file.exists():
                broken.append(f"{path.relative_to(SITE)}: {target}: no such file")
            elif anchor and unquote(anchor) not in pages[file].names:
                broken.append(f"{path.relative_to(SITE)}: {target}: no such anchor")
    assert not broken, "\n".join(broken)


WIDTHS = (320, 390, 768, 1280)
# These have all kinds of elements between them: they are looked at in both schemes.
BOTH = ("", "derive/network", "run/first-run", "lists", "api")
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .filter(e => !e.closest("pre, .eq-body, .eq-long, .md-typeset__scrollwrap, math"))
    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("page", PAGES or [""])
def test_a_page_is_light_fits_every_window_and_is_accessible(open_page, page):
    # One visit, since opening a page takes longer than all that is asked of it.
    tab = open_page(page, WIDTHS[-1], color_scheme="dark")
    weight = sum(
        len(gzip.compress(answer.body()))
        for answer in open_page.answers
        if answer.status == 200 and not answer.url.endswith((".woff2", ".mp4"))
    )
    allowed = 150_000 if page.startswith("derive/") else 400_000
    assert weight <= allowed, f"{weight} bytes, compressed, of {allowed}"
    tab.evaluate("document.fonts.ready")
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    schemes = ("dark", "light") if page in BOTH else ("dark",)
    for scheme in schemes:
        if scheme == "light":
            tab.locator("[data-md-component=palette] label:visible").click()
            tab.wait_for_timeout(300)
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", paper)[:3])) > 3 * 128
        assert light == (scheme == "light"), f"{scheme}: the paper is {paper}"
        found = Axe().run(tab, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        # What slides in or out takes a moment.
        for _ in range(30):
            beyond = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            if beyond <= 0:
                break
            tab.wait_for_timeout(100)
        assert beyond <= 0, f"{beyond} px wider than {width}: {tab.evaluate(TOO_WIDE)}"


def test_mathematics_needs_no_script(open_page):
    tab = open_page("derive/backprop", java_script_enabled=False)
    assert tab.locator(".equation math").count() > 20
    assert tab.locator(".equation math").first.is_visible()


def test_the_fonts_are_our_own(open_page):
    tab = open_page("derive/backprop")
    tab.evaluate("document.fonts.ready")
    loaded = tab.evaluate(
        "[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)"
    )
    names = {name.strip('"') for name in loaded}
    assert names >= {"Libertinus Serif", "TeX Gyre Pagella Math", "Iosevka"}, names


def test_search_finds_a_page(open_page):
    tab = open_page("")
    tab.locator(".md-search__input").fill("bias correction")
    found = tab.locator(".md-search-result__item a[href*='derive/adam']")
    found.filter(has_text="bias").first.wait_for(state="attached")


def test_the_scheme_can_be_changed_by_hand(open_page):
    tab = open_page("derive/data", color_scheme="light")
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.locator("label[for=__palette_1]").click()
    tab.wait_for_function(
        f"getComputedStyle(document.body).backgroundColor != '{before}'"
    )

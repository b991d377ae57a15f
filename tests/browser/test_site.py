"""The built site in a real browser: links, requests, widths, schemes, weight."""

import gzip
import os
import re
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
def address(serve):
    """Serve the built site below a path, on a port of its own."""
    if not PAGES:
        assert not os.environ.get("CI"), "CI has not built the site"
        pytest.skip("needs the built site (mkdocs build)")

    return f"{serve(SITE.parent)}{SITE.name}/"


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
        tab.on("console", lambda m: m.type == "error" and said(m))
        tab.on("request", lambda r: foreign(r.url) and wrong.append(f"asks {r.url}"))
        tab.on("response", lambda answer: answers.append(answer))
        url = page if "://" in page else urljoin(address, f"{page}/" if page else "")
        tab.goto(url, wait_until="networkidle")
        return tab

    def said(message):
        # Chromium preloads no font of a page that is opened as a file, and says so.
        if "file://" not in message.location["url"] + message.text:
            wrong.append(message.text)

    def foreign(url):
        return not url.startswith((address, SITE.as_uri(), "data:", "blob:"))

    opened.answers = answers
    yield opened
    for context in contexts:
        context.close()
    assert not wrong, wrong


def wait(tab, condition):
    """Wait until a condition holds; Playwright's own way is against the policy."""
    for _ in range(100):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(100)
    raise AssertionError(f"never: {condition}")


def move(tab):
    """Move the mouse about, as a reader does; the theme's script waits for that."""
    shown = tab.locator("[data-md-component=palette] label:visible")
    for i in range(300):
        tab.mouse.move(i % 2, 200)
        tab.wait_for_timeout(100)
        if shown.count():
            return
    raise AssertionError("the theme's script was not loaded")


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
# Contrast depends on the colours, the size and the weight of a text alone, and takes
# long to measure: mark one text of each kind.
MARK_KINDS_OF_TEXT = """() => {
    const marked = new Set(), plain = ["rgba(0, 0, 0, 0)", "none", "1"]
    for (const e of document.querySelectorAll("[data-kind]")) delete e.dataset.kind
    for (const e of document.querySelectorAll("body *")) {
        const texts = [...e.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)
        if (!texts.some(node => node.data.trim())) continue
        const {color, fontSize, fontWeight} = getComputedStyle(e)
        const kind = [color, fontSize, fontWeight]
        for (let around = e; around; around = around.parentElement) {
            const {backgroundColor, backgroundImage, opacity} = getComputedStyle(around)
            kind.push(backgroundColor, backgroundImage, opacity)
        }
        const name = kind.filter(part => !plain.includes(part)).join()
        if (!marked.has(name)) e.setAttribute("data-kind", marked.add(name).size)
    }
}"""
MARKED_ALONE = '{rules: [{id: "color-contrast", selector: "[data-kind]"}]}'
axe = Axe(f"{Axe().axe_script}; axe.configure({MARKED_ALONE})")
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .filter(e => !e.closest("pre, .eq-body, .eq-long, .md-typeset__scrollwrap, math"))
    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
# In narrow windows the contents of the page, and of the site, are put away.
BESIDE_OVER_CONTENTS = """() => {
    if (!matchMedia("(min-width: 76.25em)").matches) return []
    const sides = [...document.querySelectorAll(".md-nav .md-nav__link")]
        .map(e => e.getBoundingClientRect()).filter(r => r.width && r.height)
    return [...document.querySelectorAll(".beside")].filter(e => {
        const {left, right} = e.getBoundingClientRect()
        return right > left && sides.some(r => r.right > left && r.left < right)
    }).map(e => e.textContent.slice(0, 60))
}"""
# It does in a window as high as the page.
EACH_HAS_ITS_BUTTON = """document.querySelectorAll(".md-code__nav").length ===
    document.querySelectorAll(".md-typeset pre > code").length"""
COVERED = """() => [...document.querySelectorAll(".md-code__nav")].flatMap(button => {
    const {left, right, top, bottom} = button.getBoundingClientRect()
    const text = document.createRange()
    text.selectNodeContents(button.parentElement.querySelector("code"))
    return [...text.getClientRects()]
        .filter(r => r.right > left && r.left < right)
        .filter(r => r.bottom > top && r.top < bottom)
        .map(() => text.toString().slice(0, 60))
})"""


@pytest.mark.parametrize("page", PAGES or [""])
def test_a_page_is_light_fits_every_window_and_is_accessible(open_page, page):
    # One visit, since opening a page takes longer than all that is asked of it.
    tab = open_page(page, WIDTHS[-1], color_scheme="dark")
    weight = sum(
        len(gzip.compress(answer.body()))
        for answer in open_page.answers
        if answer.status == 200 and not answer.url.endswith((".woff2", ".mp4"))
    )
    allowed = 100_000 if page.startswith("derive/") else 200_000
    assert weight <= allowed, f"{weight} bytes, compressed, of {allowed}"
    move(tab)
    tab.evaluate("document.fonts.ready")
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    # What is not rendered yet keeps the colours and the size that it had.
    tab.add_style_tag(content="* { content-visibility: visible !important; }")
    # Only colours are other in the other scheme.
    for scheme, rules in (("dark", {}), ("light", {"runOnly": ["color-contrast"]})):
        if scheme == "light":
            tab.locator("[data-md-component=palette] label:visible").click()
            tab.wait_for_timeout(300)
        paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", paper)[:3])) > 3 * 128
        assert light == (scheme == "light"), f"{scheme}: the paper is {paper}"
        tab.evaluate(MARK_KINDS_OF_TEXT)
        found = axe.run(tab, options={"resultTypes": ["violations"], **rules})
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    height = tab.evaluate("document.documentElement.scrollHeight")
    tab.set_viewport_size({"width": WIDTHS[-1], "height": height})
    wait(tab, EACH_HAS_ITS_BUTTON)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        # What slides in or out takes a moment.
        for _ in range(30):
            beyond = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            if beyond <= 0:
                break
            tab.wait_for_timeout(100)
        assert beyond <= 0, f"{beyond} px wider than {width}: {tab.evaluate(TOO_WIDE)}"
        aside = tab.evaluate(BESIDE_OVER_CONTENTS)
        assert not aside, f"{width}: code covers the contents: {aside}"
        covered = tab.evaluate(COVERED)
        assert not covered, f"{width}: a button covers code: {covered}"


def test_mathematics_needs_no_script(open_page):
    tab = open_page("derive/backprop", java_script_enabled=False)
    assert tab.locator(".equation math").count() > 10
    assert tab.locator(".equation math").first.is_visible()


def test_what_a_reader_points_at_is_explained(open_page):
    tab = open_page("derive/backprop", has_touch=True)
    card, title = tab.locator("#explain-card"), tab.locator("h1")
    hidden = tab.locator("[id='eq:delta-hidden']")
    told = "document.querySelector('#explain-card code')?.innerText == '{}'"
    delta, weights = (hidden.locator("[data-row]").nth(n) for n in (0, 1))

    def texts(selector):
        return tab.locator(selector).all_text_contents()

    # By the mouse: the card stands beside the symbol, and stays under the mouse.
    delta.hover()
    card.wait_for()
    wait(tab, told.format("delta[k]"))
    assert "voronet.backpropagate" in card.inner_text()
    assert len(texts("math .explained")) > 20
    assert set(texts(".highlight .explained")) == {"delta"}
    symbol, box = delta.bounding_box(), card.bounding_box()
    above, below = sorted((symbol, box), key=lambda place: place["y"])
    assert above["y"] + above["height"] <= below["y"], "the card covers the symbol"
    card.hover()
    tab.wait_for_timeout(500)
    assert card.is_visible()
    tab.keyboard.press("Escape")
    assert not card.is_visible()
    assert not texts(".explained")
    weights.hover()
    wait(tab, told.format("weights[k-1]"))
    blocks = texts(":is(.beside, .highlight):has(.n.explained)")
    assert any("def backpropagate(" in block for block in blocks)
    # A reference shows its equation, and the mouse that leaves closes the card.
    reference = tab.locator("a.eq-ref[href*='eq:delta-hidden']").first
    reference.hover()
    shown = "document.querySelector('#explain-card math[display=block]')"
    wait(tab, f"{shown}?.textContent.includes('δ')")
    title.hover()
    card.wait_for(state="hidden")
    # By keys: a display is one stop, in which the arrow keys go from symbol to symbol.
    hidden.locator(".eq-number").focus()
    tab.keyboard.press("Shift+Tab")
    card.wait_for()
    assert "delta[k]" in card.inner_text()
    tab.keyboard.press("ArrowRight")
    wait(tab, told.format("weights[k-1]"))
    described = tab.evaluate("document.activeElement.getAttribute('aria-describedby')")
    assert described == "explain-card"
    found = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    tab.keyboard.press("Tab")
    assert not card.is_visible()
    # A paragraph is one stop, too; the keys go through all its formulas.
    text = tab.locator("p:has(math ~ math)").first
    assert text.locator("math[tabindex]").count() == 1
    text.locator("math[tabindex]").focus()
    card.wait_for()
    symbols = text.locator("[data-row]")
    for n in range(1, symbols.count()):
        tab.keyboard.press("ArrowRight")
        symbols.nth(n).and_(tab.locator(".explained")).wait_for()
    tab.keyboard.press("Escape")
    # A letter that counts has a card, too.
    tab.locator("p mi[data-row]", has_text=re.compile("^k$")).first.hover()
    wait(tab, "document.querySelector('#explain-card').innerText.includes('a layer')")
    title.hover()
    card.wait_for(state="hidden")
    # The mark copies the LaTeX of its equation.
    tab.context.grant_permissions(["clipboard-read"])
    hidden.locator("summary").click()
    hidden.locator(".md-code__button").click()
    wait(tab, "navigator.clipboard.readText().then(t => t.includes('eq:delta-hidden'))")
    # By a finger, in a sentence: a tap opens, and a tap elsewhere closes.
    tab.locator("p [data-row]").first.tap()
    card.wait_for()
    tab.wait_for_timeout(500)
    assert card.is_visible()
    tab.touchscreen.tap(2, 300)
    assert not card.is_visible()


def test_the_weights_are_not_taken_for_their_gradient(open_page):
    # The code of `gradient` has a list `weights`, which holds derivatives.
    tab = open_page("derive/gradient")
    told = "document.querySelector('#explain-card code')?.innerText == '{}'"
    block = tab.locator(".beside, .highlight").filter(has_text="def gradient(").first
    marked = block.locator(".n.explained")
    display = tab.locator("[id='eq:gradient-weights'] [data-row]")
    display.first.hover()
    wait(tab, told.format("gradient.weights[k-1]"))
    assert set(marked.all_text_contents()) == {"weights"}
    tab.keyboard.press("Escape")
    tab.locator("p:has-text('like') [data-row]:has-text('W')").last.hover()
    wait(tab, told.format("weights[k-1]"))
    assert not marked.count()


def test_the_fonts_are_our_own(open_page):
    tab = open_page("derive/backprop")
    tab.evaluate("document.fonts.ready")
    loaded = tab.evaluate(
        "[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)"
    )
    names = {name.strip('"') for name in loaded}
    assert names >= {"Libertinus Serif", "TeX Gyre Pagella Math", "Iosevka"}, names


# What a reader may look for, and where it is explained.
EXPLAINED = {
    "delta": "derive/backprop/",
    "δ": "derive/backprop/",
    "sigmoid": "derive/network/",
    "Hadamard": "derive/backprop/",
    "bias correction": "derive/adam/",
    "learning rate": "run/adam/",
    "Adam.step": "derive/adam/",
}
UPDATE = re.compile(r'id="(eq:adam-update)"[^>]*aria-label="Equation ([^"]*)"')


def type_words(tab, words):
    """Put words into the search, which looks at them when a key comes up."""
    tab.locator(".md-search__input").fill(words)
    tab.keyboard.press("Shift")


@pytest.mark.parametrize("opened_as", ["a site", "a file"])
def test_search_finds_the_chapter_first(open_page, opened_as):
    # A file has no server: no worker may start, and no JSON may be asked for.
    tab = open_page("" if opened_as == "a site" else (SITE / "index.html").as_uri())
    move(tab)
    adam = (SITE / "derive" / "adam" / "index.html").read_text()
    label, number = UPDATE.search(adam).groups()
    equations = dict.fromkeys([number, f"({number})"], f"derive/adam/#{label}")
    for words, page in (EXPLAINED | equations).items():
        type_words(tab, "")
        wait(tab, "!document.querySelector('.md-search-result__item')")
        type_words(tab, words)
        # The first result is a page, and then comes the place on it.
        found = tab.locator(".md-search-result__item a").nth(int("#" in page))
        found.wait_for(state="attached", timeout=30_000)
        assert f"/{page}" in found.evaluate("a => a.href"), words
        # Mathematics reads as text, and the records of equations are not there.
        text = found.text_content()
        assert not re.search(r"\\\w|Greatest error|annotation", text), text


def test_links_work_in_a_site_that_is_opened_as_files(open_page):
    tab = open_page((SITE / "index.html").as_uri())
    tab.locator("a.v-begin").click()
    tab.wait_for_url("**/derive/data/index.html")
    assert tab.locator("h1").inner_text().strip("#¶ ") == "The data rule"


def test_every_page_states_which_scripts_may_run():
    for path in SITE.rglob("*.html"):
        policy = r'http-equiv="Content-Security-Policy" content="([^"]*)"'
        found = re.search(policy, path.read_text())
        assert found, f"{path}: no policy"
        scripts = re.search("script-src ([^;]*)", found[1])[1]
        assert not re.search("unsafe|data:", scripts), f"{path}: {scripts}"


def test_the_page_that_says_there_is_none_leads_to_all_others():
    targets = Anchors((SITE / "404.html").read_text()).targets
    for page in filter(None, PAGES):
        assert f"/{page}/" in targets, f"404.html does not lead to {page}"


def test_paper_is_light_and_holds_every_equation(open_page):
    # As wide as A4 with margins of a centimetre, at 96 pixels to the inch.
    tab = open_page("derive/network", 718, color_scheme="dark")
    tab.emulate_media(media="print")
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", paper)[:3])) > 3 * 200, paper
    widest = "Math.max(...Array.from(document.querySelectorAll('.equation math'),"
    assert tab.evaluate(widest + "m => m.getBoundingClientRect().right))") <= 718


def test_the_scheme_can_be_changed_by_hand(open_page):
    tab = open_page("derive/data", color_scheme="light")
    move(tab)
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.locator("label[for=__palette_1]").click()
    wait(tab, f"getComputedStyle(document.body).backgroundColor != '{before}'")


def test_a_mark_opens_to_the_line_with_numbers(open_page):
    tab = open_page("derive/backprop")
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    hidden = tab.locator("[id='eq:delta-hidden']")
    hidden.locator("summary").focus()
    tab.keyboard.press("Enter")
    numbers = hidden.locator(".eq-numbers")
    numbers.locator("math").wait_for()
    assert "k = 2, sample 2" in numbers.inner_text()
    # A column on the left; a matrix and two columns on the right.
    assert numbers.locator("mn").count() == 10
    assert numbers.locator("mi").all_text_contents() == ["⊤", "σ"]
    # Opened again, it is there once.
    for _ in range(2):
        hidden.locator("summary").click()
    assert numbers.count() == 1
    assert sum(url.endswith("/numbers.js") for url in asked) == 1
    found = Axe().run(tab, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()

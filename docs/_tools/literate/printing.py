"""Prints the whole site as one PDF: a list of the pages, then each page, with links that lead to places in the PDF.

The built pages are joined into one document, which Chromium prints. What paper leaves out or shows otherwise,
the site's own style sheet says under `@media print`.
"""

import re
import shutil
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from mkdocs.exceptions import PluginError

# Quotes may hold a bracket; text has none.
TAG = re.compile(r"""<[a-zA-Z](?:[^"'>]|"[^"]*"|'[^']*')*>""")
NAME = re.compile(r' id="([^"]*)"')
ADDRESS = re.compile(r' ((?:xlink:)?href|src|poster)="([^"]*)"')
# Scripts do nothing on paper, and all pictures are seen.
UNPRINTED = re.compile(r'<script\b.*?</script>| loading="lazy"', re.DOTALL)
# Where the document and the files of the site are while it is printed.
ROOT = "http://site/"
STYLE = """
@page { size: A4; margin: 18mm 25mm 22mm; @bottom-center { content: counter(page); font: 9pt serif; } }
@page :first { @bottom-center { content: none; } }
html { font-size: 16px; }
article + article { break-before: page; }
.printed-contents { columns: 2; }
.printed-contents li { list-style: none; break-inside: avoid; }
"""


class Printed(NamedTuple):
    """A page: its address below that of the site, its title, and that of its section."""

    url: str
    title: str
    section: str = ""


def print_site(name: str, html: str, site: Path) -> None:
    """Print the joined pages of a built site into a file of this name in its folder."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise PluginError(f"{name}: Chromium prints it, and Playwright, which starts Chromium, is not installed") from None
    chromium = shutil.which("chromium")
    if chromium is None:
        raise PluginError(f"{name}: Chromium prints it, and there is no command chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        show_joined(tab, html, site)
        tab.pdf(path=site / name, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        browser.close()


def show_joined(tab: Any, html: str, site: Path) -> None:
    """Show the joined pages in a tab of a browser, which finds the files of the site beside them."""

    def answer(route: Any) -> None:
        path = site / unquote(urlsplit(route.request.url).path)[1:]
        if path == site:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(path=path)

    tab.route(f"{ROOT}**", answer)
    tab.goto(ROOT)
    tab.evaluate("document.fonts.ready")


def join_pages(pages: list[Printed], site: Path, title: str, about: str, address: str = "") -> str:
    """Return the built pages as one document; what is no page is linked where the site has an address."""
    urls = {page.url for page in pages}
    built = {url: UNPRINTED.sub("", (site / url / "index.html").read_text(encoding="utf-8")) for url in urls}

    def place(page: str, asked: str, link: bool) -> str | None:
        """Return where an address on a page leads from the document."""
        url = urlsplit(urljoin(ROOT + page, unescape(asked)))
        path = url.path[1:]
        if not url.geturl().startswith(ROOT):
            return url.geturl()
        if path in urls:
            return f"#{name_place(path, unquote(url.fragment))}"
        if link:
            return urljoin(address, path) if address else None
        return path

    def move(page: str, html: str) -> str:
        """Return HTML of a page with its names and addresses as they are in the document."""

        def write_address(found: re.Match[str], link: bool) -> str:
            led = place(page, found[2], link)
            return "" if led is None else f' {found[1]}="{escape(led)}"'

        def write_tag(found: re.Match[str]) -> str:
            tag = NAME.sub(lambda name: f' id="{name_place(page, name[1])}"', found[0])
            tag = tag.replace("url(#", f"url(#{name_place(page)}")
            return ADDRESS.sub(lambda asked: write_address(asked, tag.startswith("<a ")), tag)

        return TAG.sub(write_tag, html)

    first = built[pages[0].url]
    sheets = move(pages[0].url, "".join(re.findall('<link rel="stylesheet"[^>]*>', first)))
    (body,) = re.findall("<body[^>]*>", first)
    listed = ""
    for section, group in groupby(pages, lambda page: page.section):
        links = "".join(f'<li><a href="#{name_place(page.url)}">{page.title}</a></li>' for page in group)
        listed += f"<li>{section}<ul>{links}</ul></li>" if section else links
    contents = f'<h1>{escape(title)}</h1><p>{escape(about)}</p><ul class="printed-contents">{listed}</ul>'
    articles = ["".join(re.findall("<article.*</article>", built[page.url], re.DOTALL)) for page in pages]
    front = re.sub(r"(<article[^>]*>).*", lambda found: f"{found[1]}{contents}</article>", articles[0], flags=re.DOTALL)
    # A page begins where its article does.
    named = (article.replace("<article", '<article id=""', 1) for article in articles)
    joined = "".join(move(page.url, article) for page, article in zip(pages, named, strict=True))
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>{sheets}<style>{STYLE}</style>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head>{body}{front}{joined}</body></html>'


def name_place(page: str, anchor: str = "") -> str:
    """Name a place in the document. The address of a page is a name that no other has, or for the first none at all."""
    return f"{page or './'}{anchor}"

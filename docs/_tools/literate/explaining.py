"""What can be told of the equations once all pages are there: where each is used, and what a script explains.

The script shows the row of the notation table to a reader who points at a symbol, and the equation to one who points at
a reference. It loads both as one file when it is first asked, and as another the equations with numbers for their symbols,
for a reader who opens the mark of one.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import starmap
from typing import Any

from bs4 import BeautifulSoup
from mkdocs.utils import get_relative_url

from literate.equations import Record
from literate.maths import typeset

# By patterns, since this is HTML that the extensions wrote, and to parse all pages takes seconds of each build.
EQUATION = re.compile(
    r'<div class="equation" id="([^"]+)"[^>]*><div class="eq-body"[^>]*>(.*?)</div>.*?(?=</dl></details></div>)', re.DOTALL
)
# The headings of a page, and the references below each.
SECTION = re.compile(r'<h[1-6] id="([^"]+)"[^>]*>(.*?)</h[1-6]>|<a class="eq-ref" href="[^"]*#([^"]+)"', re.DOTALL)
# What a page has for copying, for links and for the script itself.
UNSHOWN = re.compile(r'<annotation.*?</annotation>|<a class="headerlink".*?</a>| data-row="\d+"', re.DOTALL)


def complete_marks(pages: Sequence[Any], notation: str) -> None:
    """Add to the mark of each equation links to the sections that use it, and to the notation table."""
    uses: dict[str, dict[tuple[str, str, str], None]] = {}
    titles = {page.url: str(page.title) for page in pages}
    table = next((page.url for page in pages if page.file.src_uri == notation), None)
    for page in pages:
        anchor = words = ""
        for heading, inside, label in SECTION.findall(page.content):
            if heading:
                anchor, words = heading, UNSHOWN.sub("", inside)
            else:
                uses.setdefault(label, {})[page.url, anchor, words] = None

    def write_facts(label: str, here: str) -> str:
        """Write what is added to the mark of an equation on a page."""
        places = [
            f'<a href="#{anchor}">{words}</a>'
            if url == here
            else f'<a href="{get_relative_url(url, here)}#{anchor}">{titles[url]}: {words}</a>'
            for url, anchor, words in uses.get(label, {})
        ]
        facts = {"Used in": "<br>".join(places)}
        if table:
            facts["Symbols"] = f'<a href="{get_relative_url(table, here)}">{titles[table]}</a>'
        return "".join(f"<dt>{term}</dt><dd>{fact}</dd>" for term, fact in facts.items() if fact)

    for page in pages:
        add = partial(lambda here, found: found[0] + write_facts(found[1], here), page.url)
        page.content = EQUATION.sub(add, page.content)


def list_explained(pages: Sequence[Any], notation: str) -> dict[str, Any]:
    """Return what the script shows: the cells of each row of the notation table, then each index, and each equation by its label."""
    table = next((page.content for page in pages if page.file.src_uri == notation), "")
    read = BeautifulSoup(UNSHOWN.sub("", table), "html.parser")
    for heading in read.select(".cell-heading"):
        heading.decompose()
    found: dict[str, list[list[str]]] = {"symbol": [], "index": []}
    for part in read.find_all("table"):
        for row in part.select("tr:has(td)") if part.th else ():
            found.get(part.th.get_text(), []).append([cell.decode_contents() for cell in row.find_all("td")])
    indices = [[index, "—", "—", f"the index of {counts}, {over}", "—"] for index, over, counts in found["index"]]
    equations = {label: UNSHOWN.sub("", math) for page in pages for label, math in EQUATION.findall(page.content)}
    return {"rows": found["symbol"] + indices, "equations": equations}


def list_numbers(records: Sequence[Record]) -> dict[str, str]:
    """Return what the script adds to the mark of each equation: its lines with numbers, and where they are taken."""
    return {record.label: "".join(starmap(write_line, record.numbers)) for record in records if record.numbers}


def write_line(place: str, tex: str) -> str:
    """Set a line with numbers, in a box that scrolls by itself."""
    said = f"<p>{place}</p>" if place else ""
    return f'{said}<div class="eq-body" tabindex="0">{UNSHOWN.sub("", typeset(tex))}</div>'

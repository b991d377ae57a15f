"""Numbers tables, and makes them readable on phones and by screen readers: a Python-Markdown extension.

The paragraph `Table: What the table shows.` before a table is its caption, after the number of the
table. In a chapter each table needs one.

On a narrow screen the style sheet stacks the cells of a row and shows the heading beside each; on a
wide one the headings stand above the columns, and these copies are hidden. A heading that is a
formula alone is read out as its LaTeX, and a heading without text is a plain cell.
"""

import re
from copy import deepcopy
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup
from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER

from literate import Problem, locate


class TableFailure(Problem):
    """A table cannot be shown: the build ends here."""


class CellHeadings(Treeprocessor):
    """Gives each table its caption, and copies its headings into its cells."""

    def __init__(self, md: Markdown, page: str, chapter: str) -> None:
        super().__init__(md)
        self.page, self.chapter = page, chapter

    def _caption(self, root: Element) -> None:
        """Make the paragraph before each table its caption, with the number of the table."""
        before = {here: (parent, there) for parent in root.iter() for there, here in pairwise([None, *parent])}
        for number, table in enumerate([*root.iter("table")], 1):
            parent, caption = before[table]
            if caption is not None and caption.tag == "p" and (caption.text or "").startswith("Table: "):
                parent.remove(caption)
                caption.tag, caption.tail = "caption", None
                name = Element("b")
                name.text = f"Table {'.'.join(filter(None, (self.chapter, str(number))))}. "
                name.tail, caption.text = (caption.text or "").removeprefix("Table: "), None
                caption.insert(0, name)
                table.insert(0, caption)
            elif self.chapter:
                first = next("".join(heading.itertext()) for heading in table.iter("th"))
                where = locate(self.page, f"| {first}")
                raise TableFailure(f"{where}: a table needs a paragraph before it: `Table: What it shows.`")

    def run(self, root: Element) -> None:
        """Put a copy of the heading in front of what each cell holds."""
        self._caption(root)
        for table in root.iter("table"):
            headings = table.findall("thead/tr/th")
            table.set("data-stacks", "")
            for heading in headings:
                self._name(heading)
            for row in table.iterfind("tbody/tr"):
                for heading, cell in zip(headings, row, strict=True):
                    label = Element("span", {"class": "cell-heading", "aria-hidden": "true"})
                    label.text, label[:] = heading.text, deepcopy(heading[:])
                    body = Element("span")
                    body.text, body[:] = cell.text, cell[:]
                    cell.text, cell[:] = None, [label, body]

    def _name(self, heading: Element) -> None:
        """Let a screen reader read the heading, or know that there is none."""
        text = "".join(heading.itertext()).strip()
        if not text:
            heading.tag = "td"
            return
        heading.set("scope", "col")
        formula = re.fullmatch(HTML_PLACEHOLDER % r"(\d+)", text)
        if formula:
            html = self.md.htmlStash.rawHtmlBlocks[int(formula[1])]
            tex = BeautifulSoup(html, "html.parser").annotation.text
            shown = Element("span", {"aria-hidden": "true"})
            shown.text, heading.text = heading.text, None
            read = Element("span", {"class": "visually-hidden"})
            read.text = tex.replace("\\", "")
            heading[:] = [shown, read]


class Tables(Extension):
    """Adds captions and headings to Markdown's tables."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "page": ["", "the file of the page, for messages"],
            "chapter": ["", "the number of the chapter, before those of its tables"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after inline patterns (20), so that formulas in headings are set once."""
        md.treeprocessors.register(CellHeadings(md, **self.getConfigs()), "cell-headings", 15)


def makeExtension(**options: Any) -> Tables:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Tables(**options)

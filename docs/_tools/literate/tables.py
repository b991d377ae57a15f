"""Makes tables readable on phones and by screen readers: a Python-Markdown extension.

On a narrow screen the style sheet stacks the cells of a row and shows the heading beside each; on a
wide one the headings stand above the columns, and these copies are hidden. A heading that is a
formula alone is read out as its LaTeX, and a heading without text is a plain cell.
"""

import re
from copy import deepcopy
from typing import Any
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup
from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from markdown.util import HTML_PLACEHOLDER


class CellHeadings(Treeprocessor):
    """Copies the headings of a table into its cells."""

    def run(self, root: Element) -> None:
        """Put a copy of the heading in front of what each cell holds."""
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
    """Adds the headings to Markdown's tables."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after inline patterns (20), so that formulas in headings are set once."""
        md.treeprocessors.register(CellHeadings(md), "cell-headings", 15)


def makeExtension(**options: Any) -> Tables:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Tables(**options)

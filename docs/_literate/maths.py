"""Mathematics on the page: a Python-Markdown extension.

Inline `$a$` and displays between two lines of `$$` become MathML when the page is built, so that a
reader needs no script. Every display is numbered, linked by `\\eqref{eq:name}` from any page, and
carries a mark that opens to what the check of the equations found out about it. One
equation that fails, one unknown label, or LaTeX that cannot be set, and there is no site.
"""

import hashlib
import os
import posixpath
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from math_core import LatexError, LatexToMathML

import voronet
from docs._literate import model
from docs._literate.equations import Record, Report, check_site
from docs._literate.equations.report import table

ROOT = Path(__file__).parents[2]
DOCS, TESTS = ROOT / "docs", ROOT / "tests"

CONVERTER = LatexToMathML(annotation=True, fancy_error=False)
DISPLAY = re.compile(r"^([ \t]*)\$\$[ \t]*\n(.*?)^[ \t]*\$\$[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = r"(?<![\\$])\$(?![\s$])([^$]*?[^\s$\\])\$(?![$\d])"


class EquationError(Exception):
    """The site's equations do not hold, or cannot be set: the build ends here."""


def report() -> Report:
    """Check the whole site, anew whenever a page, a test or the package has changed."""
    return checked(digest(DOCS, "*.md", "*.py"), digest(Path(voronet.__file__).parent, "*.py"), digest(TESTS, "*.py"))


def digest(folder: Path, *patterns: str) -> str:
    """Return a digest of the files of a folder."""
    found = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in folder.rglob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()


@cache
def checked(*_: str) -> Report:
    """Check the site once for each state of its files."""
    found = check_site(DOCS, TESTS, model.draws(), voronet)
    if found.failures:
        raise EquationError("\n".join(["equations that do not hold:", *found.failures]))
    return found


def records() -> dict[str, Record]:
    """Return the record of each label."""
    return {record.label: record for record in report().records}


def mathml(tex: str, display: bool, place: str = "") -> str:
    """Set LaTeX as MathML."""
    tex = re.sub(r"^%.*$|\\label\{[^}]*\}", "", tex, flags=re.MULTILINE).strip()
    try:
        found = CONVERTER.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise EquationError(f"{place or tex}: {error}") from None
    return found.replace("<mo>′</mo>", '<mo class="prime">′</mo>')


def display_html(tex: str) -> str:
    """Set a display with its number, and the mark that opens to its check."""
    labels = re.findall(r"\\label\{([^}]*)\}", tex)
    known = records()
    if len(labels) != 1 or labels[0] not in known:
        raise EquationError(f"a display that the check has not seen: {tex.strip()}")
    record = known[labels[0]]
    name = f"Equation {record.number}"
    return (
        f'<div class="equation" id="{record.label}" role="group" aria-label="{name}">'
        f'<div class="eq-body" tabindex="0">{mathml(tex, True, record.label)}</div>'
        f'<a class="eq-number" href="#{record.label}" aria-label="{name}">({record.number})</a>'
        f"{mark(record)}</div>"
    )


def mark(record: Record) -> str:
    """Write the mark beside an equation, and what it opens to."""
    held = record.status == "held"
    short = f"How equation {record.number} is checked" if held else f"Why equation {record.number} is not checked"
    facts = (
        {
            "Functions": codes(record.functions),
            "Tests": codes([name.split("::")[1] for name in record.tests]),
            "Draws": f"{record.draws}, with other widths or another number of samples each",
            "Greatest error": f"{record.max_error:.1e}, relative",
        }
        if held
        else {"Exempt": escape(record.reason)}
    )
    terms = "".join(f"<dt>{term}</dt><dd>{fact}</dd>" for term, fact in facts.items())
    tex = re.sub(r"^%.*\n", "", record.tex, flags=re.MULTILINE)
    return (
        f'<details class="eq-check"><summary aria-label="{short}" title="{short}">'
        f'<span aria-hidden="true">{"✓" if held else "○"}</span></summary>'
        f"<dl>{terms}<dt>LaTeX</dt><dd><pre><code>{escape(tex)}</code></pre></dd></dl></details>"
    )


def codes(names: list[str]) -> str:
    """Write names as code."""
    return ", ".join(f"<code>{escape(name)}</code>" for name in names)


def address(page: str) -> str:
    """Return the address of a page in the built site."""
    stem = posixpath.splitext(page)[0]
    return "" if stem == "index" else f"{stem}/"


class Displays(Preprocessor):
    """Sets the displays, after code has been put out of reach and before blocks are parsed."""

    def run(self, lines: list[str]) -> list[str]:
        """Replace each display by a placeholder for its HTML."""
        text = DISPLAY.sub(self.store, "\n".join(lines))
        if "{{= checks }}" in text:
            text = text.replace("{{= checks }}", self.md.htmlStash.store(table(report(), "../")))
        return text.split("\n")

    def store(self, match: re.Match[str]) -> str:
        """Keep the HTML of a display, at its own depth."""
        indent = match.group(1)
        return f"\n{indent}{self.md.htmlStash.store(display_html(match.group(2)))}\n"


class Inline(InlineProcessor):
    """Sets formulas in running text."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:  # type: ignore[override]
        """Replace a formula by its MathML."""
        return self.md.htmlStash.store(mathml(m.group(1), False)), m.start(0), m.end(0)


class References(InlineProcessor):
    r"""Links \eqref{eq:name} to the equation, on whatever page it stands."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Any, int, int]:  # type: ignore[override]
        """Replace a reference by a link."""
        record = records().get(m.group(1))
        if record is None:
            raise EquationError(f"\\eqref{{{m.group(1)}}} is no label")
        link = Element("a", {"class": "eq-ref", "href": self.target(record)})
        link.text = f"({record.number})"
        return link, m.start(0), m.end(0)

    def target(self, record: Record) -> str:
        """Return the way from this page to an equation."""
        # MkDocs names the page in its own processor of links, and rewrites a link to a .md file.
        relative = self.md.treeprocessors["relpath"] if "relpath" in self.md.treeprocessors else None
        here = getattr(getattr(relative, "file", None), "src_uri", None)
        if here == record.page:
            return f"#{record.label}"
        if here is not None:
            return f"{posixpath.relpath(record.page, posixpath.dirname(here) or '.')}#{record.label}"
        here = getattr(self.md, "page", "index.md")
        return f"{posixpath.relpath('/' + address(record.page), '/' + address(here))}/#{record.label}"


class Mathematics(Extension):
    """Adds the mathematics to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register what sets displays, formulas and references."""
        # Fenced code is stashed at 25, raw HTML at 20; backticks are read at 190, escapes at 180.
        md.preprocessors.register(Displays(md), "maths-displays", 22)
        md.inlinePatterns.register(Inline(INLINE, md), "maths-inline", 187)
        md.inlinePatterns.register(References(r"\\eqref\{([^}]*)\}", md), "maths-eqref", 186)


def makeExtension(**options: Any) -> Mathematics:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Mathematics(**options)

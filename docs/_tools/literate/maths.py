r"""Mathematics on the page: a Python-Markdown extension.

Inline `$a$` and displays between two lines of `$$` become MathML when the page is built, so that
a reader needs no script. Every display is numbered, linked by `\eqref{eq:name}` from any page,
and carries a mark that opens to what the check of the equations found out about it. One equation
that fails, one unknown label, or LaTeX that cannot be set, and there is no site.
"""

import posixpath
import re
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from math_core import LatexError, LatexToMathML

import voronet
from literate import build_cache as memory
from literate.equations import Record, Report, check_site
from literate.equations.notation import read_notation
from literate.sources import (
    DOCS,
    PACKAGE,
    ROOT,
    dependencies,
    digest,
    files,
    imported,
    page_of,
)
from voronet_site import samples as model

TESTS = ROOT / "tests"
EQUATIONS = DOCS / "_tools" / "literate" / "equations"
CONVERTER = LatexToMathML(annotation=True, fancy_error=False)
DISPLAY = re.compile(r"^([ \t]*)\$\$[ \t]*\n(.*?)^[ \t]*\$\$[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE = r"(?<![\\$])\$(?![\s$])([^$]*?[^\s$\\])\$(?![$\d])([.,;:!?)]*)"


class EquationError(Exception):
    """The site's equations do not hold, or cannot be set: the build ends here."""


def report() -> Report:
    """Check the whole site, anew whenever a page, a test or the package has changed."""
    return checked(memory.state(), memory.pages())


@cache
def checked(state: str, pages: str) -> Report:
    """Check the site once for each state of its files."""
    # A verdict depends on the package, the table, and how it is reached; not on other pages or tests.
    table = repr(read_notation(DOCS / "notation.md"))
    code = {*files(PACKAGE, "*"), *imported(Path(__file__)), *files(EQUATIONS, "*")}
    place = memory.place("verdicts", "site", table, digest(code, dependencies()))
    known = verdicts(place)
    before = len(known)
    found = check_site(DOCS, TESTS, model.draws(), voronet, known=known)
    if found.failures:
        raise EquationError("\n".join(["the equations do not hold:", *found.failures]))
    if len(known) > before or not place.exists():
        memory.keep(place, known)
    return found


@cache
def verdicts(place: Path) -> dict[Any, Any]:
    """Recall the verdicts, also those of a build that failed in the same process."""
    return memory.recall(place) or {}


def report_for(page: str, markdown: str = "") -> str:
    """Return all that a page can say of the check: of its equations, or of all of them."""
    labels = set(re.findall(r"\\(?:label|eqref)\{([^}]*)\}", markdown))
    stem = PurePosixPath(page).stem.replace("-", "_")
    behind = imported(DOCS / "_tools" / "voronet_site" / "values" / f"{stem}.py")
    whole = Path(__file__) in behind or DOCS / "_tools" / "voronet_site" / "mistakes.py" in behind
    if not whole and not labels:
        return ""
    return repr([record for record in report().records if whole or record.label in labels])


def mathml(tex: str, display: bool) -> str:
    """Set LaTeX as MathML."""
    tex = re.sub(r"^%.*$|\\label\{[^}]*\}", "", tex, flags=re.MULTILINE).strip()
    try:
        return CONVERTER.convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise EquationError(f"{tex}: {error}") from None


def display_html(tex: str) -> str:
    """Set a display with its number, and the mark that opens to its check."""
    labels = re.findall(r"\\label\{([^}]*)\}", tex)
    found = [record for record in report().records if [record.label] == labels]
    # The mark belongs to the very text that was checked; values stand only where nothing was.
    text = "\n".join(line.strip() for line in tex.strip().splitlines())
    if not found or (found[0].status == "held" and found[0].tex != text):
        raise EquationError(f"a display that the check has not seen: {tex.strip()}")
    record = found[0]
    name = f"Equation {record.number}"
    return (
        f'<div class="equation" id="{record.label}" role="group" aria-label="{name}">'
        f'<div class="eq-body" tabindex="0">{mathml(tex, True)}</div>'
        f'<a class="eq-number" href="#{record.label}" aria-label="{name}">({record.number})</a>'
        f"{mark(record)}</div>"
    )


def mark(record: Record) -> str:
    """Write the mark beside an equation, and what it opens to."""
    if record.status == "held":
        sign, title = "✓", f"How equation {record.number} is checked"
        facts = {
            "Functions": codes(record.functions),
            "Tests": codes([name.split("::")[1] for name in record.tests]),
            "Draws": f"{record.draws}, of other widths or another number of samples each",
            "Greatest error": f"{record.max_error:.1e}, relative",
        }
    else:
        sign, title = "○", f"Why equation {record.number} is not checked"
        facts = {"Exempt": escape(record.reason)}
    tex = re.sub(r"^%.*\n", "", record.tex, flags=re.MULTILINE)
    facts["LaTeX"] = f"<pre><code>{escape(tex)}</code></pre>"
    return (
        f'<details class="eq-check"><summary aria-label="{title}" title="{title}">'
        f'<span aria-hidden="true">{sign}</span></summary><dl>'
        + "".join(f"<dt>{term}</dt><dd>{fact}</dd>" for term, fact in facts.items())
        + "</dl></details>"
    )


def codes(names: list[str]) -> str:
    """Write names as code."""
    return ", ".join(f"<code>{escape(name)}</code>" for name in names)


class Displays(Preprocessor):
    """Sets the displays, after code is out of reach and before blocks are parsed."""

    def run(self, lines: list[str]) -> list[str]:
        """Replace each display, at its own depth, by a placeholder for its HTML."""
        return DISPLAY.sub(self.stored, "\n".join(lines)).split("\n")

    def stored(self, match: re.Match[str]) -> str:
        """Keep the HTML of a display."""
        indent, tex = match.groups()
        return f"\n{indent}{self.md.htmlStash.store(display_html(tex))}\n"


class Inline(InlineProcessor):
    """Sets formulas in running text."""

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[str, int, int]:
        """Replace a formula, with the punctuation that belongs to it, by its MathML."""
        found = mathml(m.group(1), False)
        if m.group(2):
            found = f'<span class="eq-inline">{found}{m.group(2)}</span>'
        return self.md.htmlStash.store(found), m.start(0), m.end(0)


class References(InlineProcessor):
    r"""Links \eqref{eq:name} to the equation, on whatever page it stands."""

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[Element, int, int]:
        """Replace a reference by a link to the page's source: MkDocs makes it an address."""
        found = [record for record in report().records if record.label == m.group(1)]
        if not found:
            raise EquationError(f"\\eqref{{{m.group(1)}}} is no label")
        here, page = page_of(self.md), found[0].page
        way = "" if here == page else posixpath.relpath(page, posixpath.dirname(here) or ".")
        link = Element("a", {"class": "eq-ref", "href": f"{way}#{found[0].label}"})
        link.text = f"({found[0].number})"
        return link, m.start(0), m.end(0)


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

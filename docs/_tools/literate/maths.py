r"""Mathematics on the page: a Python-Markdown extension.

Inline `$a$` and displays between two lines of `$$` become MathML when the page is built, so that
a reader needs no script. Every display is numbered, linked by `\eqref{eq:name}` from any page,
and carries a mark that opens to what the check of the equations found out about it. An equation
that fails, an unknown label, or LaTeX that cannot be set stops the page with an EquationError.

The options are those of `equations.Site`, the name of the page below the folder of pages, and a
function that returns the report of a check already made:

    markdown.markdown(text, extensions=["literate.maths"], extension_configs={
        "literate.maths": {"docs": "docs", "samples": "my.samples", "package": "my", "page": "one.md"}})
"""

import posixpath
import re
from dataclasses import fields
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, NoReturn
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from math_core import LatexError, LatexToMathML

from literate import Problem
from literate.beside import Beside
from literate.equations import Record, Report, Site, check_site
from literate.equations.pages import INLINE, suggest
from literate.sources import write_source
from literate.symbols import Symbols, read_table

CONVERTER = LatexToMathML(annotation=True, fancy_error=False)
# Symbols of a formula that may be wider than a phone.
LONG = 12
EXAMPLE_LINE = re.compile(r"^[ \t]*<!--\s*example:.*?-->[ \t]*$", re.MULTILINE)
DISPLAY = re.compile(r"^([ \t]*)\$\$[ \t]*\n(.*?)^[ \t]*\$\$[ \t]*$", re.MULTILINE | re.DOTALL)


class EquationError(Problem):
    """An equation does not hold, or cannot be set: the page ends here."""


class Mathematics(Extension):
    """Adds the mathematics to Markdown."""

    def __init__(self, **options: Any) -> None:
        self.config = {field.name: [field.default, ""] for field in fields(Site)}
        self.config |= {
            "page": ["", "the page, below the folder of pages"],
            "report": ["", "returns the report of a check already made"],
            "sources": ["", "the address of the sources, which ends with a slash; nothing is linked without it"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register what sets displays, formulas and references."""
        # Docstrings go at 28; fenced code is stashed at 25, raw HTML at 20; backticks are read at 190, escapes at 180.
        md.preprocessors.register(Beside(self, md), "maths-beside", 27)
        md.preprocessors.register(Displays(self, md), "maths-displays", 22)
        md.inlinePatterns.register(Inline(self, INLINE, md), "maths-inline", 187)
        eqref = References(self, r"\\eqref\{([^}]*)\}", md)
        md.inlinePatterns.register(eqref, "maths-eqref", 186)

    @cached_property
    def place(self) -> str:
        """Name the page in a message."""
        return posixpath.join(Path(self.getConfig("docs")).resolve().name, self.getConfig("page"))

    @cached_property
    def records(self) -> dict[str, Record]:
        """Return what is known about each label; stop at what fails on this page."""
        given = self.getConfig("report")
        site = Site(**{field.name: self.getConfig(field.name) for field in fields(Site)})
        report: Report = given() if given else check_site(site)
        failures = [line for line in report.failures if line.startswith(self.place)]
        if failures:
            raise EquationError("\n".join(["the equations do not hold:", *failures]))
        return {record.label: record for record in report.records}

    @cached_property
    def symbols(self) -> Symbols | None:
        """Return the symbols of the notation table as they hold on this page, if there is a table."""
        path = Path(self.getConfig("docs"), self.getConfig("notation"))
        return Symbols(read_table(path, path.stat().st_mtime_ns), self.getConfig("page")) if path.exists() else None

    def find(self, label: str) -> Record:
        """Return what is known about a label; stop where there is no such equation."""
        if label not in self.records:
            self.fail(rf"\eqref{{{label}}} is no label of an equation that holds{suggest(label, [*self.records])}")
        return self.records[label]

    def fail(self, problem: str) -> NoReturn:
        """Stop the page."""
        raise EquationError(f"{self.place}: {problem}")

    def typeset(self, tex: str, display: bool) -> str:
        """Set LaTeX of this page as MathML, its symbols tied to the notation table."""
        try:
            mathml = typeset(tex, display)
            return self.symbols.mark(mathml) if self.symbols else mathml
        except LatexError as problem:
            self.fail(f"{tex}: {problem}")

    def write_display(self, tex: str, hint: bool) -> str:
        """Set a display with its number, and the mark that opens to its check; a hint says in words what it is."""
        record = self.records.get("".join(re.findall(r"\\label\{([^}]*)\}", tex)))
        # The mark belongs to the very text that was checked; values stand only where nothing was.
        text = "\n".join(line.strip() for line in tex.strip().splitlines())
        if not record or (record.status == "held" and record.tex != text):
            self.fail(f"a display that the check has not seen: {text}")
        name = f"Equation {record.number}"
        return (
            f'<div class="equation" id="{record.label}" role="group" aria-label="{name}">'
            f'<div class="eq-body" tabindex="0">{self.typeset(tex, True)}</div>'
            f'<a class="eq-number" href="#{record.label}" aria-label="{name}">({record.number})</a>'
            f"{write_mark(record, self.getConfig('sources'), hint)}</div>"
        )


def typeset(tex: str, display: bool = True) -> str:
    """Set LaTeX as MathML, without its label and its comments; it is XML, too."""
    tex = re.sub(r"^%.*$|\\label\{[^}]*\}", "", tex, flags=re.MULTILINE).strip()
    mathml: str = CONVERTER.convert_with_local_state(tex, displaystyle=display)
    # The only character that math-core calls by a name of HTML.
    return mathml.replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")


def write_mark(record: Record, sources: str = "", hint: bool = False) -> str:
    """Write the mark beside an equation, and what it opens to."""
    if record.status == "held":
        sign, title = "✓", f"How equation {record.number} is checked"
        facts = {
            # In MkDocs the plugin autorefs links what mkdocstrings documents.
            "Functions": ", ".join(f'<autoref identifier="{name}"><code>{name}</code></autoref>' for name in record.functions),
            "Tests": "<br>".join(
                f"<code>{escape(name)}</code> {write_source(sources, path, line)}"
                for (path, name), line in zip((test.split("::") for test in record.tests), record.lines, strict=True)
            ),
            "Draws": f"{record.draws}, of other widths or another number of samples each",
            "Greatest error": f"{record.max_error:.1e}, relative",
        }
    else:
        sign, title = "○", f"Why equation {record.number} is not checked"
        facts = {"Exempt": escape(record.reason)}
    tex = re.sub(r"^%.*\n", "", record.tex, flags=re.MULTILINE)
    # The theme's button for copying needs a name without the colon of a label.
    facts["LaTeX"] = f'<pre id="tex-{record.label.removeprefix("eq:")}"><code>{escape(tex)}</code></pre>'
    # The first mark on a page says what all of them are.
    words = f'<span class="eq-hint">{title.replace(f"equation {record.number}", "this")}</span>' if hint else ""
    return (
        f'<details class="eq-check{" hinted" if words else ""}"{" data-numbers" if record.numbers else ""}><summary aria-label="{title}" title="{title}">'
        f'<span aria-hidden="true">{sign}</span>{words}</summary><dl>'
        + "".join(f"<dt>{term}</dt><dd>{fact}</dd>" for term, fact in facts.items())
        + "</dl></details>"
    )


def write_codes(names: list[str], between: str = ", ") -> str:
    """Write names as code."""
    return between.join(f"<code>{escape(name)}</code>" for name in names)


class Displays(Preprocessor):
    """Sets the displays, after code is out of reach and before blocks are parsed."""

    def __init__(self, maths: Mathematics, md: Markdown) -> None:
        super().__init__(md)
        self.maths = maths

    def run(self, lines: list[str]) -> list[str]:
        """Replace each display, at its own depth, by a placeholder for its HTML."""
        hints = iter([True])  # on the first alone

        def store(match: re.Match[str]) -> str:
            html = self.maths.write_display(match[2], next(hints, False))
            return f"\n{match[1]}{self.md.htmlStash.store(html)}\n"

        text = EXAMPLE_LINE.sub("", "\n".join(lines))
        return DISPLAY.sub(store, text).split("\n")


class Inline(InlineProcessor):
    """Sets formulas in running text."""

    def __init__(self, maths: Mathematics, pattern: str, md: Markdown) -> None:
        super().__init__(pattern, md)
        self.maths = maths

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[str | Element, int, int]:
        """Replace a formula, with the punctuation that belongs to it, by its MathML."""
        found = self.maths.typeset(m["tex"], False)
        # A formula in a sentence does not break: on a phone a long one scrolls.
        long = len(re.findall("<m[ino][ >]", found)) > LONG
        if m["mark"] or long:
            kind = '"eq-inline eq-long" tabindex="0"' if long else '"eq-inline"'
            found = f'<span class={kind}>{found}{m["mark"]}</span>'
        return self.md.htmlStash.store(found), m.start(0), m.end(0)


class References(Inline):
    r"""Links \eqref{eq:name} to the equation, on whatever page it stands."""

    def handleMatch(  # type: ignore[override]
        self, m: re.Match[str], data: str
    ) -> tuple[str | Element, int, int]:
        """Replace a reference by a link to the page's source: MkDocs makes it an address."""
        record, here = self.maths.find(m.group(1)), self.maths.getConfig("page")
        way = posixpath.relpath(record.page, posixpath.dirname(here) or ".")
        link = Element("a", {"class": "eq-ref"})
        link.set("href", f"{'' if here == record.page else way}#{record.label}")
        link.text = f"({record.number})"
        return link, m.start(0), m.end(0)


def makeExtension(**options: Any) -> Mathematics:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Mathematics(**options)

"""Computed numbers in prose: a Python-Markdown extension, and the lint against typed ones.

`{{= expression }}` and `{{= expression :.3g }}` are replaced by the value of the expression, with an
optional format after a colon that follows a space. The names are `np`, `voronet` and
those of `docs/_tools/voronet_site/values/<page>.py`. A value that shows itself as HTML is put in as it is. In executed pages the page's own kernel evaluates
them, and only the lint looks at them here. Inside `$…$` a power of ten becomes TeX, outside
it becomes `1.2 × 10⁻³`.

WHAT MAY BE TYPED in prose, and nothing else:

* years, in four digits: 2019;
* ordinals: 1st, 2nd;
* the numbers of ordered lists;
* what another work calls its parts: equation (3.2), section 6, Algorithm 1, volume and pages on
  the page of references, which is not linted;
* names with a digit in them: H.264, float64, WebGL2, Python 3.11, 2-D;
* inside mathematics: indices, exponents and superscripts, the numbers 0, 1, 2 and 3, and
  everything inside a display, which the check of the equations reads.
"""

import ast
import math
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from numbers import Integral, Real
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

import voronet
from literate import build_cache as memory
from literate.sources import DOCS, page_of
from voronet_site.checked import report_for

VALUE = re.compile(r"\{\{=(?P<source>.+?)\}\}(?!\})", re.DOTALL)
# Code first, so that what it holds is left alone; then mathematics, then values outside it.
PARTS = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<display>^[ \t]*\$\$.*?^[ \t]*\$\$)"
    r"|(?P<math>(?<![\\$])\$(?![\s$])(?:\{\{=.+?\}\}|[^$])+?(?<![\s\\])\$)"
    r"|(?P<value>\{\{=.+?\}\}(?!\}))",
    re.DOTALL | re.MULTILINE,
)
SCIENTIFIC = re.compile(r"(-?[\d.]+)e([+-]\d+)")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ValueFailure(Exception):
    """An expression on a page has no value, or a number is typed: the build ends here."""


def split(source: str) -> tuple[str, str]:
    """Separate an expression from its format."""
    source = source.strip()
    try:
        ast.parse(source, mode="eval")
    except SyntaxError:
        expression, _, form = source.rpartition(" :")
        if not expression:
            raise ValueFailure(f"{{{{= {source} }}}} is no expression") from None
        return expression.strip(), form.strip()
    return source, ""


def written(value: Any, form: str, mathematics: bool) -> str:
    """Write a value as prose or as mathematics."""
    if isinstance(value, str):
        return format(value, form)
    if isinstance(value, tuple):
        return f"({', '.join(written(entry, form, mathematics) for entry in value)})"
    if not isinstance(value, (Real, np.number)) or isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{value!r} is no number, string or tuple")
    if math.isnan(value):
        raise ValueError("it is not a number (nan)")
    plain = int(value) if isinstance(value, Integral) else float(value)
    return typeset(format(plain, form), mathematics)


def typeset(number: str, mathematics: bool) -> str:
    """Write powers of ten, on one line, minus signs and commas as a reader expects them."""

    def power(match: re.Match[str]) -> str:
        mantissa, exponent = match[1], str(int(match[2]))
        if mathematics:
            tens = f"10^{{{exponent}}}"
            return tens if mantissa == "1" else rf"{mantissa} \times {tens}"
        tens = "10" + exponent.translate(SUPERSCRIPTS)
        return tens if mantissa == "1" else f"{mantissa}\u202f×\u202f{tens}"

    number = SCIENTIFIC.sub(power, number)
    if mathematics:
        return number.replace(",", "{,}")
    return re.sub(r"^-", "−", number)


def replace(text: str, evaluate: Callable[[str], Any]) -> str:
    """Replace each value of a text by what its expression gives."""

    def one(match: re.Match[str], mathematics: bool) -> str:
        expression, form = split(match["source"])
        try:
            return written(evaluate(expression), form, mathematics)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise ValueFailure(f"{{{{= {expression} }}}} has no value: {problem}") from error

    def part(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        return VALUE.sub(lambda value: one(value, not match["value"]), match[0])

    return PARTS.sub(part, text)


def namespace(page: str) -> dict[str, Any]:
    """Return the names that expressions of a page may use."""
    names: dict[str, Any] = {"np": np, "voronet": voronet}
    stem = PurePosixPath(page).stem.replace("-", "_")
    if (DOCS / "_tools" / "voronet_site" / "values" / f"{stem}.py").exists():
        names |= vars(import_module(f"voronet_site.values.{stem}"))
    return names


class Shown(str):
    """What a notebook would show for a value, as HTML."""


class Values(Preprocessor):
    """Replaces values once fenced code is out of reach and before mathematics is set."""

    def run(self, lines: list[str]) -> list[str]:
        """Evaluate the values of a page."""
        text = "\n".join(lines)
        if "{{=" not in text:
            return lines
        page = page_of(self.md)
        place = memory.place("values", page, memory.state(), report_for(page))
        known = memory.recall(place) or {}
        before = len(known)

        def evaluate(expression: str) -> Any:
            if expression not in known:
                value = eval(expression, dict(namespace(page)))
                shown = hasattr(value, "_repr_html_")
                known[expression] = Shown(value._repr_html_()) if shown else value
            value = known[expression]
            # What a notebook would show is no Markdown: keep it out of the way.
            if isinstance(value, Shown):
                return self.md.htmlStash.store(f"<div>{value}</div>")
            return value

        lines = replace(text, evaluate).split("\n")
        if len(known) > before:
            memory.keep(place, known)
        return lines


class ComputedValues(Extension):
    """Adds computed values to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after fenced code (25), before displays (22) and raw HTML (20)."""
        md.preprocessors.register(Values(md), "values", 24)


def makeExtension(**options: Any) -> ComputedValues:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return ComputedValues(**options)


# What the lint does not read, in this order.
NOT_PROSE = [
    r"\A---\n.*?\n---\n",
    r"<!--.*?-->",
    r"^[ \t]*--8<-- .*$",
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,}).*?^(?P=indent)(?P=fence)[ \t]*$",
    r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)",
    r"^[ \t]*\$\$.*?^[ \t]*\$\$",
    r"\\eqref\{[^}]*\}",
    r"<(?:script|style|svg)\b.*?</(?:script|style|svg)>",
    r"</?\w[^>]*>",
    r"(?<=\])\([^)\s]*(?:\s+\"[^\"]*\")?\)",
    r"(?<=\])\[[^\]]*\]",
    r"^\[[^\]]+\]:.*$",
    r"\{[:#.][^}\n]*\}",
    r"https?://\S+",
]
ALLOWED = [
    r"\b(?:1[5-9]|20)\d\d\b",
    r"\b\d*(?:1st|2nd|3rd|\dth)\b",
    r"^[ \t]*\d+\.(?=\s)",
    r"\(\d+\.\d+\)",
    r"\b(?:[Ss]ections?|[Aa]lgorithms?|[Cc]hapters?|[Ff]igures?|[Tt]heorems?)\s+\d+(?:\.\d+)*\b",
    r"\bPython 3(?:\.\d+)?\b",
    r"\bH\.26\d\b",
    r"\b\d-[A-Z]\b",
    r"\b[A-Za-z][A-Za-z_-]*\d+\w*",
]
TYPED = re.compile(r"[-−+]?\d(?:[\d.,]*\d)?(?:e[-+]?\d+)?(?:\s*%)?")
STRUCTURE = [
    r"\\(?:label|text|mathrm|operatorname)\{[^}]*\}",
    r"[_^]\s*\{(?:[^{}]|\{[^{}]*\})*\}",
    r"[_^]\s*(?:\d|\\\w+)",
    r"(?<![\d.,])[0123](?![\d.,]\d|\d)",
]


def blank(match: re.Match[str]) -> str:
    """Leave the lines of a passage where they are, and nothing on them."""
    return re.sub(r"[^\n]", " ", match[0])


def typed_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each number that is typed and may not be."""
    flags = re.DOTALL | re.MULTILINE
    text = PARTS.sub(lambda part: VALUE.sub(lambda value: "•" * len(value[0]), part[0]), text)
    for pattern in NOT_PROSE:
        text = re.sub(pattern, blank, text, flags=flags)

    def formula(match: re.Match[str]) -> str:
        left = match[0]
        for pattern in STRUCTURE:
            left = re.sub(pattern, blank, left)
        return left.replace("$", " ")

    def prose(found: str) -> str:
        for pattern in ALLOWED:
            found = re.sub(pattern, blank, found, flags=flags)
        return found

    # Read formulas by their rules and what stands between them by those of prose.
    pieces = re.split(r"((?<![\\$])\$(?![\s$])[^$]+?(?<![\s\\])\$)", text)
    for k, piece in enumerate(pieces):
        pieces[k] = formula(re.match(r".*", piece, re.DOTALL)) if k % 2 else prose(piece)  # type: ignore[arg-type]
    for number, line in enumerate("".join(pieces).split("\n"), 1):
        for found in TYPED.finditer(line):
            yield number, found[0].strip()

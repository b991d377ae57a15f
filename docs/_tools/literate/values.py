"""Computed numbers in prose: a Python-Markdown extension.

`{{= expression }}` and `{{= expression :.3g }}` are replaced by the value of the expression, with an
optional format after a colon that follows a space. The names are those of a package that the site names, and
of its module that is called like the page. A value that shows itself as HTML is put in as it is. In executed
pages the page's own kernel evaluates them. Inside `$…$` a power of ten becomes TeX, outside it becomes
`1.2 × 10⁻³`.

    markdown.markdown(text, extensions=["literate.values"], extension_configs={
        "literate.values": {"package": "my.values", "page": "docs/swing.md"}})
"""

import ast
import math
import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from numbers import Integral, Real
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from literate import Caller, Problem, call, locate
from literate.equations.pages import suggest

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

# An expression, its format, and whether it stands in mathematics.
Asked = tuple[str, str, bool]


class ValueFailure(Problem):
    """An expression on a page has no value: the build ends here."""


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


def replace(text: str, write: Callable[[list[Asked]], list[str]]) -> str:
    """Replace each value of a text by what its expression gives."""
    found: list[tuple[re.Match[str], Asked]] = []
    for part in PARTS.finditer(text):
        if not part["code"]:
            values = VALUE.finditer(text, part.start(), part.end())
            found += [(value, (*split(value["source"]), not part["value"])) for value in values]
    pieces, end = [], 0
    for (value, _), new in zip(found, write([asked for _, asked in found]) if found else [], strict=True):
        pieces += [text[end : value.start()], new]
        end = value.end()
    return "".join([*pieces, text[end:]])


def write_value(evaluate: Callable[[str], Any], asked: Asked) -> str | list[str]:
    """Write the value of one expression, or put what a notebook would show in a list."""
    expression, form, mathematics = asked
    try:
        value = evaluate(expression)
        shown = hasattr(value, "_repr_html_")
        return [value._repr_html_()] if shown else written(value, form, mathematics)
    except Exception as error:
        raise ValueFailure(f"{{{{= {expression} }}}} has no value: {explain(error)}") from error


def explain(error: Exception) -> str:
    """Say what went wrong, and for a name, which one may be meant."""
    if isinstance(error, Problem):
        return str(error)
    names = getattr(error, "obj", None) or {}
    near = suggest(error.name, [*names]) if isinstance(error, NameError) else ""
    return f"{type(error).__name__}: {error}{near}"


def locate_value(page: str, problem: Problem) -> str:
    """Return the place of the value that a message speaks of."""
    expression = re.search(r"\{\{= (.*?) \}\}", str(problem))
    return locate(page, expression[1] if expression else "")


def evaluate_page(package: str, page: str, asked: list[Asked]) -> list[str | list[str]]:
    """Write the values of a page with the names of a package, and of its module called like the page."""
    names = dict(vars(import_module(package))) if package else {}
    module = f"{package}.{PurePosixPath(page).stem.replace('-', '_')}"
    if package and find_spec(module):
        names |= vars(import_module(module))

    def evaluate(expression: str) -> Any:
        try:
            return eval(expression, dict(names))
        except NameError as error:
            error.obj = names  # type: ignore[attr-defined]
            error.args = (f"{error} in {module}",)
            raise

    return [write_value(evaluate, one) for one in asked]


class Values(Preprocessor):
    """Replaces values once fenced code is out of reach and before mathematics is set."""

    def __init__(self, md: Markdown, package: str, page: str, call: Caller) -> None:
        super().__init__(md)
        self.package, self.page, self.call = package, page, call

    def run(self, lines: list[str]) -> list[str]:
        """Evaluate the values of a page."""
        try:
            return replace("\n".join(lines), self.write).split("\n")
        except Problem as problem:
            raise ValueFailure(f"{locate_value(self.page, problem)}: {problem}") from None

    def write(self, asked: list[Asked]) -> list[str]:
        """Write values; what shows itself as HTML is no Markdown, and is put out of the way."""
        found = self.call("literate.values:evaluate_page", self.package, PurePosixPath(self.page).stem, asked)
        store = self.md.htmlStash.store
        return [store(f"<div>{one[0]}</div>") if isinstance(one, list) else one for one in found]


class ComputedValues(Extension):
    """Adds computed values to Markdown."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "package": ["", "the package of values, with a module for each page that needs one"],
            "page": ["", "the file of the page"],
            "call": [call, "calls a function by name: elsewhere, or not at all if its result is known"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after fenced code (25), before displays (22) and raw HTML (20)."""
        md.preprocessors.register(Values(md, **self.getConfigs()), "values", 24)


def makeExtension(**options: Any) -> ComputedValues:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return ComputedValues(**options)

"""Leaves docstrings, and notes to linters, out of displayed code: a Python-Markdown extension.

A block fenced as ```` ``` { .python .fold } ```` shows the code without its docstring, for the page around it
says the same at more length, and the page of the interface has the docstring in full.
"""

import ast
import re
import textwrap
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from literate import parse_python

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,})(?P<head>[ \t]*\{[^}\n]*\.fold\b[^}\n]*\})[ \t]*\n"
    r"(?P<code>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
NOTE = re.compile(r"  # noqa\b.*$", re.MULTILINE)


def without_docstrings(code: str, summaries: bool = False) -> str:
    """Return Python code without the docstrings of its functions and classes, or with the first line of each."""
    lines, drop = NOTE.sub("", code).splitlines(), set[int]()
    for node in ast.walk(parse_python(code)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            first, last = node.body[0].lineno, node.body[0].end_lineno or 0
            if summaries:
                lines[first - 1] += '"""' if last > first else ""
                drop |= {*range(first, last)}
                continue
            drop |= {*range(first - 1, last)}
            # An empty line after a docstring parts it from the code: it goes too.
            if last < len(lines) and not lines[last].strip():
                drop.add(last)
    return "\n".join(line for k, line in enumerate(lines) if k not in drop) + "\n"


class Fold(Preprocessor):
    """Drops docstrings once snippets are in place and before code is fenced off."""

    def run(self, lines: list[str]) -> list[str]:
        """Shorten each block that asks for it."""

        def shorten(match: re.Match[str]) -> str:
            indent, fence = match["indent"], match["fence"]
            code = without_docstrings(textwrap.dedent(match["code"]))
            body = textwrap.indent(code, indent)
            return f"{indent}{fence}{match['head']}\n{body}{indent}{fence}"

        return FENCE.sub(shorten, "\n".join(lines)).split("\n")


class Docstrings(Extension):
    """Adds the class `fold` to fenced code."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after snippets (32) and before fenced code (25)."""
        md.preprocessors.register(Fold(md), "docstrings", 28)


def makeExtension(**options: Any) -> Docstrings:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return Docstrings(**options)

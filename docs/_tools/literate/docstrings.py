"""Leaves docstrings out of displayed code: a Python-Markdown extension.

A block fenced as ```` ``` { .python .fold } ```` shows the code without its docstring, for the page around it
says the same at more length, and the page of the interface has the docstring in full.
"""

import io
import re
import textwrap
import tokenize
from typing import Any

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,})(?P<head>[ \t]*\{[^}\n]*\.fold\b[^}\n]*\})[ \t]*\n"
    r"(?P<code>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)


def without_docstrings(code: str) -> str:
    """Return Python code without the docstrings of its functions and classes."""
    lines = code.splitlines()
    drop: set[int] = set()
    opened = ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.STRING and opened == "body":
            drop |= set(range(token.start[0] - 1, token.end[0]))
            # An empty line after a docstring parts it from the code: it goes too.
            if token.end[0] < len(lines) and not lines[token.end[0]].strip():
                drop.add(token.end[0])
        if token.type == tokenize.NAME and token.string in ("def", "class"):
            opened = "head"
        elif token.type == tokenize.INDENT and opened == "head":
            opened = "body"
        elif token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT):
            opened = opened if opened == "head" else ""
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

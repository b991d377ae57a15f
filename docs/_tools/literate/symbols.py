"""Ties the symbols of a typeset formula to the notation table.

Each element of the MathML that is a symbol of the table gets `data-row`, the number of its row, counted over all
tables of symbols, and then over those of indices. The symbol is found as the check of the equations finds it: by the grammar, and by the table as it
holds on the page. A script shows the row to a reader who points at the symbol.
"""

import re
from contextlib import suppress
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from unicodedata import name
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from literate.equations.notation import Notation, Row, read_notation
from literate.equations.parse import SIGNS, Node, Sym, Wrong, parse

SYMBOLS = ("mi", "mo", "msub", "msup", "msubsup", "mover", "mfrac")
# What a symbol is before a sign.
BEFORE = {"(": "function", "←": "assigned"}
ACCENTS = {"ˆ": r"\hat", "¯": r"\bar", "˜": r"\tilde"}


class Symbols:
    """The symbols of the notation table, as they hold on one page."""

    def __init__(self, table: Notation, page: str) -> None:
        lines = list(dict.fromkeys(row.line for row in table.rows))
        self.numbers = {row: lines.index(row.line) for row in table.rows}
        self.letters = {letter: len(lines) + list(table.ends).index(role) for letter, role in table.roles.items()}
        self.table = table.on(page)
        self.known: dict[tuple[str, str], Row | None] = {}

    def mark(self, mathml: str) -> str:
        """Return a formula with the number of its row on each symbol."""
        root = ElementTree.fromstring(mathml)
        self.mark_below(root)
        return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")

    def mark_below(self, element: Element) -> None:
        """Set the numbers of the symbols below an element; what stands in a symbol, as its indices do, belongs to it."""
        # The d of a derivative by z stands for nothing of the table.
        by = element.tag == "mfrac" and write_tex(element).startswith(r"\frac{d}{d ")
        parts = element[1][1:] if by else element[:]
        for child, after in zip_longest(parts, parts[1:]):
            sign = "" if after is None else "".join(after.itertext())[:1]
            tex = write_tex(child) if child.tag in SYMBOLS else ""
            row = self.find(tex, sign) if tex else None
            number = self.numbers[row] if row else self.letters.get(tex)
            if number is not None:
                child.set("data-row", str(number))
            elif child.tag != "mover":
                self.mark_below(child)

    def find(self, tex: str, sign: str) -> Row | None:
        """Return the row of a symbol, if it is one, before a sign."""
        if (tex, sign) not in self.known:
            self.known[tex, sign] = self.read(tex, (BEFORE.get(sign, "value"), "value", "function"))
        return self.known[tex, sign]

    def read(self, tex: str, kinds: tuple[str, ...]) -> Row | None:
        """Read a symbol as one of several kinds, whichever power of it is taken."""
        if tex == "∇":
            return next((row for row in self.table.rows if row.kind == "gradient"), None)
        with suppress(Wrong, IndexError):
            node: Node = parse(tex)[0].sides[0]
            if node.kind == "derivative" and isinstance(node.args[1], Sym):
                return self.table.derivative(*node.args)
            node = node.args[0] if node.kind == "power" else node
            if isinstance(node, Sym) and node != Sym(base="e"):
                for kind in kinds:
                    with suppress(Wrong):
                        return self.table.find(node, {}, kind)[0]
        return None


@lru_cache(maxsize=1)
def read_table(path: Path, changed: int) -> Notation:
    """Read the notation table once for all pages; `changed` is when it did."""
    return read_notation(path)


def write_tex(element: Element) -> str:
    """Write MathML as the LaTeX that the grammar reads; of a power only that it is one."""
    parts, text = [write_tex(child) for child in element], (element.text or "").replace("−", "-")
    match element.tag:
        case "mover":
            return f"{ACCENTS.get(parts[1], '?')} {parts[0]}"
        case "mfrac":
            return rf"\frac{{{parts[0]}}}{{{parts[1]}}}"
        case "msub":
            return f"{parts[0]}_{{{parts[1]}}}"
        case "msup" | "msubsup":
            subscript = "".join(f"_{{{part}}}" for part in parts[1:-1])
            raised = parts[-1] if parts[-1].startswith("(") else "2"
            return parts[0] + ("'" if parts[-1] == "′" else f"{subscript}^{{{raised}}}")
        case "mi":
            return write_name(element)
        case "mo" if len(text) > 1:
            return rf"\mathrm{{{text}}}"
    return " ".join(parts) or text


def write_name(element: Element) -> str:
    """Write a letter or a word as LaTeX; upright letters, as in dz, are words."""
    text = element.text or ""
    greek = re.fullmatch(r"GREEK SMALL LETTER (\w+)", name(text)) if len(text) == 1 else None
    if greek and text not in SIGNS:
        return f"\\{greek[1].lower()}"
    upright = element.get("mathvariant") == "normal" and text not in SIGNS
    return rf"\mathrm{{{text}}}" if len(text) > 1 or upright else text

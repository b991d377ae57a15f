"""The notation table: the one place where a symbol meets an identifier.

Two kinds of table are read from a Markdown page, told apart by their first column. `index` lists
the letters that count, with what they run over; `symbol` lists everything else, with identifier,
shape and the function that gives the value. A table under a heading that links to a page
holds on that page only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from docs._literate.equations.parse import parse
from docs._literate.equations.syntax import Diff, Mul, Node, Num, Paren, Sym

SAMPLE = "sample"


class Wrong(Exception):
    """An equation that does not hold, or that cannot mean anything."""


@dataclass(frozen=True, eq=False)
class Row:
    """A symbol of the table, with all that an equation may ask of it."""

    tex: str
    kind: str  # value, function, derivative, gradient (of a function), assigned
    pattern: Sym
    literals: tuple[Node, ...]
    slot: str | None
    layer: str | None
    path: str  # the identifier, without its bracket
    index: str  # what stands in its bracket
    shape: tuple[Node, ...] | None  # None: a function
    given_by: str
    page: str
    argument: Node | None = None  # of a function
    by: Sym | None = None  # of a derivative

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Order rows: those of one page first, then those that ask for more indices."""
        return bool(self.page), len(self.literals), self.slot is not None


@dataclass
class Notation:
    """All rows of the table, and the letters that count."""

    roles: dict[str, str] = field(default_factory=dict)  # of a letter: sample, layer …
    limits: dict[tuple[str, bool], str] = field(default_factory=dict)  # of n, n_k, K …
    ends: dict[str, Node] = field(default_factory=dict)  # of a role: where it stops
    rows: list[Row] = field(default_factory=list)

    def on(self, page: str) -> "Notation":
        """Return the table as it holds on one page: its own rows come first."""
        rows = [row for row in self.rows if row.page in ("", page)]
        rows.sort(key=lambda row: row.rank, reverse=True)
        return Notation(self.roles, self.limits, self.ends, rows)

    @cached_property
    def by_base(self) -> dict[tuple[str, str], list[Row]]:
        """The rows of each symbol."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.kind, row.pattern.base), []).append(row)
        return found

    @property
    def functions(self) -> set[str]:
        """The symbols that are applied to what stands in parentheses after them."""
        return {row.pattern.base for row in self.rows if row.kind in ("function", "gradient")}

    def role(self, node: Node, bound: dict[str, str | None]) -> str | None:
        """Tell what an index counts: a sample, a layer …; None if it is a number."""
        found = set()
        if isinstance(node, Sym):
            if node.base in bound:
                found.add(bound[node.base])
            elif (node.base, bool(node.subs)) in self.limits:
                found.add(self.limits[node.base, bool(node.subs)])
            else:
                found.add(self.roles.get(node.base))
        else:
            found |= {self.role(child, bound) for child in node.children()}
        found.discard(None)
        if len(found) > 1:
            raise Wrong(f"an index mixes {' and '.join(sorted(map(str, found)))}")
        return found.pop() if found else None

    def find(
        self, sym: Sym, bound: dict[str, str | None], kind: str = "value"
    ) -> tuple[Row, tuple[Node, ...]]:
        """Return the row of a symbol, and the subscripts that are left as components."""
        for row in self.by_base.get((kind, sym.base), ()):
            if (row.layer is None) != (sym.layer is None):
                continue
            count = len(row.literals)
            rest = sym.subs[count:]
            if sym.subs[:count] != row.literals:
                continue
            if row.slot is not None:
                if not rest or self.role(rest[0], bound) not in (None, self.roles[row.slot]):
                    continue
                rest = rest[1:]
            return row, rest
        known = [row.tex for row in self.rows if row.pattern.base == sym.base]
        raise Wrong(
            f"{sym.base} does not stand in the notation table"
            + (f" with these indices, only as {', '.join(known)}" if known else "")
        )

    def derivative(self, of: Node, by: Node) -> Row | None:
        """Return the row that ties a derivative to an identifier, if there is one."""
        for row in self.rows:
            if row.kind == "derivative" and isinstance(of, Sym) and isinstance(by, Sym):
                assert row.by is not None
                if (row.pattern.base, row.by.base) == (of.base, by.base):
                    return row
        return None

    def argument(self, of: Sym) -> Node:
        """Return what a function depends on: w, for L(w)."""
        for row in self.rows:
            if row.kind == "function" and row.pattern.base == of.base:
                assert row.argument is not None
                return row.argument
        raise Wrong(rf"\nabla {of.base}: the notation table has no function {of.base}")

    def is_sampled(self, row: Row) -> bool:
        """Tell whether a quantity has a column, or an entry, for each sample."""
        return bool(row.shape) and self.role(row.shape[-1], {}) == SAMPLE


def read_notation(path: Path) -> Notation:
    """Read the notation table from its page."""
    notation, page = Notation(), ""
    tables: list[tuple[str, list[str]]] = []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            link = re.search(r"\]\(([^)#]+)", line)
            page = link.group(1) if link else ""
        elif line.startswith("|") and "---" not in line:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            tables.append((page, cells))
    kind = ""
    for page, cells in tables:
        if cells[0] in ("index", "symbol"):
            kind = cells[0]
        elif kind == "index":
            read_index(notation, *cells[:3])
        elif kind == "symbol":
            notation.rows += read_rows(notation, page, cells)
    return notation


def read_index(notation: Notation, letters: str, over: str, meaning: str) -> None:
    """Take the letters of an index, what it runs over, and what it counts."""
    role = meaning.split()[-1]
    end = parse(inline(over)[0].split(",")[-1])[0].sides[0]
    assert isinstance(end, Sym)
    notation.limits[end.base, bool(end.subs)] = role
    notation.ends[role] = end
    for letter in inline(letters):
        notation.roles[letter] = role


def read_rows(notation: Notation, page: str, cells: list[str]) -> Iterator[Row]:
    """Make a row for each way in which a symbol is written."""
    symbols, identifier, shape, _, given_by = cells[:5]
    code = re.fullmatch(r"`([\w.]+)(?:\[(.+)\])?`", identifier)
    sizes = None
    if shape != "function":
        parts = shape.strip("$()").split(",") if shape != "scalar" else []
        sizes = tuple(parse(part)[0].sides[0] for part in parts if part.strip())
    for tex in inline(symbols):
        yield Row(
            tex=tex,
            path=code.group(1) if code else "",
            index=(code.group(2) or "") if code else "",
            shape=sizes,
            given_by=given_by.strip("`—"),
            page=page,
            **pattern_of(notation, tex),
        )


def pattern_of(notation: Notation, tex: str) -> dict[str, Any]:
    """Read how a symbol is written: its fixed marks, the places of its indices."""
    kind, argument, by = "value", None, None
    if tex.endswith(r"\leftarrow"):
        kind, tex = "assigned", tex.removesuffix(r"\leftarrow")
    node = parse(tex)[0].sides[0]
    if isinstance(node, Mul) and isinstance(node.right, Paren):
        kind, node, argument = "function", node.left, node.right.inner
    if isinstance(node, Diff):
        kind, node, by = "gradient" if argument else "derivative", node.of, node.by
    if not isinstance(node, Sym):
        raise Wrong(f"the notation table has {tex}, which is not one symbol")
    literals, slot = [], None
    # In a derivative the indices are those of what it is taken by: \partial L / \partial W_k.
    for sub in by.subs if isinstance(by, Sym) else node.subs:
        role = notation.roles.get(sub.base) if isinstance(sub, Sym) else None
        if role is None:
            literals.append(sub)
        elif role in ("layer", "step"):
            assert isinstance(sub, Sym)
            slot = sub.base
    layer = node.layer.base if isinstance(node.layer, Sym) else None
    return {
        "kind": kind, "pattern": node, "literals": tuple(literals), "slot": slot, "layer": layer,
        "argument": argument, "by": by,
    }  # fmt: skip


def inline(cell: str) -> list[str]:
    """Return the formulas of a cell."""
    return re.findall(r"\$([^$]+)\$", cell)

"""The notation table: the one place where a symbol meets an identifier.

Two kinds of table are read from a Markdown page, told apart by their first column: `index`
lists the letters that count, with what they run over; `symbol` lists everything else. A table
under a heading that links to a page holds on that page only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .pages import suggest
from .parse import Node, Sym, Wrong, parse

SAMPLE = "sample"


@dataclass(frozen=True, eq=False)
class Row:
    """A symbol of the table, with all that an equation may ask of it."""

    tex: str
    kind: str  # value, function, derivative, gradient (of a function), assigned
    pattern: Sym
    literals: tuple[Node, ...]
    slot: str | None
    layer: str | None
    argument: Node | None  # of a function
    by: Node | None  # of a derivative
    path: str  # the identifier, without its bracket
    bracket: str
    shape: tuple[Node, ...] | None  # None: a function
    given_by: str
    page: str
    unit: bool  # unit vectors, a column each
    line: int = field(repr=False)  # of the table's page

    @property
    def identifier(self) -> str:
        """Write the identifier as the table does."""
        return self.path + (f"[{self.bracket}]" if self.bracket else "")

    def position(self, at: dict[str, int]) -> int | None:
        """Return the position in a list that the identifier names."""
        scope: dict[str, Any] = {"__builtins__": {}}
        return int(eval(self.bracket, scope, dict(at))) if self.bracket else None


@dataclass
class Notation:
    """All rows of the table, and the letters that count."""

    roles: dict[str, str] = field(default_factory=dict)  # of a letter: sample, layer …
    ends: dict[str, Sym] = field(default_factory=dict)  # of a role: where it stops
    rows: list[Row] = field(default_factory=list)
    name: str = "the notation table"

    def on(self, page: str) -> "Notation":
        """Return the table as it holds on one page: its own rows come first."""
        rows = [row for row in self.rows if row.page in ("", page)]
        rows.sort(key=lambda r: (bool(r.page), len(r.literals), r.slot or ""), reverse=True)
        return Notation(self.roles, self.ends, rows, self.name)

    @cached_property
    def limits(self) -> dict[tuple[str, bool], str]:
        """What the end of a range tells about its index: n is where samples stop."""
        return {(end.base, bool(end.subs)): role for role, end in self.ends.items()}

    @cached_property
    def functions(self) -> set[str]:
        """The symbols that are applied to what stands in parentheses after them."""
        return {"O"} | {row.pattern.base for row in self.rows if row.argument is not None}

    @cached_property
    def by_base(self) -> dict[tuple[str, str], list[Row]]:
        """The rows of each symbol."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.kind, row.pattern.base), []).append(row)
        return found

    def role(self, node: Node, bound: dict[str, str | None]) -> str | None:
        """Tell what an index counts: a sample, a layer …; None if it is a number."""
        if isinstance(node, Sym):
            named = self.limits.get((node.base, bool(node.subs)), self.roles.get(node.base))
            return bound.get(node.base, named)
        found = {self.role(child, bound) for child in node.children()} - {None}
        if len(found) > 1:
            raise Wrong(f"an index mixes {' and '.join(sorted(map(str, found)))}")
        return found.pop() if found else None

    def find(
        self, sym: Sym, bound: dict[str, str | None], kind: str = "value"
    ) -> tuple[Row, tuple[Node, ...]]:
        """Return the row of a symbol, and the subscripts that are left as components."""
        for row in self.by_base.get((kind, sym.base), ()):
            rest = sym.subs[len(row.literals) :]
            same = (row.layer is None) == (sym.layer is None)
            if not same or sym.subs[: len(row.literals)] != row.literals:
                continue
            if row.slot is None:
                return row, rest
            if rest and self.role(rest[0], bound) in (None, self.roles[row.slot]):
                return row, rest[1:]
        known = ", ".join(row.tex for row in self.rows if row.pattern.base == sym.base)
        what = f"with these indices, only as {known}" if known else "at all"
        near = "" if known else suggest(sym.base, sorted({base for _, base in self.by_base}))
        raise Wrong(f"{sym.base} does not stand in {self.name} {what}{near}", sym.base)

    def lacks(self, node: Node) -> bool:
        """Tell whether a node is one symbol without an index, and no row has it so."""
        rows = self.by_base.get(("value", getattr(node, "base", "")), ())
        taken = any(not row.pattern.subs and row.layer is None for row in rows)
        bare = isinstance(node, Sym) and not list(node.children()) and node.base not in self.roles
        return bare and not taken

    def derivative(self, of: Node, by: Sym) -> Row | None:
        """Return the row that ties a derivative to an identifier, if there is one."""
        rows = self.by_base.get(("derivative", of.base), ()) if isinstance(of, Sym) else ()
        return next((r for r in rows if isinstance(r.by, Sym) and r.by.base == by.base), None)

    def argument(self, of: Node) -> Node:
        """Return what a function depends on: w, for L(w)."""
        rows = self.by_base.get(("function", of.base), ()) if isinstance(of, Sym) else ()
        if rows and rows[0].argument is not None:
            return rows[0].argument
        raise Wrong(r"\nabla stands before a function of the notation table")

    def sampled(self, row: Row) -> bool:
        """Tell whether a quantity has a column, or an entry, for each sample."""
        return any(self.role(size, {}) == SAMPLE for size in (row.shape or ())[-1:])


def read_notation(path: Path) -> Notation:
    """Read the notation table from its page."""
    notation, page, kind = Notation(name=f"the notation table, {path.name},"), "", ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            link = re.search(r"\]\(([^)#]+)", line)
            page = link.group(1) if link else ""
        if not line.startswith("|") or "---" in line:
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells[0] in ("index", "symbol"):
            kind = cells[0]
        elif kind == "index":
            role = cells[2].split()[-1]
            notation.ends[role] = parse(formulas_of(cells[1])[0].split(",")[-1])[0].sides[0]
            notation.roles |= dict.fromkeys(formulas_of(cells[0]), role)
        elif kind == "symbol":
            try:
                notation.rows += read_rows(notation, page, number, *cells[:5])
            except (Wrong, LookupError, TypeError) as problem:
                raise Wrong(f"{path.parent.name}/{path.name}:{number}:1: {problem}") from None
    return notation


def read_rows(
    notation: Notation, page: str, line: int, cell: str, identifier: str, shape: str, _: str, given: str
) -> Iterator[Row]:
    """Make a row for each way in which a symbol is written."""
    path, bracket = re.findall(r"^`([\w.]+)(?:\[(.+)\])?`$|$", identifier)[0]
    sizes = None
    if shape != "function":
        parts = shape.strip("$()").split(",") if shape != "scalar" else []
        sizes = tuple(parse(part)[0].sides[0] for part in parts)
    for tex in formulas_of(cell):
        kind, argument, by = "value", None, None
        node = parse(tex.removesuffix(r"\leftarrow"))[0].sides[0]
        if tex.endswith(r"\leftarrow"):
            kind = "assigned"
        if node.kind == "times":
            kind, (node, paren) = "function", node.args
            argument = paren.args[0]
        if node.kind == "derivative":
            kind, (node, by) = ("gradient" if argument else "derivative"), node.args
        if not isinstance(node, Sym):
            raise Wrong(f"the notation table has {tex}, which is not one symbol")
        # The indices of a derivative are those of its variable.
        counts = [
            (sub, notation.roles.get(getattr(sub, "base", "")))
            for sub in (by.subs if isinstance(by, Sym) else node.subs)
        ]
        yield Row(
            tex, kind, node,
            literals=tuple(sub for sub, role in counts if role is None),
            slot=next((str(getattr(sub, "base", "")) for sub, role in counts if role in ("layer", "step")), None),
            layer=node.layer.base if isinstance(node.layer, Sym) else None,
            argument=argument, by=by, path=path, bracket=bracket, shape=sizes,
            given_by=given.strip("`—"), page=page, unit=identifier == "unit", line=line,
        )  # fmt: skip


def formulas_of(cell: str) -> list[str]:
    """Return the formulas of a cell."""
    return re.findall(r"\$([^$]+)\$", cell)

r"""From a tree to the same line with numbers: each symbol gives way to the value that it takes.

What the grammar reads is written again, in LaTeX that it reads as well: sums are written out, and functions of a number
stay. Of a table too large to be shown, both sides are taken at one entry, which is carried down to the symbols.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from .evaluate import Env, simplify
from .parse import RELATIONS, Chain, Node, Sym, Wrong

Place = tuple[slice, slice]  # rows and columns of a table
ALL = slice(None)
WHOLE: Place = (ALL, ALL)
# How tightly LaTeX holds together; what is looser than its place allows is put in parentheses.
SUM, PRODUCT, FRACTION, ATOM = range(4)
LARGE = 3  # rows or columns of a table; with more, one entry of it is shown
MOST = 4  # terms of a sum, or entries of a table in a row, that are shown
SHOWN = 4  # significant digits
NOTHING = 1e-12
ROW = r" \\ "
SIGNS = {sign: tex for tex, sign in reversed(RELATIONS.items())} | {"=": "="}


@dataclass(frozen=True)
class Line:
    """A line of an equation, with what its indices are."""

    chain: Chain
    env: Env
    at: Place = WHOLE

    @classmethod
    def of(cls, chain: Chain, env: Env, entry: int = 1) -> "Line":
        """Take a line whole, or at one entry if a side of it is too large."""
        plain = all(side.kind not in ("space", "list") for side in chain.sides)
        listed = any(side.kind == "paren" and side.args[0].kind == "list" for side in chain.sides)
        shapes = [np.shape(env.value(side)) for side in chain.sides] if plain and not listed else []
        if max(sum(shapes, ()), default=0) <= LARGE:
            return cls(chain, env)
        rows, columns = next(shape for shape in shapes if shape)
        row, column = min(entry, rows), min(env.sample or 1, columns)
        return cls(chain, env, (slice(row - 1, row), slice(column - 1, column)))

    @property
    def shape(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the sides as a whole."""
        return tuple(np.shape(self.env.value(side)) for side in self.chain.sides if side.kind not in ("space", "list"))

    def value(self, side: Node) -> Any:
        """Return the value of a side, at the place that the line is taken at."""
        return Writer(self.env).value(side, self.at)

    def sides(self, digits: int | None = None) -> list[str]:
        """Write each side, with all its digits or with some."""
        return [Writer(self.env, digits).write(side, self.at) for side in self.chain.sides]

    def rows(self) -> list[tuple[str, str]]:
        """Write the line in rows, what stands before the relations and what follows.

        A long left side has a row of its own. A side that no side is the value of is followed by its value.
        """
        texts, signs = self.sides(SHOWN), ["", *(f"{SIGNS[relation]} " for relation in self.chain.relations)]
        values = [
            "" if side.kind in ("space", "list") else Writer(self.env, SHOWN).write_value(self.value(side))[0]
            for side in self.chain.sides
        ]
        equal = set(self.chain.relations) <= {"=", "<-"}
        told = equal and any(value in ("", text) for value, text in zip(values, texts, strict=True))
        found = []
        for k, (sign, text, value) in enumerate(zip(signs, texts, values, strict=True)):
            found.append(sign + text)
            if value not in ("", text) and not told and (k == len(texts) - 1 or not equal):
                found.append(f"= {value}")
        first, second, *others = found
        if values[0] in ("", texts[0]):
            return [(first, second), *(("", row) for row in others)]
        return [("", first), *(("", rf"\;\; {row}") for row in (second, *others))]

    def show(self) -> str:
        """Write the line as a display, its relations one below the other."""
        return rf"\begin{{aligned}} {ROW.join(f'{before} &{after}' for before, after in self.rows())} \end{{aligned}}"

    def place(self) -> str:
        """Say what the indices are, which sample is meant, and which entry."""
        said = [f"{name} = {value}" for name, value in self.env.names.items()]
        said += [f"sample {self.env.sample}"] if self.env.sample else []
        said += [f"row {self.at[0].stop}, column {self.at[1].stop}"] if self.at != WHOLE else []
        return ", ".join(said).removesuffix(", column 1")


@dataclass(frozen=True)
class Writer:
    """Writes nodes with the values of an environment."""

    env: Env
    digits: int | None = None  # all of them, and every term and entry

    def value(self, node: Node, at: Place = WHOLE) -> Any:
        """Return the value of a node at some rows and columns."""
        value = self.env.value(node)
        if np.ndim(value) == 0:
            return value
        # A column that is added to a table is the same for all its columns.
        return simplify(value[at[0], ALL if value.shape[1] == 1 else at[1]])

    def write(self, node: Node, at: Place = WHOLE, least: int = SUM) -> str:
        """Write a node, in parentheses if it is looser than its place allows."""
        text, level = self.spell(node, at)
        return text if level >= least else rf"\left( {text} \right)"

    def spell(self, node: Node, at: Place) -> tuple[str, int]:
        """Write a node, and tell how tightly it holds together."""
        args, write = node.args, partial(self.write, at=at)
        match node.kind:
            case "add" | "subtract":
                sign = "+" if node.kind == "add" else "-"
                return f"{write(args[0])} {sign} {write(args[1], least=PRODUCT)}", SUM
            case "negative":
                return f"-{write(args[0], least=PRODUCT)}", SUM
            case "times" | "hadamard":
                return self.spell_product(node, at), PRODUCT
            case "frac":
                return rf"\frac{{{write(args[0])}}}{{{write(args[1])}}}", FRACTION
            case "power":
                return f"{write(args[0], least=ATOM)}^{{{write(strip(args[1]))}}}", FRACTION
            case "top" if np.ndim(self.value(args[0], at[::-1])):
                return rf"{self.write(args[0], at[::-1], ATOM)}^\top", FRACTION
            case "top":
                return self.spell(args[0], at[::-1])
            case "sqrt":
                return rf"\sqrt{{{write(args[0])}}}", FRACTION
            case "norm":
                return rf"\left\| {self.write(args[0])} \right\|", ATOM
            case "absolute":
                return rf"\left| {write(args[0])} \right|", ATOM
            case r"\exp" | r"\log" | r"\tanh":
                return f"{node.kind} {write(args[0], least=FRACTION)}", PRODUCT
            case r"\operatorname{diag}" if at == WHOLE:
                return f"{node.kind} {self.enclose(strip(args[0]), at)}", FRACTION
            case "apply" if self.takes_number(args[0]):
                return f"{args[0].base} {self.enclose(strip(args[1]), at)}", FRACTION
            case "big" if args[0] in (r"\sum", r"\prod"):
                return self.spell_sum(*args, at=at)
            case "cases":
                rows = [self.write_case(*row.args, at=at) for row in args]
                return rf"\begin{{cases}} {ROW.join(rows)} \end{{cases}}", ATOM
            case "paren" if args[0].kind == "list" and at == WHOLE:
                return rf"\left( {', '.join(map(self.write, self.env.expanded(args[0])))} \right)", ATOM
            case "paren" if args[0].kind != "list":
                text, level = self.spell(args[0], at)
                return (text, level) if level == ATOM else (rf"\left( {text} \right)", ATOM)
            case "matrix" if at == WHOLE:
                return write_table([[self.write(entry) for entry in row.args] for row in args]), ATOM
            case "list":
                return ", ".join(map(self.write, args)), SUM
            case "space":
                rows, columns = map(self.write, args)
                return rf"\mathbb{{R}}^{{{rows}}}" if columns == "1" else rf"\mathbb{{R}}^{{{rows} \times {columns}}}", ATOM
            case "symbol" if node == Sym(base="e"):
                return "e", ATOM
        return self.write_value(self.value(node, at))

    def spell_product(self, node: Node, at: Place) -> str:
        """Write a product; a row of one table by a column of another where an entry is taken of it."""
        left, right = node.args
        inner = node.kind == "times" and np.ndim(self.env.value(left)) and np.ndim(self.env.value(right))
        if not np.ndim(self.env.value(node)):
            at = WHOLE
        places = ((at[0], ALL), (ALL, at[1])) if inner else (at, at)
        texts = [self.write(part, place, PRODUCT) for part, place in zip(node.args, places, strict=True)]
        tables = all(np.ndim(self.value(part, place)) for part, place in zip(node.args, places, strict=True))
        return (r" \odot " if node.kind == "hadamard" else r" \, ").join(texts) if tables else r" \cdot ".join(texts)

    def spell_sum(self, op: str, name: str, over: Node | None, body: Node, at: Place) -> tuple[str, int]:
        """Write a sum, or a product, out."""
        runs = [replace(self, env=env) for _, env in self.env.runs(name, over, body)]
        texts = [one.write(body, at, PRODUCT) for one in self.shorten(runs)]
        if len(texts) < len(runs):
            texts.insert(2, r"\dots")
        if len(texts) < 2:
            return runs[0].spell(body, at) if runs else self.write_value(self.value(Node("big", (op, name, over, body)), at))
        return (" + ".join(texts), SUM) if op == r"\sum" else (r" \cdot ".join(texts), PRODUCT)

    def write_case(self, value: Node, condition: Chain | None = None, *, at: Place) -> str:
        """Write a row of cases."""
        if condition is None:
            return rf"{self.write(value, at)} & \text{{otherwise}}"
        signs = ["", *(SIGNS[relation] for relation in condition.relations)]
        texts = (f" {sign} {self.write(side)}" for sign, side in zip(signs, condition.sides, strict=True))
        return rf"{self.write(value, at)} & \text{{if }} {''.join(texts)}"

    def enclose(self, node: Node, at: Place) -> str:
        """Write what a function is applied to in parentheses; a table has its own."""
        text, level = self.spell(node, at)
        return text if level == ATOM and np.ndim(self.value(node, at)) else rf"\left( {text} \right)"

    def takes_number(self, function: Node) -> bool:
        """Tell whether a function of the notation table is one of a number."""
        if not isinstance(function, Sym):
            return False
        row, _ = self.env.notation.find(function, self.env.roles, "function")
        return isinstance(row.argument, Sym) and self.env.notation.find(row.argument, {})[0].shape == ()

    def shorten(self, parts: list[Any]) -> list[Any]:
        """Leave parts out where there are more than a reader wants to see."""
        return parts if self.digits is None or len(parts) <= MOST else [*parts[:2], parts[-1]]

    def write_value(self, value: Any) -> tuple[str, int]:
        """Write a number, or a table of numbers."""
        if np.ndim(value) == 0:
            return self.write_number(float(np.real(value)))
        if self.digits:
            # Beside the others such an entry is what rounding left of zero.
            value = np.where(np.abs(value) < NOTHING * np.max(np.abs(value)), 0.0, value)
        rows = [[self.write_number(entry)[0] for entry in self.shorten([*row])] for row in self.shorten([*value])]
        if len(rows[0]) < value.shape[1]:
            rows = [[*row[:2], r"\cdots", row[2]] for row in rows]
        if len(rows) < len(value):
            rows.insert(2, [r"\vdots"] * len(rows[0]))
        return write_table(rows), ATOM

    def write_number(self, number: float) -> tuple[str, int]:
        """Write a number; powers of ten as mathematics writes them."""
        if not np.isfinite(number):
            raise Wrong(f"{number} cannot be written")
        text = f"{number + 0.0:.{SHOWN}g}" if self.digits else repr(float(number) + 0.0)
        digits, _, exponent = text.removesuffix(".0").partition("e")
        level = ATOM
        if exponent:
            power, level = f"10^{{{int(exponent)}}}", PRODUCT
            digits = power if digits == "1" else rf"{digits} \cdot {power}"
        return digits, SUM if number < 0 else level


def strip(node: Node) -> Node:
    """Leave out the parentheses around a node, where something else encloses it."""
    return node.args[0] if node.kind == "paren" and node.args[0].kind != "list" else node


def write_table(rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    return rf"\begin{{pmatrix}} {ROW.join(' & '.join(row) for row in rows)} \end{{pmatrix}}"

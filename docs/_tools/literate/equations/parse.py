r"""From LaTeX to a tree: the clauses of a display, and the node of each rule of the grammar.

A display is cut into clauses at `\quad`, at `\text{for}`, and at each row that has a left side of
its own: equations come first, the conditions on their indices after them.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

RELATIONS = {
    ":=": "=", r"\leftarrow": "<-", r"\in": "in", r"\le": "<=", r"\leq": "<=", r"\ge": ">=",
    r"\geq": ">=", r"\ne": "!=", r"\neq": "!=", r"\lt": "<", r"\gt": ">",
}  # fmt: skip
SIZES = r"left|right|[bB]igg?[lrm]?|displaystyle|textstyle|(?:no)?limits"
IDLE = re.compile(rf"(?<!\\)\\[,;:!> ]|~|\\(?:{SIZES})(?![a-zA-Z])")
FONT = re.compile(r"\\(?:mathbf|boldsymbol|bm|mathcal|mathit)(?![a-zA-Z])\s*(?:\{([^{}]*)\})?")
CASES = re.compile(r"\\begin\{cases\}(.*?)\\end\{cases\}", re.DOTALL)
MATRIX = re.compile(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", re.DOTALL)
SPACE = re.compile(r"\\mathbb\{R\}\^\{((?:[^{}]|\{[^{}]*\})*)\}")
SET = re.compile(r"\\\{([^:}]*):(.*?)\\\}", re.DOTALL)
CUT = re.compile(r"\\q?quad(?![a-zA-Z])|\\text\{\s*(?:for(?: all| every)?|with|where|and)\s*\}")
IF = re.compile(r"=(.*?)\\text\{ if \}(.*?),(.*?)\\text\{ otherwise\}", re.DOTALL)
# Signs that stand for LaTeX, so that a docstring is readable as it is.
SIGNS = {
    "σ": r"\sigma", "β": r"\beta", "δ": r"\delta", "η": r"\eta", "ε": r"\varepsilon", "ℓ": r"\ell", "∂": r"\partial",
    "∇": r"\nabla", "⊙": r"\odot", "≤": r"\le", "‖": r"\|", "…": r"\dots",
}  # fmt: skip
EQUALS = re.compile(
    r":?=|[<>]|\\(?:leftarrow|approx|equiv|propto|sim|ll|gg|to|in|leq?|geq?|leqslant|geqslant|neq?|lt|gt)(?![a-zA-Z])"
)


@cache
def read_grammar() -> Lark:
    """Read the grammar once, when something is parsed: it takes a while."""
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start="clause", maybe_placeholders=True)


class Wrong(Exception):
    """An equation that cannot be read, cannot mean anything, or does not hold."""

    def __init__(self, message: str, fragment: str = "", evaluated: bool = False) -> None:
        super().__init__(message)
        self.fragment = fragment  # the LaTeX that the message speaks of
        self.evaluated = evaluated  # it has a meaning, and what was evaluated refutes it


@dataclass(frozen=True)
class Node:
    """A part of an equation: what it is, as the grammar calls it, and what it is made of."""

    kind: str
    args: tuple[Any, ...] = ()

    def children(self) -> Iterator["Node"]:
        """Yield the nodes directly below this one."""
        yield from (arg for arg in self.args if isinstance(arg, Node))

    def symbols(self) -> Iterator["Sym"]:
        """Yield the symbols in this node."""
        if isinstance(self, Sym):
            yield self
        for child in self.children():
            yield from child.symbols()

    def is_rounded(self) -> bool:
        """Tell whether this is one rounded number, with its sign and a power of ten at most."""
        if self.kind in ("negative", "times"):
            return next(self.children()).is_rounded() and not [*self.symbols()]
        return self.kind == "rounded"

    def items(self) -> tuple["Node", ...]:
        """Return the items of a list; anything else is its own only item."""
        return self.args if self.kind == "list" else (self,)


@dataclass(frozen=True)
class Sym(Node):
    r"""A symbol: W_k, z_{ji}^{(k)}, \beta_1."""

    kind: str = "symbol"
    base: str = ""
    subs: tuple[Node, ...] = ()
    layer: Node | None = None

    def children(self) -> Iterator[Node]:
        """Yield the indices."""
        yield from (*self.subs, *([self.layer] if self.layer else []))


@dataclass(frozen=True)
class Chain(Node):
    """A clause: left = right = right …, with the LaTeX of each side."""

    kind: str = "clause"
    relations: tuple[str, ...] = ()
    tex: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Node, ...]:
        """What the relations compare."""
        return self.args


def parse(tex: str, functions: Collection[str] = ()) -> list[Chain]:
    """Read a display as clauses.

    `functions` names the symbols that are applied to what follows them in parentheses.
    """
    found = []
    for clause in cut_clauses(tex):
        try:
            chain = Build(functions).transform(read_grammar().parse(clause))
        except UnexpectedInput as error:
            near = clause[error.pos_in_stream or 0 :][:30] if error.pos_in_stream else clause
            raise Wrong(f"cannot read {near!r}", near) from None
        except VisitError as error:
            raise Wrong(str(error.orig_exc), clause) from None
        hidden = hide_braces(clause)
        sides = [part.strip() for part in EQUALS.split(hidden)]
        places = [(hidden.index(side), len(side)) for side in sides]
        found.append(replace(chain, tex=tuple(clause[a : a + size] for a, size in places)))
    return found


def hide_braces(clause: str) -> str:
    """Hide what stands in braces, place by place."""
    previous = ""
    while clause != previous:
        previous = clause
        clause = re.sub(r"\{([^{}]*)\}", lambda m: "\0" * len(m[0]), clause)
    return clause


def spell_signs(tex: str) -> str:
    """Write signs as LaTeX."""
    spelled = tex.translate({ord(sign): f"{latex} " for sign, latex in SIGNS.items()})
    return spelled.replace(" '", "'")


def cut_clauses(tex: str) -> list[str]:
    """Cut a display into its clauses, each in plain LaTeX."""
    tex = re.sub(r"^%.*$|(?<!\\)%.*$|\\label\{[^}]*\}", "", tex, flags=re.MULTILINE)
    tex = IDLE.sub(" ", spell_signs(tex))
    tex = IF.sub(r"= \\cases{\1 \\when \2 \\or \3 \\when \\otherwise}", tex)
    tex = CASES.sub(lambda m: rf"\cases{{{write_cases(m[1])}}}", FONT.sub(r" \1", tex))
    tex = SPACE.sub(lambda m: write_space(*m[1].split(r"\times")), tex)
    tex = SET.sub(lambda m: rf"\members{{{m[1].strip()}}}{{{write_set(m[2])}}}", tex)
    tex = MATRIX.sub(lambda m: rf"\rows{{{write_matrix(m[1])}}}", tex)
    tex = re.sub(r"\\(begin|end)\{(aligned|gathered|split)\}", "", tex)
    # TeX takes one digit where it wants an argument: \frac12 is a half.
    tex = re.sub(r"(\\[td]?frac)\s*([0-9a-zA-Z])", r"\1{\2}", tex)
    tex = re.sub(r"(\\[td]?frac\s*\{[^{}]*\}|\\sqrt|[_^])\s*([0-9])", r"\1{\2}", tex)
    tex = re.sub(r",\s*&(?!\s*=)", r" \\quad ", tex)  # a &= b, & c &= d
    for bar, sides in ((r"\\\||\\Vert", r"\lVert \rVert"), (r"\\vert|(?<!\\)\|", r"\lvert \rvert")):
        pieces = re.split(bar, tex)
        marks = sides.split()
        tex = "".join(p + marks[k % 2] + " " for k, p in enumerate(pieces[:-1])) + pieces[-1]
    found: list[str] = []
    for row in re.split(r"\\\\(?:\[[^\]]*\])?", tex):
        pieces = [p.strip(" \n,.;&") for p in CUT.split(row)]
        pieces = [" ".join(p.replace("&", " ").split()) for p in pieces if p]
        relation = EQUALS.search(hide_braces(pieces[0])) if pieces else None
        if pieces and found and (not relation or relation.start() == 0):
            found[-1] += " " + pieces.pop(0)  # the row goes on with the one before
        found += pieces
    return found


def write_matrix(body: str) -> str:
    """Write the rows of a matrix without marks that mean something else outside."""
    return body.replace("&", r" \when ").replace(r"\\", r" \or ")


def write_space(rows: str, columns: str = "1") -> str:
    """Write the space of columns, or of matrices, with both its sizes."""
    return rf"\space{{{rows}}}{{{columns}}}"


def write_set(body: str) -> str:
    """Write the conditions of a set without marks that mean something else outside."""
    body = re.sub(r"\{\}|&|\\\\", " ", body)
    body = re.sub(r"\\text\{\s*and\s*\}", r" \\and ", body)
    return re.sub(r"\\text\{\s*for (?:every|all)\s*\}", r" \\every ", body)


def write_cases(body: str) -> str:
    """Write the rows of cases without marks that mean something else outside."""
    body = re.sub(r"\\text\{\s*(if|when)\s*\}", " ", body)
    body = re.sub(r"\\text\{\s*otherwise\s*\}", r"\\otherwise ", body)
    rows = [row.replace("&", r" \when ", 1) for row in body.split(r"\\") if row.strip()]
    return r" \or ".join(re.sub(r"[,.;]\s*(?=\\when|$)", "", row.strip()) for row in rows)


@v_args(inline=True)
class Build(Transformer[Token, Any]):
    """Builds the tree; where it does not say otherwise, a node is called like its rule."""

    def __init__(self, functions: Collection[str]) -> None:
        super().__init__()
        self.functions = functions

    def __default__(self, data: Token, children: list[Any], meta: Any) -> Any:
        """Make a node of a rule."""
        return Node(str(data), tuple(children))

    def clause(self, *parts: Any) -> Chain:
        relations = tuple(RELATIONS.get(str(r), str(r)) for r in parts[1::2])
        return Chain(args=parts[::2], relations=relations)

    def name(self, *tokens: Token) -> Node:
        return Sym(base=re.sub(r"\\(?:mathrm|operatorname)\{(\w+)\}", r"\1", " ".join(tokens)))

    def number(self, token: Token) -> Node:
        _, point, digits = token.partition(".")
        if point:
            return Node("rounded", (float(token), 10.0 ** -len(digits)))
        return Node("number", (float(token),))

    def group(self, inner: Node) -> Node:
        return inner if isinstance(inner, Sym) and not inner.subs else Node("paren", (inner,))

    def subscript(self, inner: Node) -> Node:
        return Node("sub", inner.args if inner.kind == "list" else tuple(split_letters(inner)))

    def factor(self, atom: Node, *scripts: Node) -> Node:
        # Indices belong to the symbol, wherever they stand; then powers act on it.
        for script in scripts:
            if isinstance(atom, Sym) and script.kind == "layer":
                atom = replace(atom, layer=script.args[0])
            elif isinstance(atom, Sym) and script.kind == "prime":
                atom = replace(atom, base=atom.base + "'")
            elif isinstance(atom, Sym) and script.kind == "sub":
                atom = replace(atom, subs=atom.subs + script.args)
            elif script.kind in ("layer", "prime"):
                raise ValueError(f"a {script.kind} belongs to one symbol")
            elif script.kind == "sub" and atom.kind != "norm":
                atom = Node("part", (atom, *script.args))
        for script in scripts:
            if script.kind == "power":
                atom = Node("power", (atom, *script.args))
            elif script.kind == "top" or (script.kind == "layer" and len(script.args) > 1):
                atom = Node("top", (atom,))
        return atom

    def juxtapose(self, left: Node, right: Node) -> Node:
        return self.applied(left, right) or Node("times", (left, right))

    def applied(self, left: Node, right: Node) -> Node | None:
        r"""Apply a function to the parentheses after it: L(w), \nabla L(w), \sigma(z)^2."""
        if left.kind == "times":
            last = self.applied(left.args[1], right)
            return last and Node("times", (left.args[0], last))
        if left.kind == r"\operatorname{Im}":
            inner = self.applied(left.args[0], right)
            return inner and Node(left.kind, (inner,))
        name = left.args[0] if left.kind == "derivative" and left.args[1] is None else left
        if not isinstance(name, Sym) or name.base not in self.functions:
            return None
        if right.kind in ("paren", "matrix"):
            return Node("apply", (left, right.args[0] if right.kind == "paren" else right))
        if right.kind in ("power", "part", "top"):
            inner = self.applied(left, right.args[0])
            return inner and Node(right.kind, (inner, *right.args[1:]))
        return None

    def members(self, of: Node, *rest: Any) -> Node:
        return Node("members", (of, rest[-1], *rest[:-1]))

    def big(self, op: Token, low: Node, high: Node | None, body: Node) -> Node:
        low = low if isinstance(low, Chain) else Chain(args=(low,))
        letter, over = low.sides[0], low.sides[1] if low.relations else None
        if low.relations == ("=",) and high is not None:
            over = Node("list", (over, Node("dots"), high))
        elif high is not None or (over and (low.relations != ("in",) or over.kind != "list")):
            raise ValueError(rf"limits of {op}: k = a to b, k \in \{{1, 2\}}, or k alone")
        if not isinstance(letter, Sym) or list(letter.children()):
            raise ValueError(f"{op} runs over a single letter")
        return Node("big", ("".join(op.split()), letter.base, over, body))

    def operate(self, by: Node, of: Node) -> Node:
        if of.kind in ("times", "hadamard"):
            raise ValueError("put what the derivative acts on in parentheses")
        return Node("derivative", (of, by))

    def nabla(self, by: Node | None, of: Node) -> Node:
        return Node("derivative", (of, by))

    def call(self, name: Token, argument: Node) -> Node:
        return Node(str(name), (argument,))


def split_letters(inner: Node) -> Iterator[Node]:
    """Yield the indices that are written side by side, as in W_{jl}."""
    if inner.kind == "times":
        yield from (*split_letters(inner.args[0]), *split_letters(inner.args[1]))
    else:
        yield inner

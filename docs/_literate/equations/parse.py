"""From LaTeX to a tree: the grammar, and what each of its rules builds."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError
from lark.lexer import Lexer

from docs._literate.equations.syntax import (
    Abs, Add, Apply, Big, Call, Cases, Chain, Diff, Dots, Extreme, Frac, Had, Matrix, Mul, Neg, Node,
    Norm, Num, Ones, Paren, Part, Pow, Seq, Sqrt, Sym, Transpose, Unreadable,
)  # fmt: skip
from docs._literate.equations.tokens import RELATIONS, clauses


def parse(tex: str, functions: Collection[str] = ()) -> list[Chain]:
    """Read a display as chains of relations; each keeps the LaTeX of its sides.

    `functions` names the symbols that are applied to what follows them in parentheses.
    """
    found = []
    for tokens in clauses(tex):
        start, end = tokens[0].start_pos or 0, tokens[-1].end_pos or 0
        try:
            tree = GRAMMAR.parse(tokens)  # type: ignore[arg-type]
            chain = Build(functions).transform(tree)
        except UnexpectedInput as error:
            at = getattr(error, "token", None)
            if at is None or at.type == "$END":
                raise Unreadable("something is missing at the end", end) from None
            raise Unreadable(f"cannot read {str(at)!r} here", at.start_pos or 0) from None
        except VisitError as error:
            raise Unreadable(str(error.orig_exc), start) from None
        found.append(replace(chain, tex=tuple(side_texts(tex, tokens))))
    return found


def side_texts(tex: str, tokens: list[Token]) -> Iterator[str]:
    """Yield the LaTeX of each side of a clause, for messages."""
    depth, start = 0, tokens[0].start_pos or 0
    for token in [*tokens, Token("RELATION", "", start_pos=tokens[-1].end_pos)]:
        depth += token.type in ("LBRACE", "_CASES_OPEN", "_SET_OPEN")
        depth -= token.type in ("RBRACE", "_CASES_CLOSE", "_SET_CLOSE")
        if token.type == "RELATION" and depth == 0:
            side = tex[start : token.start_pos]
            yield " ".join(side.replace("&", " ").replace(r"\\", " ").split())
            start = token.end_pos or 0


class Ready(Lexer):
    """Hands the parser tokens that are made already."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """Yield the tokens."""
        yield from data


GRAMMAR = Lark(
    Path(__file__).with_name("grammar.lark").read_text(),
    parser="lalr",
    lexer=Ready,
    start="clause",
    maybe_placeholders=True,
)


@v_args(inline=True)
class Build(Transformer[Token, Any]):
    """Builds the node that each rule of the grammar stands for."""

    def __init__(self, functions: Collection[str]) -> None:
        super().__init__()
        self.functions = functions

    negative, hadamard, times = Neg, Had, Mul
    norm, absolute, sqrt, frac, paren = Norm, Abs, Sqrt, Frac, Paren
    derivative = Diff

    def clause(self, *parts: Any) -> Chain:
        return Chain(parts[::2], tuple(RELATIONS[str(r)] for r in parts[1::2]))

    def listed(self, *items: Any) -> Seq:
        return Seq(tuple(Dots() if isinstance(item, Token) else item for item in items))

    def add(self, left: Node, right: Node) -> Node:
        return Add(left, right, 1)

    def subtract(self, left: Node, right: Node) -> Node:
        return Add(left, right, -1)

    def juxtapose(self, left: Node, right: Node) -> Node:
        return self.applied(left, right) or Mul(left, right)

    def applied(self, left: Node, right: Node) -> Node | None:
        """Apply a function to the parentheses after it: \\sigma(z), \\nabla L(w), \\sigma(z)^2."""
        if isinstance(left, Mul):
            last = self.applied(left.right, right)
            return last and Mul(left.left, last)
        name = left.of if isinstance(left, Diff) and left.by is None else left
        if not isinstance(name, Sym) or name.base not in self.functions:
            return None
        if isinstance(right, Paren):
            return Apply(left, right.inner)
        if isinstance(right, Pow | Part | Transpose):
            inner = self.applied(left, right.base if isinstance(right, Pow) else right.of)
            field = "base" if isinstance(right, Pow) else "of"
            return inner and replace(right, **{field: inner})
        return None

    def limits(self, low: Chain, high: Node | None) -> tuple[Chain, Node | None]:
        return low, high

    def limits_reversed(self, high: Node, low: Chain) -> tuple[Chain, Node | None]:
        return low, high

    def big(self, op: Token, limits: tuple[Chain, Node | None], body: Node) -> Node:
        low, high = limits
        variable, *ends = low.sides
        over: Node | None = None
        if low.relations == ("=",) and high is not None:
            over = Seq((ends[0], Dots(), high))
        elif low.relations == ("in",) and high is None:
            over = ends[0]
        elif low.relations or high is not None:
            raise ValueError(rf"the limits of {op} are not k = a to b, k \in set, or k alone")
        for name in reversed(variable.items if isinstance(variable, Seq) else (variable,)):
            if not isinstance(name, Sym) or name.subs or name.layer:
                raise ValueError(f"{op} runs over a single letter")
            body = Big(str(op), name.base, over, body)
        return body

    def operate(self, by: Node, of: Node) -> Node:
        if isinstance(of, Mul | Had):
            raise ValueError("put what the derivative acts on in parentheses")
        return Diff(of, by)

    def nabla(self, by: Node | None, of: Node) -> Node:
        return Diff(of, by)

    def call(self, name: Token, argument: Node) -> Node:
        return Call(str(name), argument)

    def extreme(self, op: Token, of: Seq) -> Node:
        return Extreme(str(op), of)

    def subscript(self, inner: Node) -> tuple[str, Any]:
        return "sub", inner.items if isinstance(inner, Seq) else tuple(letters(inner))

    def layer(self, inner: Node) -> tuple[str, Any]:
        return "layer", inner

    def top(self) -> tuple[str, Any]:
        return "top", None

    def power(self, exponent: Node) -> tuple[str, Any]:
        return "power", exponent

    def factor(self, atom: Node, *scripts: tuple[str, Any]) -> Node:
        # Indices belong to the symbol, wherever they stand; then powers act on it.
        for kind, value in scripts:
            if kind == "layer":
                if not isinstance(atom, Sym) or atom.layer:
                    raise ValueError("a layer such as (k) belongs to one symbol")
                atom = replace(atom, layer=value)
            elif kind == "sub" and isinstance(atom, Sym):
                atom = replace(atom, subs=atom.subs + value)
            elif kind == "sub" and not isinstance(atom, Norm):
                atom = Part(atom, value)
        for kind, value in scripts:
            if kind in ("top", "power"):
                atom = Transpose(atom) if kind == "top" else Pow(atom, value)
        return atom

    def name(self, token: Token) -> Node:
        return Sym(str(token))

    def number(self, token: Token) -> Node:
        return Num(float(token))

    def ones(self, _: Token) -> Node:
        return Ones()

    def group(self, inner: Node) -> Node:
        return inner if isinstance(inner, Sym) and not inner.subs else Paren(inner)

    def row(self, *entries: Node) -> tuple[Node, ...]:
        return entries

    def matrix(self, *rows: tuple[Node, ...]) -> Node:
        return Matrix(rows)

    def case(self, value: Node, condition: Chain | None = None) -> tuple[Node, Chain | None]:
        return value, condition

    def cases(self, *rows: tuple[Node, Chain | None]) -> Node:
        return Cases(rows)


def letters(inner: Node) -> Iterator[Node]:
    """Yield the indices of a subscript that are written side by side, as in W_{jl}."""
    if isinstance(inner, Mul):
        yield from (*letters(inner.left), *letters(inner.right))
    else:
        yield inner

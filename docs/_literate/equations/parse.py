"""From LaTeX to a tree: the grammar, and the node that each of its rules stands for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError
from lark.lexer import Lexer

from docs._literate.equations.tokens import RELATIONS, Unreadable, clauses


@dataclass(frozen=True)
class Node:
    """A part of an equation: what it is, as the grammar calls it, and what it is made of."""

    kind: str
    args: tuple[Any, ...] = ()

    def children(self) -> Iterator["Node"]:
        """Yield the nodes directly below this one."""
        yield from (arg for arg in self.args if isinstance(arg, Node))


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


def parse(tex: str, functions: Collection[str] = ()) -> list[Chain]:
    """Read a display as clauses.

    `functions` names the symbols that are applied to what follows them in parentheses.
    """
    found = []
    for tokens in clauses(tex):
        try:
            tree = GRAMMAR.parse(tokens)  # type: ignore[arg-type]
            chain = Build(functions).transform(tree)
        except UnexpectedInput as error:
            at = getattr(error, "token", None)
            if at is None or at.type == "$END":
                end = tokens[-1].end_pos or 0
                raise Unreadable("something is missing at the end", end) from None
            raise Unreadable(f"cannot read {str(at)!r} here", at.start_pos or 0) from None
        except VisitError as error:
            raise Unreadable(str(error.orig_exc), tokens[0].start_pos or 0) from None
        found.append(replace(chain, tex=tuple(side_texts(tex, tokens))))
    return found


def side_texts(tex: str, tokens: list[Token]) -> Iterator[str]:
    """Yield the LaTeX of each side of a clause, for messages."""
    depth, start = 0, tokens[0].start_pos or 0
    for token in [*tokens, Token("RELATION", "", start_pos=tokens[-1].end_pos)]:
        depth += token.type in ("LBRACE", "_CASES_OPEN", "_SET_OPEN")
        depth -= token.type in ("RBRACE", "_CASES_CLOSE", "_SET_CLOSE")
        if token.type == "RELATION" and depth == 0:
            side = tex[start : token.start_pos].replace("&", " ").replace(r"\\", " ")
            yield " ".join(side.split())
            start = token.end_pos or 0


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
        return Chain(args=parts[::2], relations=tuple(RELATIONS[r] for r in parts[1::2]))

    def name(self, token: Token) -> Node:
        return Sym(base=str(token))

    def number(self, token: Token) -> Node:
        return Node("number", (float(token),))

    def group(self, inner: Node) -> Node:
        return inner if isinstance(inner, Sym) and not inner.subs else Node("paren", (inner,))

    def subscript(self, inner: Node) -> Node:
        return Node("sub", inner.args if inner.kind == "list" else tuple(letters(inner)))

    def factor(self, atom: Node, *scripts: Node) -> Node:
        # Indices belong to the symbol, wherever they stand; then powers act on it.
        for script in scripts:
            if script.kind == "layer":
                if not isinstance(atom, Sym) or atom.layer:
                    raise ValueError("a layer such as (k) belongs to one symbol")
                atom = replace(atom, layer=script.args[0])
            elif script.kind == "sub" and isinstance(atom, Sym):
                atom = replace(atom, subs=atom.subs + script.args)
            elif script.kind == "sub" and atom.kind != "norm":
                atom = Node("part", (atom, *script.args))
        for script in scripts:
            if script.kind in ("top", "power"):
                atom = Node(script.kind, (atom, *script.args))
        return atom

    def juxtapose(self, left: Node, right: Node) -> Node:
        return self.applied(left, right) or Node("times", (left, right))

    def applied(self, left: Node, right: Node) -> Node | None:
        """Apply a function to the parentheses after it: L(w), \\nabla L(w), \\sigma(z)^2."""
        if left.kind == "times":
            last = self.applied(left.args[1], right)
            return last and Node("times", (left.args[0], last))
        name = left.args[0] if left.kind == "derivative" and left.args[1] is None else left
        if not isinstance(name, Sym) or name.base not in self.functions:
            return None
        if right.kind == "paren":
            return Node("apply", (left, right.args[0]))
        if right.kind in ("power", "part", "top"):
            inner = self.applied(left, right.args[0])
            return inner and Node(right.kind, (inner, *right.args[1:]))
        return None

    def big(self, op: Token, limits: Node, body: Node) -> Node:
        low, high = limits.args
        letter = low.sides[0]
        if low.relations == ("=",) and high is not None:
            over = Node("list", (low.sides[1], Node("dots"), high))
        elif low.relations in ((), ("in",)) and high is None:
            over = low.sides[1] if low.relations else None
        else:
            raise ValueError(rf"limits of {op}: k = a to b, k \in a set, or k alone")
        if not isinstance(letter, Sym) or list(letter.children()):
            raise ValueError(f"{op} runs over a single letter")
        return Node("big", (str(op), letter.base, over, body))

    def operate(self, by: Node, of: Node) -> Node:
        if of.kind in ("times", "hadamard"):
            raise ValueError("put what the derivative acts on in parentheses")
        return Node("derivative", (of, by))

    def nabla(self, by: Node | None, of: Node) -> Node:
        return Node("derivative", (of, by))

    def call(self, name: Token, argument: Node) -> Node:
        return Node(str(name), (argument,))


def letters(inner: Node) -> Iterator[Node]:
    """Yield the indices that are written side by side, as in W_{jl}."""
    if inner.kind == "times":
        yield from (*letters(inner.args[0]), *letters(inner.args[1]))
    else:
        yield inner

"""What an equation is made of: the nodes that the parser builds and the evaluator walks."""

from dataclasses import dataclass, fields
from typing import Any


class Unreadable(Exception):
    """LaTeX that the grammar cannot read, with the place where it stopped."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.position = position


@dataclass(frozen=True)
class Node:
    """Any part of an equation."""

    def children(self) -> list["Node"]:
        """Return the nodes directly below this one."""
        return [node for f in fields(self) for node in nodes(getattr(self, f.name))]


def nodes(value: Any) -> list[Node]:
    """Return the nodes in a field: itself, or those in its tuples."""
    if isinstance(value, Node):
        return [value]
    return [n for v in value for n in nodes(v)] if isinstance(value, tuple) else []


@dataclass(frozen=True)
class Num(Node):  # 2, 0.5
    value: float


@dataclass(frozen=True)
class Sym(Node):  # W_k, z_{j,i}^{(k)}, \beta_1: a base, subscripts, a layer
    base: str
    subs: tuple[Node, ...] = ()
    layer: Node | None = None


@dataclass(frozen=True)
class Part(Node):  # (W_k)_{jl}: a component of an expression
    of: Node
    subs: tuple[Node, ...]


@dataclass(frozen=True)
class Paren(Node):  # (a), and lists such as (1, 0)
    inner: Node


@dataclass(frozen=True)
class Dots(Node):  # \dots
    pass


@dataclass(frozen=True)
class Seq(Node):  # 1, \dots, K
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Apply(Node):  # \sigma(z), L(w), \nabla L(w): a function of the table
    function: Node
    argument: Node


@dataclass(frozen=True)
class Call(Node):  # \exp, \log, \operatorname{diag}: a function known to everyone
    name: str
    argument: Node


@dataclass(frozen=True)
class Add(Node):
    left: Node
    right: Node
    sign: int


@dataclass(frozen=True)
class Neg(Node):
    of: Node


@dataclass(frozen=True)
class Mul(Node):  # juxtaposition and \cdot: the matrix product, or a multiple
    left: Node
    right: Node


@dataclass(frozen=True)
class Had(Node):  # \odot: entry by entry
    left: Node
    right: Node


@dataclass(frozen=True)
class Frac(Node):
    over: Node
    under: Node


@dataclass(frozen=True)
class Pow(Node):
    base: Node
    exponent: Node


@dataclass(frozen=True)
class Transpose(Node):
    of: Node


@dataclass(frozen=True)
class Sqrt(Node):
    of: Node


@dataclass(frozen=True)
class Norm(Node):
    of: Node


@dataclass(frozen=True)
class Abs(Node):
    of: Node


@dataclass(frozen=True)
class Big(Node):  # \sum, \prod, \min, \max, \arg\min, \arg\max over a variable
    op: str
    variable: str
    over: Node | None  # a Seq, the Sym of a set, or None: its whole range
    body: Node


@dataclass(frozen=True)
class Extreme(Node):  # \max(a, b)
    op: str
    of: Seq


@dataclass(frozen=True)
class Diff(Node):  # \frac{\partial of}{\partial by}, \nabla_{by} of
    of: Node
    by: Node | None  # None: \nabla, with respect to the function's argument


@dataclass(frozen=True)
class Matrix(Node):
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Cases(Node):
    rows: tuple[tuple[Node, "Chain | None"], ...]  # None: otherwise


@dataclass(frozen=True)
class Ones(Node):  # \mathbf 1
    pass


@dataclass(frozen=True)
class Chain(Node):  # left = right = right …: sides, and the relations between them
    sides: tuple[Node, ...]
    relations: tuple[str, ...]
    tex: tuple[str, ...] = ()

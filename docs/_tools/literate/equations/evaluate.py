"""From a tree to numbers: what each node of an equation means.

A value is a number or a table of numbers. A vector is one column, (m, 1); a quantity that
belongs to samples has a column for each of them, (m, n). Only a column added to such a table
is repeated, as a bias is; every other pair of unequal shapes is an error.
"""

import inspect
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Protocol

import numpy as np

from .notation import SAMPLE, Notation, Row
from .parse import Chain, Node, Sym, Wrong

TOLERANCE = 1e-10
NEAR_ZERO = 1e-4  # an error in a value smaller than this counts against this
STEP = 1e-30  # of the complex step: its square is lost in rounding, so nothing cancels


class Absent(LookupError):
    """A draw has no such thing at all: an equation about it skips the draw."""


class EachSample(LookupError):
    """A display that leaves out the index of the sample is held for each sample in turn."""


class Draw(Protocol):
    """What a site supplies: random values, and a model that can be differentiated."""

    def value(self, path: str, index: int | None) -> Any:
        """Return what an identifier stands for; LookupError if it does not exist."""

    def function(self, path: str) -> Callable[[Any], Any]:
        """Return the function that an identifier stands for."""

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return arbitrary numbers for a symbol that stands for any value."""

    def model(self, path: str = "", index: int | None = None, spot: int = 0) -> "Draw":
        """Return the same by an independent model, one entry moved by i STEP."""


def simplify(value: Any) -> Any:
    """Write a table with one entry as a number."""
    value = np.asarray(value)
    return value.reshape(()) if value.shape in ((1, 1), (1,)) else value


def add(left: Any, right: Any) -> Any:
    """Add; a column to every column of a table, a number to every entry."""
    a, b = np.shape(left), np.shape(right)
    if a and b and a != b and not (a[0] == b[0] and 1 in (a[1], b[1])):
        raise Wrong(f"sum of shapes {a} and {b}")
    return left + right


def multiply(left: Any, right: Any) -> Any:
    """Take the matrix product, or a multiple."""
    a, b = np.shape(left), np.shape(right)
    if a and b and a[1] != b[0]:
        raise Wrong(f"matrix product of shapes {a} and {b}")
    return simplify(left @ right) if a and b else left * right


def multiply_entries(left: Any, right: Any) -> Any:
    """Multiply entry by entry."""
    if np.shape(left) != np.shape(right):
        raise Wrong(f"entrywise product of shapes {np.shape(left)} and {np.shape(right)}")
    return left * right


def divide(left: Any, right: Any) -> Any:
    """Divide by a number, or entry by entry."""
    a, b = np.shape(left), np.shape(right)
    if a and b and a != b:
        raise Wrong(f"quotient of shapes {a} and {b}")
    return left / right


def raise_entries(base: Any, exponent: Any) -> Any:
    """Raise a number, or each entry of a vector, to a power."""
    if np.ndim(base) and (min(np.shape(base)) > 1 or np.ndim(exponent)):
        raise Wrong(f"power of a table of shape {np.shape(base)}")
    return base**exponent


def put_on_diagonal(value: Any) -> Any:
    """Write a vector on the diagonal of a square matrix."""
    if np.ndim(value) and np.shape(value)[1] == 1:
        return np.diag(value[:, 0])
    raise Wrong(f"diag of shape {np.shape(value)}")


OPERATIONS: dict[str, Callable[..., Any]] = {
    "number": np.float64, "add": add, "subtract": lambda a, b: add(a, -b),
    "negative": np.negative, "times": multiply, "hadamard": multiply_entries, "frac": divide,
    "power": raise_entries, "top": np.transpose, "sqrt": np.sqrt, r"\operatorname{diag}": put_on_diagonal,
    # Sums of squares and signs, not moduli: a complex step must pass through.
    "norm": lambda a: np.sqrt(np.sum(a**2)), "absolute": lambda a: a * np.sign(np.real(a)),
    r"\exp": np.exp, r"\log": np.log, r"\tanh": np.tanh, r"\operatorname{Im}": np.imag,
    "imaginary": lambda: 1j,
}  # fmt: skip
COMPARISONS = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, ">": np.greater, "<=": np.less_equal,
    ">=": np.greater_equal,
}  # fmt: skip


@dataclass
class Env:
    """Everything that the value of a node depends on."""

    notation: Notation
    draw: Draw
    names: dict[str, Any] = field(default_factory=dict)  # indices and bound variables
    roles: dict[str, str | None] = field(default_factory=dict)  # of those
    sample: int | None = None  # the one sample that an equation speaks of
    bare: bool = False  # inside a derivative: a column, not a table of all samples
    touched: set[Row] = field(default_factory=set)
    probe: dict[str, set[int]] = field(default_factory=dict)  # how far units are seen to go
    moved: dict[str, Any] = field(default_factory=dict)  # arbitrary symbols, varied
    memo: dict[Any, Any] = field(default_factory=dict)
    lets: dict[str, Node] = field(default_factory=dict)  # symbols that a formula defines
    exact: bool = False  # no number is rounded
    rounding: float = 0.0  # how much of its last digit is added to a rounded number
    bounds: list[Any] = field(default_factory=list)  # of inequalities: env, small side, large side

    def bind(self, name: str, value: Any, role: str | None) -> "Env":
        """Return the same environment with one more name."""
        roles = self.roles | {name: role}
        return replace(self, names=self.names | {name: value}, roles=roles)

    def role(self, node: Node) -> str | None:
        """Tell what an index counts."""
        return self.notation.role(node, self.roles)

    def value(self, node: Node) -> Any:
        """Return the value of a node."""
        if node.kind in OPERATIONS:
            arguments = (self.value(a) if isinstance(a, Node) else a for a in node.args)
            return OPERATIONS[node.kind](*arguments)
        if isinstance(node, Sym):
            return self.symbol(node)
        if node.kind == "rounded":
            return np.float64(node.args[0] + self.rounding * node.args[1])
        if node.kind not in ("part", "paren", "apply", "big", "derivative", "cases", "members", "matrix"):
            raise Wrong(f"a {node.kind} cannot stand here")
        return getattr(self, node.kind)(*node.args)

    def measure_rounding(self, sides: Iterable[Node]) -> Any:
        """Return by how much sides may be off because one is a rounded number."""
        sides = [side for side in sides if side.is_rounded() and not self.exact]
        shifted = replace(self, rounding=0.5)
        slacks = [np.abs(shifted.value(side) - self.value(side)) for side in sides]
        return sum(slacks) * 1.001 if any(np.any(slack) for slack in slacks) else None

    def shrink(self, node: Node, by: float) -> "Env":
        """Return the same environment with the arbitrary symbols below a node at most as large as given."""
        moved = dict(self.moved)
        before = len(moved)
        for sym in node.symbols():
            row, _ = self.notation.find(sym, self.roles)
            if not row.path and not row.unit:
                drawn = self.look_up(row, {})
                # A number drawn near zero would leave nothing but rounding.
                moved[row.tex] = by * drawn / (np.max(np.abs(drawn)) or 1.0)
        if len(moved) == before:
            raise Wrong("nothing in O(…) is arbitrary, to be made small")
        return replace(self, moved=moved)

    def index(self, node: Node) -> int:
        """Return the value of an index."""
        value = self.value(node)
        if np.ndim(value) or int(np.real(value)) != value:
            raise Wrong("an index is a whole number")
        return int(np.real(value))

    def symbol(self, sym: Sym) -> Any:
        """Look a symbol up: a bound name, or a row of the notation table."""
        if sym.base in self.names and sym.layer is None:
            value = np.asarray(self.names[sym.base], float)
            return self.component(value, sym.subs) if sym.subs else value
        if sym == Sym(base="e"):
            return np.float64(math.e)
        if sym.base in self.lets and sym.layer is None:
            return self.component(self.value(self.lets[sym.base]), sym.subs)
        row, rest = self.notation.find(sym, self.roles)
        value = self.look_up(row, self.slots(row, sym))
        return self.component(value, rest, row)

    def slots(self, row: Row, sym: Sym) -> dict[str, int]:
        """Return the layer or the step that a symbol is taken at."""
        found = {}
        if row.layer is not None and sym.layer is not None:
            if self.role(sym.layer) not in (None, self.notation.roles[row.layer]):
                raise Wrong(f"{row.tex} is taken at a {self.role(sym.layer)}")
            found[row.layer] = self.index(sym.layer)
        if row.slot is not None:
            found[row.slot] = self.index(sym.subs[len(row.literals)])
        return found

    def look_up(self, row: Row, at: dict[str, int]) -> Any:
        """Return what the identifier of a row stands for, as a number or a table."""
        self.touched.add(row)
        key = (row, self.draw, *at.values())
        if row.tex not in self.moved and key not in self.memo:
            self.memo[key] = self.fetch(row, at)
        return self.moved[row.tex] if row.tex in self.moved else self.memo[key]

    def fetch(self, row: Row, at: dict[str, int]) -> Any:
        """Ask the draw, and hold the shape against the table; a vector is a column."""
        inner = replace(self, names={**self.names, **at}, touched=set())
        shape = tuple(inner.index(size) for size in row.shape or ())
        try:
            value = np.eye(*shape) if row.unit else self.draw.anything(row.tex, shape)
            if row.path:
                value = np.asarray(self.draw.value(row.path, row.position(at)))
        except Absent:
            raise
        except LookupError as error:
            given = ", ".join(f"{name} = {k}" for name, k in at.items()) or str(error)
            raise Wrong(f"{row.tex} does not exist for {given}") from None
        except AttributeError as error:
            where = os.path.relpath(inspect.getfile(type(self.draw)))
            raise Wrong(f"{row.tex} is {row.path}, which {where} has to compute: {error}") from None
        if value.shape != shape:
            raise Wrong(f"{row.tex} has shape {value.shape}, in the notation table {shape}")
        if value.ndim == 1:
            value = value[np.newaxis] if self.notation.sampled(row) else value[:, np.newaxis]
        return simplify(value)

    def component(self, value: Any, subs: tuple[Node, ...], row: Row | None = None) -> Any:
        """Take the row, the column or the entry that indices name."""
        roles = [self.role(sub) for sub in subs]
        sampled = row is not None and self.notation.sampled(row)
        if row is not None and sampled and len(row.shape or ()) == 1 and len(subs) == 1:
            roles = [SAMPLE]  # ℓ_1: an entry for each sample has no other index
        if row is not None and sampled and SAMPLE not in roles:
            if self.sample is not None:
                value = np.atleast_2d(value)[:, self.sample - 1 : self.sample]
            elif subs or self.bare or len(row.shape or ()) == 1:
                raise EachSample
        if not subs:
            return simplify(value)
        if {"layer", "step"} & set(roles) or SAMPLE in roles[:-1] or len(subs) > 2:
            raise Wrong(f"indices that count {roles} pick no component: a unit, then a sample")
        if SAMPLE in roles and row is not None and not sampled:
            raise Wrong(f"{row.tex} has no column for a sample")
        value = np.atleast_2d(value)
        places: list[Node | None] = [*subs] if len(subs) == 2 else [subs[0], None]
        points = row is not None and not sampled and value.shape[1] > 1
        if len(subs) == 1 and (roles == [SAMPLE] or points):
            places.reverse()  # a column: of a sample, or of a matrix of points
        cut = [self.cut(sub, size) for sub, size in zip(places, value.shape, strict=True)]
        return simplify(value[cut[0], cut[1]])

    def cut(self, sub: Node | None, size: int) -> slice:
        """Return the place that an index names, checked against the size."""
        if sub is None:
            return slice(None)
        if isinstance(sub, Sym) and sub.base in self.probe:
            self.probe[sub.base].add(size)
        at = self.index(sub)
        if not 1 <= at <= size:
            raise Wrong(f"the index {at} is outside 1 to {size}")
        return slice(at - 1, at)

    def part(self, of: Node, *subs: Node) -> Any:
        """Take a component of an expression."""
        return self.component(self.value(of), subs)

    def paren(self, inner: Node) -> Any:
        """Write numbers in a row; put tables into one column, each row by row."""
        if inner.kind != "list":
            return self.value(inner)
        values = [self.value(item) for item in self.expanded(inner)]
        if any(np.ndim(value) for value in values):
            return np.concatenate([np.reshape(value, (-1, 1)) for value in values])
        return np.array([values])

    def matrix(self, *rows: Node) -> Any:
        """Write numbers in rows."""
        return np.array([[self.value(entry) for entry in row.args] for row in rows])

    def expanded(self, items: Node) -> Iterator[Node]:
        r"""Yield the items of a list, with those that \dots stands for."""
        for k, item in enumerate(items.args):
            if item.kind != "dots":
                yield item
                continue
            if not 0 < k < len(items.args) - 1:
                raise Wrong(r"\dots stands between two items")
            before, after = items.args[k - 1], items.args[k + 1]
            named = isinstance(before, Sym) and before.subs
            if named and replace(before, subs=getattr(after, "subs", ())) != after:
                raise Wrong(r"\dots stands between two items of one kind")
            ends = (item.subs[-1] if named else item for item in (before, after))
            first, last = map(self.index, ends)
            step = 1 if last >= first else -1
            for j in range(first + step, last, step):
                number = Node("number", (float(j),))
                yield replace(before, subs=(*before.subs[:-1], number)) if named else number

    def apply(self, function: Node, argument: Node) -> Any:
        """Apply a function of the notation table, or its gradient."""
        at = self.value(argument)
        if not isinstance(function, Sym):
            return self.gradient(function.args[0], at)
        if function == Sym(base="O"):
            return np.float64(0)  # what is left out; how it shrinks is looked at elsewhere
        row, rest = self.notation.find(function, self.roles, "function")
        self.touched.add(row)
        draw = self.draw
        if np.iscomplexobj(at):
            with suppress(LookupError):  # a model takes complex numbers, and has no model itself
                draw = draw.model()
        return self.component(simplify(draw.function(row.path)(at)), rest)

    def big(self, op: str, name: str, over: Node | None, body: Node) -> Any:
        """Evaluate a sum, a product or an extreme over a variable."""
        runs = list(self.runs(name, over, body))
        values = [env.value(body) for _, env in runs]
        if op in (r"\sum", r"\prod"):
            start = np.float64(op == r"\prod")
            return reduce(multiply if start else add, values, start)
        if not values or any(np.ndim(value) for value in values):
            raise Wrong(f"{op} is taken of numbers, at least one")
        best = int((np.argmin if op.endswith("min") else np.argmax)(np.real(values)))
        return np.float64(runs[best][0]) if op.startswith(r"\arg") else values[best]

    def runs(self, name: str, over: Node | None, body: Node) -> Iterator[tuple[int, "Env"]]:
        """Yield each value of a bound variable, with the environment that holds it."""
        role = self.notation.roles.get(name)
        if over is None:
            places: Iterable[int] = self.whole_range(name, [body])
        else:
            role = self.role(over.args[-1]) or role
            if over.args[1].kind == "dots" and len(over.args) == 3:
                places = range(self.index(over.args[0]), self.index(over.args[2]) + 1)
            else:
                places = [self.index(item) for item in self.expanded(over)]
        yield from ((place, self.bind(name, place, role)) for place in places)

    def whole_range(self, name: str, bodies: Iterable[Node]) -> range:
        """Return the range of an index without limits: as far as its role or its places go."""
        if name not in self.notation.roles:
            raise Wrong(f"{name} does not stand in the notation table")
        end = self.notation.ends[self.notation.roles[name]]
        if not list(end.children()):
            return range(1, self.index(end) + 1)
        # Units differ from layer to layer: see where this index stands.
        seen: set[int] = set()
        inner = self.bind(name, 1, self.notation.roles[name])
        inner.probe = self.probe | {name: seen}
        for body in bodies:
            inner.value(body)
        if len(seen) != 1:
            raise Wrong(
                f"the index {name} would run to {' and '.join(map(str, seen)) or 'nothing'}"
            )
        return range(1, seen.pop() + 1)

    def cases(self, *rows: Node) -> Any:
        """Return the value of the case that applies; none, or two that differ, is an error."""
        fits = [row.args[0] for row in rows if len(row.args) > 1 and self.holds(row.args[1])]
        fits = fits or [row.args[0] for row in rows if len(row.args) == 1]
        values = [self.value(value) for value in fits]
        if not values or any(not np.array_equal(value, values[0]) for value in values):
            raise Wrong("two cases apply, and differ" if values else "no case applies")
        return values[0]

    def members(self, of: Node, every: Node | None, *conditions: Chain) -> Any:
        """Return one where the sample belongs to a set of samples, and zero where it does not."""
        if not isinstance(of, Sym) or not self.notation.sampled(self.notation.find(of, self.roles)[0]):
            raise Wrong("a set is one of samples: \\{ x : … \\}")
        if of not in [sym for condition in conditions for sym in condition.symbols()]:
            raise Wrong(f"the conditions of the set do not speak of {of.base}")
        if self.sample is None:
            raise EachSample
        envs = [self]
        if isinstance(every, Sym):
            sides = [side for condition in conditions for side in condition.sides]
            places, role = self.whole_range(every.base, sides), self.notation.roles[every.base]
            envs = [self.bind(every.base, place, role) for place in places]
        return np.float64(all(env.holds(condition) for env in envs for condition in conditions))

    def fits(self, node: Node, space: Node) -> bool:
        """Tell whether a value has the size of a space: a column, or a matrix."""
        return np.atleast_2d(self.value(node)).shape == tuple(map(self.index, space.args))

    def holds(self, chain: Chain) -> bool:
        """Tell whether a condition holds, exactly."""
        for k, relation in enumerate(chain.relations):
            left, right = chain.sides[k : k + 2]
            if right.kind == "space" and relation == "in":
                found = all(self.fits(item, right) for item in left.items())
            elif right.kind != "list":
                found = compare(self.value(left), relation, self.value(right))
            elif relation in ("=", "in"):
                allowed = [self.value(item) for item in self.expanded(right)]
                found = all(self.value(item) in allowed for item in left.items())
            else:
                raise Wrong(f"{relation} does not stand before a list")
            if not found:
                return False
        return True

    def derivative(self, of: Node, by: Node | None) -> Any:
        """Differentiate by complex step in the model: never by a formula of the page."""
        by = self.notation.argument(of) if by is None else by
        target, subs = (by.args[0], by.args[1:]) if by.kind == "part" else (by, ())
        target = target.args[0] if target.kind == "paren" else target
        if not isinstance(target, Sym):
            raise Wrong("a derivative is taken by a symbol, or by a component of one")
        row, rest = self.notation.find(target, self.roles)
        at = self.slots(row, target)
        base = self.look_up(row, at)
        spots = np.arange(base.size).reshape(np.shape(base))
        for part in (rest, subs) if subs else (rest,):
            spots = self.component(spots, part, row)

        def varied(spot: int) -> Any:
            moved = self.moved | ({} if row.path else {row.tex: step_entry(base, spot)})
            try:
                place = (row.path, row.position(at), spot) if row.path else ()
                draw = self.draw.model(*place)
            except LookupError as problem:
                raise Wrong(f"no derivative by {row.tex}: {problem}") from None
            return replace(self, draw=draw, moved=moved, bare=True).value(of)

        slopes, value = differentiate(varied, spots)
        require_agreement("the differentiated quantity", replace(self, bare=True).value(of), value)
        known = self.notation.derivative(of, target)
        if known is not None:
            package = self.look_up(known, at)
            if self.notation.sampled(known):
                package = self.component(package, getattr(of, "subs", ()), known)
            for part in filter(None, (rest, subs)):
                package = self.component(package, part)
            require_agreement(known.tex, package, slopes)
        return slopes

    def gradient(self, of: Sym, at: Any) -> Any:
        r"""Return the gradient of a function at a value of its argument: \nabla L(w)."""
        row, rest = self.notation.find(of, self.roles, "function")
        function = self.draw.model().function(row.path)

        def varied(spot: int) -> Any:
            return self.component(simplify(function(step_entry(at, spot))), rest)

        slopes, _ = differentiate(varied, np.arange(np.size(at)).reshape(np.shape(at)))
        self.touched.add(row)
        for known in self.notation.by_base.get(("gradient", of.base), ()):
            self.touched.add(known)
            require_agreement(known.tex, self.draw.function(known.path)(at), slopes)
        return slopes


def step_entry(value: Any, spot: int) -> Any:
    """Return a value with one entry moved by an imaginary step."""
    moved = np.array(value, complex)
    moved.flat[spot] += 1j * STEP
    return moved


def differentiate(varied: Callable[[int], Any], spots: Any) -> tuple[Any, Any]:
    """Return the derivatives by some entries, and the value itself.

    A number has derivatives in the shape of what varies; a column by a column has a Jacobian,
    a row for each of its entries.
    """
    values = [varied(int(spot)) for spot in np.ravel(spots)]
    slopes = np.array([np.imag(value) / STEP for value in values])
    inner, outer = slopes.shape[1:], np.shape(spots)
    if not inner or not outer:
        return simplify(slopes.reshape(inner or outer)), np.real(values[0])
    if inner[1] == outer[1] == 1:
        return slopes[:, :, 0].T, np.real(values[0])
    raise Wrong(f"derivative of shape {inner} by shape {outer}")


def compare(left: Any, relation: str, right: Any) -> bool:
    """Compare two values exactly, all entries."""
    return bool(np.all(COMPARISONS[relation](np.real(left), np.real(right))))


def relative_error(left: Any, right: Any) -> float:
    """Return the greatest difference of two tables, relative to their greatest entry."""
    size = max(np.max(np.abs(left)), np.max(np.abs(right)), NEAR_ZERO)
    worst = float(np.max(np.abs(np.subtract(left, right))) / size)
    return worst if math.isfinite(worst) else math.inf


def require_agreement(what: str, package: Any, model: Any) -> None:
    """Stop where the package and the independent model differ."""
    if np.shape(package) != np.shape(model) or relative_error(package, model) > TOLERANCE:
        raise Wrong(f"{what} by the package and by complex step: {describe_difference(package, model)}")


def write_value(value: Any) -> str:
    """Write a number, or the first entry of a table."""
    first = f"{np.ravel(np.real(value))[0]:.10g}"
    return f"{first} of shape {np.shape(value)}" if np.ndim(value) else first


def describe_difference(left: Any, right: Any, relation: str = "=") -> str:
    """Name the entry in which two values differ most, or most against a bound, or their shapes."""
    if np.shape(left) != np.shape(right):
        return f"left {write_value(left)}, right {write_value(right)}: the shapes differ"
    left, right = np.atleast_2d(left), np.atleast_2d(right)
    gaps = left - right if "<" in relation else right - left if ">" in relation else np.abs(left - right)
    gaps = np.nan_to_num(gaps, nan=np.inf)
    j, i = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    entry = f" in row {j + 1}, column {i + 1}" if gaps.size > 1 else ""
    return f"left {left[j, i]:.10g}, right {right[j, i]:.10g}{entry}"

"""From a tree to numbers: what each node of an equation means.

A value is a number or a table of numbers. A vector is one column, (m, 1); a quantity that belongs
to samples has a column for each of them, (m, n). Only a column added to such a table is repeated
(a bias is added to every sample); every other pair of unequal shapes is an error.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Protocol

import numpy as np

from docs._literate.equations.notation import SAMPLE, Notation, Row, Wrong
from docs._literate.equations.syntax import (
    Abs, Add, Apply, Big, Call, Cases, Chain, Diff, Dots, Extreme, Frac, Had, Matrix, Mul, Neg,
    Node, Norm, Num, Ones, Paren, Part, Pow, Seq, Sqrt, Sym, Transpose,
)  # fmt: skip

TOLERANCE = 1e-10
NEAR_ZERO = 1e-4  # below this size an error counts against this size
STEP = 1e-30  # of the complex step: its square is lost in rounding, so nothing cancels


class Absent(LookupError):
    """A draw has no such thing at all, so that an equation about it skips the draw."""


class Draw(Protocol):
    """What a site supplies: random values, and a model that can be differentiated."""

    def value(self, path: str, index: int | None) -> Any:
        """Return what an identifier stands for; LookupError if it does not exist."""

    def function(self, path: str) -> Any:
        """Return the function that an identifier stands for."""

    def model(self, path: str = "", index: int | None = None, spot: int = 0) -> "Draw":
        """Return the same values by an independent model, one entry moved by i STEP."""

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return arbitrary numbers for a symbol that stands for any value."""


@dataclass
class Env:
    """Everything that a symbol's value depends on."""

    notation: Notation
    draw: Draw
    names: dict[str, Any] = field(default_factory=dict)  # indices and bound variables
    roles: dict[str, str | None] = field(default_factory=dict)  # of the bound ones
    sample: int | None = None  # the one sample that an equation speaks of
    touched: set[Row] = field(default_factory=set)
    probe: dict[str, set[int]] = field(default_factory=dict)  # how far units were seen to go
    changed: dict[str, Any] = field(default_factory=dict)  # arbitrary symbols, varied
    memo: dict[Any, Any] = field(default_factory=dict)  # values that were looked up

    def bind(self, name: str, value: Any, role: str | None) -> "Env":
        """Return the same environment with one more name."""
        names = self.names | {name: value}
        return replace(self, names=names, roles=self.roles | {name: role})


def evaluate(node: Node, env: Env) -> Any:
    """Return the value of a node."""
    match node:
        case Num(value):
            return np.float64(value)
        case Sym():
            return symbol(node, env)
        case Part(of, subs):
            return component(evaluate(of, env), subs, env)
        case Paren(Seq() as seq):
            return joined([evaluate(item, env) for item in expanded(seq, env)])
        case Paren(inner):
            return evaluate(inner, env)
        case Neg(of):
            return -evaluate(of, env)
        case Add(left, right, sign):
            return added(evaluate(left, env), sign * evaluate(right, env))
        case Mul(left, right):
            return product(evaluate(left, env), evaluate(right, env))
        case Had(left, right):
            return entrywise(np.multiply, evaluate(left, env), evaluate(right, env), r"\odot")
        case Frac(over, under):
            return divided(evaluate(over, env), evaluate(under, env))
        case Pow(base, exponent):
            return power(evaluate(base, env), evaluate(exponent, env))
        case Transpose(of):
            return np.transpose(evaluate(of, env))
        case Sqrt(of):
            return np.sqrt(evaluate(of, env))
        case Norm(of):
            # Sums of squares, not moduli: a complex step must pass through.
            return np.sqrt(np.sum(evaluate(of, env) ** 2))
        case Abs(of):
            value = evaluate(of, env)
            return value * np.sign(np.real(value))
        case Call(name, argument):
            return called(name, evaluate(argument, env))
        case Apply(function, argument):
            return applied(function, evaluate(argument, env), env)
        case Big():
            return ranged(node, env)
        case Extreme(op, of):
            values = [evaluate(item, env) for item in of.items]
            return reduce_values(op, values)
        case Diff(of, by):
            return derivative(of, by, env)
        case Cases(rows):
            return chosen(rows, env)
        case Matrix(rows):
            entries = [[evaluate(entry, env) for entry in row] for row in rows]
            if len({len(row) for row in rows}) > 1 or any(np.ndim(e) for r in entries for e in r):
                raise Wrong("a matrix has rows of numbers, all of one length")
            return tidy(np.array(entries))
    raise Wrong(f"{type(node).__name__} cannot stand here")


def tidy(value: Any) -> Any:
    """Write a table with one entry as a number."""
    value = np.asarray(value)
    return value.reshape(()) if value.shape == (1, 1) else value


def added(left: Any, right: Any) -> Any:
    """Add; a column is added to every column of a table, a number to every entry."""
    a, b = np.shape(left), np.shape(right)
    if a and b and a != b and not (a[0] == b[0] and 1 in (a[1], b[1])):
        raise Wrong(f"shapes {a} and {b} cannot be added")
    return left + right


def entrywise(operation: Any, left: Any, right: Any, name: str) -> Any:
    """Combine entry by entry two tables of one shape."""
    if np.shape(left) != np.shape(right):
        raise Wrong(f"{name} of shapes {np.shape(left)} and {np.shape(right)}")
    return operation(left, right)


def product(left: Any, right: Any) -> Any:
    """Take the matrix product, or a multiple."""
    a, b = np.shape(left), np.shape(right)
    if not a or not b:
        return left * right
    if a[1] != b[0]:
        raise Wrong(f"matrix product of shapes {a} and {b}")
    return tidy(left @ right)


def divided(left: Any, right: Any) -> Any:
    """Divide by a number, or entry by entry by a column."""
    if np.ndim(right) and np.ndim(left):
        return entrywise(np.divide, left, right, "quotient")
    if np.ndim(right) and np.shape(right)[1] > 1:
        raise Wrong(f"division by a table of shape {np.shape(right)}")
    return left / right


def power(base: Any, exponent: Any) -> Any:
    """Raise a number, or each entry of a vector, to a power."""
    if np.ndim(base) and min(np.shape(base)) > 1 or (np.ndim(base) and np.ndim(exponent)):
        raise Wrong(f"power of a table of shape {np.shape(base)}")
    return base**exponent


def called(name: str, value: Any) -> Any:
    """Apply a function that everyone knows."""
    if name == r"\diag":
        if np.ndim(value) == 0 or np.shape(value)[1] != 1:
            raise Wrong(f"diag of shape {np.shape(value)}")
        return tidy(np.diag(value[:, 0]))
    return np.exp(value) if name == r"\exp" else np.log(value)


def joined(values: list[Any]) -> Any:
    """Write numbers in a row; put tables into one column, each row by row."""
    if not any(np.ndim(value) for value in values):
        return np.array([values])
    return np.concatenate([np.reshape(value, (-1, 1)) for value in values])


def reduce_values(op: str, values: list[Any]) -> Any:
    """Take the sum, the product, or an extreme of some values."""
    if op == r"\sum":
        return reduce(added, values, np.float64(0.0))
    if op == r"\prod":
        return reduce(product, values, np.float64(1.0))
    if not values or any(np.ndim(value) for value in values):
        raise Wrong(f"{op} is taken of numbers, at least one")
    pick = np.argmin if op.endswith("min") else np.argmax
    return values[int(pick(np.real(values)))]


def index(node: Node, env: Env) -> int:
    """Return the value of an index."""
    value = evaluate(node, env)
    if np.ndim(value) or int(np.real(value)) != value:
        raise Wrong("an index is a whole number")
    return int(np.real(value))


def symbol(sym: Sym, env: Env) -> Any:
    """Look a symbol up: a bound name, or a row of the notation table."""
    if sym.base in env.names and sym.layer is None:
        value = env.names[sym.base]
        return component(value, sym.subs, env) if sym.subs else np.asarray(value, float)
    if sym.base in ("e", r"\pi") and not sym.subs and sym.layer is None:
        return np.float64(math.e if sym.base == "e" else math.pi)
    row, rest = env.notation.find(sym, env.roles)
    value = look_up(row, slots(row, sym, env), env)
    if env.sample is not None and env.notation.is_sampled(row):
        if SAMPLE not in [env.notation.role(sub, env.roles) for sub in rest]:
            value = tidy(np.atleast_2d(value)[:, env.sample - 1 : env.sample])
    return component(value, rest, env, row) if rest else value


def slots(row: Row, sym: Sym, env: Env) -> dict[str, int]:
    """Return the layer or step that a symbol is taken at."""
    found = {}
    if row.layer is not None and sym.layer is not None:
        role = env.notation.role(sym.layer, env.roles)
        if role not in (None, env.notation.roles[row.layer]):
            raise Wrong(f"{row.tex} at a {role}, where a {env.notation.roles[row.layer]} belongs")
        found[row.layer] = index(sym.layer, env)
    if row.slot is not None:
        found[row.slot] = index(sym.subs[len(row.literals)], env)
    return found


def where(row: Row, at: dict[str, int]) -> int | None:
    """Return the position in a list that the identifier names."""
    return int(eval(row.index, {"__builtins__": {}}, dict(at))) if row.index else None


def look_up(row: Row, at: dict[str, int], env: Env) -> Any:
    """Return what the identifier of a row stands for, as a number or a table."""
    env.touched.add(row)
    if row.tex in env.changed:
        return env.changed[row.tex]
    key = (row, env.draw, *at.values())
    if key not in env.memo:
        env.memo[key] = fetched(row, at, env)
    return env.memo[key]


def fetched(row: Row, at: dict[str, int], env: Env) -> Any:
    """Ask the draw for the value of a row, and hold its shape against the table."""
    shape = shape_of(row, at, env)
    if not row.path:
        return as_table(env.draw.anything(row.tex, shape or ()), row, env)
    try:
        value = env.draw.value(row.path, where(row, at))
    except Absent:
        raise
    except LookupError as error:
        given = ", ".join(f"{name} = {k}" for name, k in at.items())
        raise Wrong(f"{row.tex} does not exist{' for ' + given if given else ''} ({error})") from None
    if shape is not None and np.shape(value) != shape:
        raise Wrong(f"{row.tex} has shape {np.shape(value)}; the notation table says {shape}")
    return as_table(value, row, env)


def shape_of(row: Row, at: dict[str, int], env: Env) -> tuple[int, ...] | None:
    """Return the shape that the table promises."""
    if row.shape is None:
        return None
    inner = replace(env, names={**env.names, **at}, sample=None, touched=set())
    return tuple(index(size, inner) for size in row.shape)


def as_table(value: Any, row: Row, env: Env) -> Any:
    """Write a vector as a column; one entry for each sample, as a row."""
    value = np.asarray(value)
    if value.ndim == 1:
        value = value[np.newaxis] if env.notation.is_sampled(row) else value[:, np.newaxis]
    return tidy(value)


def component(value: Any, subs: tuple[Node, ...], env: Env, row: Row | None = None) -> Any:
    """Take the row, the column or the entry that indices name."""
    roles = [env.notation.role(sub, env.roles) for sub in subs]
    value = np.atleast_2d(value)
    sampled = row is None or env.notation.is_sampled(row)
    if len(subs) > 2 or "layer" in roles or "step" in roles or (SAMPLE in roles and not sampled):
        raise Wrong(f"{' and '.join(map(str, roles))}: not a component of {row.tex if row else 'this'}")
    if SAMPLE in roles[:-1]:
        raise Wrong("the sample is the second index: a column")
    if len(subs) == 2:
        j, i = subs
    elif roles == [SAMPLE]:
        j, i = None, subs[0]
    elif row is not None and not sampled and value.shape[1] > 1:
        j, i = None, subs[0]  # a matrix of points, such as the seeds: one of them
    else:
        j, i = subs[0], None
    rows = cut(j, value.shape[0], env)
    columns = cut(i, value.shape[1], env)
    return tidy(value[rows, columns])


def cut(sub: Node | None, size: int, env: Env) -> slice:
    """Return the place that an index names, checked against the size."""
    if sub is None:
        return slice(None)
    if isinstance(sub, Sym) and sub.base in env.probe:
        env.probe[sub.base].add(size)
    at = index(sub, env)
    if not 1 <= at <= size:
        raise Wrong(f"an index is {at}, outside 1 to {size}")
    return slice(at - 1, at)


def expanded(seq: Seq, env: Env) -> Iterator[Node]:
    r"""Yield the items of a list, with those that \dots stands for."""
    for k, item in enumerate(seq.items):
        if not isinstance(item, Dots):
            yield item
            continue
        if not 0 < k < len(seq.items) - 1:
            raise Wrong(r"\dots stands between two items")
        before, after = seq.items[k - 1], seq.items[k + 1]
        if isinstance(before, Sym) and isinstance(after, Sym) and before.subs and after.subs:
            first, last = index(before.subs[-1], env), index(after.subs[-1], env)
            if replace(before, subs=()) != replace(after, subs=()):
                raise Wrong(r"\dots stands between two items of one kind")
            for value in range(first + 1, last):
                yield replace(before, subs=(*before.subs[:-1], Num(value)))
        else:
            first, last = index(before, env), index(after, env)
            back = index(seq.items[k - 2], env) if k > 1 else None
            step = first - back if back is not None else 1 if last >= first else -1
            yield from (Num(value) for value in range(first + step, last, step or 1))


def ranged(node: Big, env: Env) -> Any:
    """Evaluate a sum, a product or an extreme over a variable."""
    values, places = [], []
    for place, inner in runs(node, env):
        places.append(place)
        values.append(evaluate(node.body, inner))
    if node.op.startswith(r"\arg"):
        if not values or any(np.ndim(value) for value in values):
            raise Wrong(f"{node.op} is taken over numbers, at least one")
        best = reduce_values(node.op, values)
        return np.asarray(places[[bool(value == best) for value in values].index(True)], float)
    return reduce_values(node.op, values)


def runs(node: Big, env: Env) -> Iterator[tuple[Any, Env]]:
    """Yield each value of the variable of a sum, with the environment that holds it."""
    name, over = node.variable, node.over
    if isinstance(over, Sym):
        # A set of points: the columns of a matrix.
        table = np.atleast_2d(evaluate(over, env))
        for k in range(table.shape[1]):
            yield k + 1, env.bind(name, tidy(table[:, k : k + 1]), None)
        return
    if isinstance(over, Seq):
        role = env.notation.role(over.items[-1], env.roles) or env.notation.roles.get(name)
        places = bounds(over, env)
    else:
        role = env.notation.roles.get(name)
        places = whole_range(name, role, [node.body], env)
    for place in places:
        yield place, env.bind(name, place, role)


def bounds(over: Seq, env: Env) -> list[int]:
    """Return the values between the limits of a sum; none if the upper is below the lower."""
    if len(over.items) == 3 and isinstance(over.items[1], Dots):
        return list(range(index(over.items[0], env), index(over.items[2], env) + 1))
    return [index(item, env) for item in expanded(over, env)]


def whole_range(name: str, role: str | None, bodies: list[Node], env: Env) -> range:
    """Return the range of an index without limits: as far as its role, or its places, go."""
    if role is None:
        raise Wrong(f"{name} does not stand in the notation table")
    end = env.notation.ends[role]
    if not (isinstance(end, Sym) and end.subs):
        return range(1, index(end, env) + 1)
    # Units differ from layer to layer: look at the places where this index stands.
    seen: set[int] = set()
    probe = replace(env.bind(name, 1, role), probe=env.probe | {name: seen})
    for body in bodies:
        evaluate(body, probe)
    if len(seen) != 1:
        ends = " and ".join(map(str, sorted(seen))) or "nothing"
        raise Wrong(f"the index {name} would run to {ends}")
    return range(1, seen.pop() + 1)


def holds(chain: Chain, env: Env) -> bool:
    """Tell whether a condition holds, exactly."""
    values: list[Any] = [evaluate(chain.sides[0], env)]
    for side in chain.sides[1:]:
        inside = isinstance(side, Seq)
        values.append(
            [evaluate(item, env) for item in expanded(side, env)] if inside else evaluate(side, env)
        )
    pairs = zip(values, chain.relations, values[1:], strict=False)
    return all(compare(left, relation, right) for left, relation, right in pairs)


def compare(left: Any, relation: str, right: Any) -> bool:
    """Compare two values exactly, all entries."""
    if relation == "in" or isinstance(right, list):
        return any(np.array_equal(left, item) for item in right)
    tests = {
        "=": np.equal, "!=": np.not_equal, "<": np.less, ">": np.greater,
        "<=": np.less_equal, ">=": np.greater_equal,
    }  # fmt: skip
    return bool(np.all(tests[relation](np.real(left), np.real(right))))


def chosen(rows: tuple[tuple[Node, Chain | None], ...], env: Env) -> Any:
    """Return the value of the case that applies; two that differ, or none, are an error."""
    fits = [value for value, test in rows if test is not None and holds(test, env)]
    fits = fits or [value for value, test in rows if test is None]
    values = [evaluate(value, env) for value in fits]
    if not values:
        raise Wrong("no case applies")
    if any(not np.array_equal(value, values[0]) for value in values):
        raise Wrong("two cases apply, with different values")
    return values[0]


def applied(function: Node, argument: Any, env: Env) -> Any:
    """Apply a function of the notation table, or its gradient."""
    if isinstance(function, Diff) and isinstance(function.of, Sym):
        return gradient_at(function.of, argument, env)
    assert isinstance(function, Sym)
    row, rest = env.notation.find(function, env.roles, "function")
    env.touched.add(row)
    value = tidy(env.draw.function(row.path)(argument))
    return component(value, rest, env, row) if rest else value


def error(left: Any, right: Any) -> float:
    """Return the greatest difference of two tables, relative to their greatest entry."""
    size = max(np.max(np.abs(left)), np.max(np.abs(right)), NEAR_ZERO)
    worst = float(np.max(np.abs(np.subtract(left, right))) / size)
    return worst if math.isfinite(worst) else math.inf


def must_agree(what: str, package: Any, model: Any) -> None:
    """Stop where the package and the independent model differ."""
    if np.shape(package) != np.shape(model):
        raise Wrong(f"{what}: shape {np.shape(package)} from the package, {np.shape(model)} here")
    if error(package, model) > TOLERANCE:
        raise Wrong(f"{what}: {brief(package)} from the package, {brief(model)} by the complex step")


def brief(value: Any) -> str:
    """Write the entry of greatest size."""
    flat = np.ravel(np.real(value))
    return f"{flat[np.argmax(np.abs(flat))]:.10g}"


def derivative(of: Node, by: Node | None, env: Env) -> Any:
    """Differentiate by complex step, in the independent model: never by a formula of the page."""
    if by is None:
        if not isinstance(of, Sym):
            raise Wrong(r"\nabla stands before a function of the notation table")
        by = env.notation.argument(of)
    target, subs = (by.of, by.subs) if isinstance(by, Part) else (by, ())
    target = target.inner if isinstance(target, Paren) else target
    if not isinstance(target, Sym):
        raise Wrong("a derivative is taken by a symbol, or by a component of one")
    bare = replace(target, subs=target.subs)
    row, rest = env.notation.find(bare, env.roles)
    at = slots(row, bare, env)
    base = look_up(row, at, env)
    spots = np.arange(base.size).reshape(np.atleast_2d(base).shape)
    if env.sample is not None and env.notation.is_sampled(row):
        if SAMPLE not in [env.notation.role(sub, env.roles) for sub in rest]:
            spots = spots[:, env.sample - 1 : env.sample]
    for part in (rest, subs):
        if part:
            spots = np.atleast_2d(component(spots, part, env, row)).astype(int)
    slopes = []
    for spot in spots.ravel():
        value = evaluate(of, varied(row, at, base, int(spot), env))
        slopes.append(np.imag(value) / STEP)
    must_agree("the differentiated quantity", evaluate(of, env), np.real(value))
    result = shaped(np.array(slopes), spots.shape)
    known = env.notation.derivative(of, target)
    if known is not None:
        package = look_up(known, at, env)
        for part in (rest, subs):
            package = component(package, part, env, known) if part else package
        must_agree(known.tex, package, result)
    return result


def shaped(slopes: Any, spots: tuple[int, int]) -> Any:
    """Give derivatives their shape: that of what varies, or a Jacobian, a row for each output."""
    inner = slopes.shape[1:]
    if not inner:
        return tidy(slopes.reshape(spots))
    if len(slopes) == 1:
        return slopes[0]
    if inner[1] == 1 and spots[1] == 1:
        return slopes[:, :, 0].T
    raise Wrong(f"derivative of shape {inner} by shape {spots}")


def varied(row: Row, at: dict[str, int], base: Any, spot: int, env: Env) -> Env:
    """Return the environment in which one number has taken a complex step."""
    if not row.path:
        changed = env.changed | {row.tex: stepped(base, spot)}
        return replace(env, draw=env.draw.model(), changed=changed)
    try:
        return replace(env, draw=env.draw.model(row.path, where(row, at), spot))
    except LookupError as missing:
        raise Wrong(f"no derivative by {row.tex} ({missing})") from None


def stepped(value: Any, spot: int) -> Any:
    """Return a value with one entry moved by an imaginary step."""
    moved = np.array(value, complex)
    moved.flat[spot] += 1j * STEP
    return moved


def gradient_at(of: Sym, argument: Any, env: Env) -> Any:
    r"""Return the gradient of a function at a value of its argument: \nabla L(w)."""
    row, rest = env.notation.find(of, env.roles, "function")
    model = env.draw.model().function(row.path)
    slopes = []
    for spot in range(argument.size):
        value = tidy(model(stepped(argument, spot)))
        value = component(value, rest, env, row) if rest else value
        slopes.append(np.imag(value) / STEP)
    result = shaped(np.array(slopes), argument.shape)
    try:
        known, _ = env.notation.find(of, env.roles, "gradient")
    except Wrong:
        return result
    env.touched.add(known)
    must_agree(known.tex, env.draw.function(known.path)(argument), result)
    return result

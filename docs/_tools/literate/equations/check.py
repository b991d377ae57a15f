"""The check: every displayed equation, on every draw, link by link."""

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any

import numpy as np

from literate import parse_python

from .evaluate import (
    TOLERANCE,
    Absent,
    Draw,
    EachSample,
    Env,
    compare,
    describe_difference,
    relative_error,
    write_value,
)  # fmt: skip
from .notation import SAMPLE, Notation, Row
from .pages import EXAMPLE, EXEMPT, VALUE, WHERE, WORDS, Formula, suggest
from .parse import Chain, Node, Sym, Wrong, parse
from .substitute import Line

ZERO = Node("number", (0.0,))  # a side that is 0 alone may stand for a table of zeros
INEQUALITIES = {"<", ">", "<=", ">="}
ORDERS = 6  # of magnitude, over which an inequality is drawn at least
HALVINGS = (2.0**-10, 2.0**-11)  # how far the quantity in O(…) is shrunk


@dataclass(frozen=True)
class Samples:
    """What a site draws for its symbols, made by the functions of these names in its module."""

    draws: Sequence[Draw]
    extremes: Sequence[Draw] = ()  # large, small, and at the edges: for inequalities
    simplest: Sequence[Draw] = ()  # the simplest first: for counterexamples
    examples: Mapping[str, Draw] = field(default_factory=dict)  # worked out on a page, by name
    # Whose numbers readers see in an equation, and where: by what an index counts, and an entry of long vectors.
    shown: tuple[Draw, Mapping[str, int]] | None = None

    @classmethod
    def make(cls, module: ModuleType, *arguments: Any) -> "Samples":
        """Call the functions of a module."""
        names = [field.name for field in fields(cls) if hasattr(module, field.name)]
        return cls(**{name: getattr(module, name)(*arguments) for name in names})


@dataclass
class Record:
    """What the check found out about one equation."""

    label: str
    number: str
    page: str
    tex: str
    functions: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of the tests
    status: str = "held"
    reason: str = ""
    max_error: float = 0.0
    draws: int = 0
    kind: str = "display"  # or inline, docstring
    numbers: list[tuple[str, str]] = field(default_factory=list)  # where, and the line with numbers there


class Unequal(Wrong):
    """An equation that does not hold on a draw, with what it was evaluated in."""

    def __init__(
        self, message: str, fragment: str, env: Env, sides: Sequence[Node], evaluated: bool = True
    ) -> None:
        super().__init__(message, fragment, evaluated)
        self.symbols = "; ".join(dict.fromkeys(describe_symbols(sides, env)))


def describe_symbols(nodes: Iterable[Node], env: Env) -> Iterator[str]:
    """Yield each symbol below some nodes with its identifier and its value."""
    for node in nodes:
        if isinstance(node, Sym) and node.base not in env.names:
            with suppress(Exception):  # what has no value here is not shown
                row, _ = env.notation.find(node, env.roles)
                at = env.slots(row, node)
                index = "" if (position := row.position(at)) is None else f"[{position}]"
                value = np.array2string(env.look_up(row, at), precision=4, threshold=8)
                where = "".join(f", {name} = {value}" for name, value in at.items())
                yield f"{row.tex} is {row.path or 'any number'}{index} = {' '.join(value.split())}{where}"
        elif node.kind == "apply" and isinstance(name := node.args[0], Sym):
            for row in env.notation.by_base.get(("function", name.base), ()):
                yield f"{row.tex} is {row.path}"
        yield from describe_symbols(node.children(), env)


def verdict(formula: Formula, notation: Notation, samples: Samples) -> Record | str:
    """Return the record of an equation, or a line that says where and why it fails."""
    with np.errstate(all="ignore"):
        try:
            return check(formula, notation, samples)
        except Exception as found:  # whatever stops the evaluation, the equation is not held
            problem = found
        if isinstance(problem, Unequal) and not EXAMPLE.search(formula.source):
            problem = find_simplest(formula, notation, samples) or problem
    symbols = getattr(problem, "symbols", "")
    place = formula.locate(getattr(problem, "fragment", ""))
    return f"{place}: {formula.name}: {problem}" + (f" ({symbols})" if symbols else "")


def find_simplest(formula: Formula, notation: Notation, samples: Samples) -> Unequal | None:
    """Return how an equation fails on the first of the simplest draws on which it does."""
    statement = Statement.read(formula, notation)
    for draw in samples.simplest:
        try:
            statement.measure(Env(statement.notation, draw))
        except Unequal as problem:
            if "nan" not in str(problem):  # a quotient of zeros is no counterexample
                return problem
        except Exception:  # what cannot be evaluated there is no counterexample
            continue
    return None


def check(formula: Formula, notation: Notation, samples: Samples) -> Record:
    """Evaluate one equation on all draws; raise Wrong where it fails."""
    record = Record(formula.label, formula.number, formula.page, formula.tex)
    record.kind = formula.kind
    exempt = EXEMPT.search(formula.source)
    if exempt:
        record.status, record.reason = "exempt", f"{exempt['word']}, {exempt['reason']}"
        refuse_idle_exemption(formula, exempt["word"], notation, samples)
        return record
    if VALUE.search(formula.tex):
        raise Wrong("a computed value that is known only when the page has been executed: put it outside")
    statement = Statement.read(formula, notation)
    if formula.kind != "display" and not statement.equations:
        if formula.owner:
            raise Wrong(f"chooses a number, and states nothing of {formula.owner}, whose docstring it stands in")
        record.status = "condition"
        return record
    touched: set[Row] = set()
    memo: dict[Any, Any] = {}
    left_out: list[list[set[str]]] = []
    bounds: list[Any] = []
    extremes = samples.extremes if statement.bounds else ()
    draws: Sequence[Draw] = (*samples.draws, *extremes)
    if statement.example:
        if statement.example not in samples.examples:
            near = suggest(statement.example, [*samples.examples])
            raise Wrong(f"the samples have no example {statement.example}{near}")
        draws = [samples.examples[statement.example]] * 3
    for draw in draws:
        env = Env(statement.notation, draw, touched=touched, memo=memo, bounds=bounds)
        with suppress(Absent):
            errors = statement.measure(env)
            if errors:
                left_out.append([set(also_holds(e, statement, env)) for e in statement.equations])
                record.max_error = max(record.max_error, *errors)
                record.draws += 1
    if record.draws < 3:
        raise Wrong(f"its condition leaves {record.draws} draws, fewer than 3", evaluated=True)
    for values in zip(*left_out, strict=True):
        for value in sorted(set.intersection(*values)):
            raise Wrong(f"its condition leaves out {value}, where it holds as well", evaluated=True)
    if statement.bounds and not statement.example:
        require_spread(memo, bounds, "% sharp" in formula.source)
    record.functions = sorted({row.given_by for row in touched if row.given_by})
    if formula.owner and not any(formula.owner in name.split(".") for name in record.functions):
        raise Wrong(f"in the docstring of {formula.owner}, which gives none of its symbols in the notation table")
    if samples.shown and formula.kind == "display":
        draw, chosen = samples.shown
        lines = statement.put_numbers(samples.examples.get(statement.example, draw), chosen)
        record.numbers = [(line.place(), line.show()) for line in lines]
    return record


def require_spread(drawn: Mapping[Any, Any], bounds: list[Any], sharp: bool) -> None:
    """Stop where an inequality was drawn over few magnitudes, or is called sharp and is not."""
    sizes: dict[Row, list[Any]] = {}
    for (row, *_), value in drawn.items():
        # A count or a rate cannot be drawn over magnitudes.
        fixed = np.asarray(value).dtype.kind != "f" or (row.path and is_setting(row))
        if row.shape is not None and not fixed:
            sizes.setdefault(row, []).append(np.ravel(np.abs(value)))
    for row, found in sizes.items():
        positive = (flat := np.concatenate(found))[flat > 0]
        orders = np.ptp(np.log10(positive)) if positive.size else 0
        if orders < ORDERS:
            raise Wrong(f"an inequality, and {row.tex} is drawn over 10^{orders:.1f}, not 10^{ORDERS}")
    # At each step or layer, with two choices of the rates at least: at an edge much is attained.
    nearest: dict[Any, dict[Draw, float]] = {}
    for env, small, large in bounds if sharp else ():
        at = tuple(pair for pair in env.names.items() if env.roles[pair[0]] in ("step", "layer"))
        share = np.max(np.divide(small, large)[np.greater(large, 0)], initial=0)
        found = nearest.setdefault(at, {})
        found[env.draw] = max(found.get(env.draw, 0), float(share))
    for at, shares in nearest.items():
        second = sorted(shares.values())[-2]
        if second < 1 - TOLERANCE:
            where = "".join(f" at {name} = {value}" for name, value in at)
            text = f"called sharp, and only one draw comes nearer to the bound than {second:.3g} of it{where}"
            raise Wrong(text, evaluated=True)


@dataclass(frozen=True)
class Statement:
    """What a formula says: its equations, and the conditions on their indices."""

    notation: Notation
    equations: list[Chain]
    conditions: list[Chain]
    lets: dict[str, Node]  # symbols that the formula itself, or the page above it, defines
    one_sample: bool
    example: str = ""
    sample: int | None = None  # of the example
    exact: bool = False  # its numbers are not rounded

    @classmethod
    def read(cls, formula: Formula, notation: Notation) -> "Statement":
        """Read the LaTeX of a formula, and the comments that belong to it."""
        notation = notation.on(formula.page)
        clauses = parse(formula.tex, notation.functions)
        lets = {}
        for condition in WHERE.findall(formula.source):
            for clause in parse(condition, notation.functions):
                name = clause.sides[0]
                if clause.relations == ("=",) and notation.lacks(name):
                    lets[name.base] = clause.sides[1]
                else:
                    clauses.append(clause)
        if formula.kind != "display":
            if "% let" in formula.notes:
                refuse_known_names(clauses, notation)
                return cls(notation, [], clauses, lets, False)
            related = any(clause.relations for clause in clauses)
            if related and all(is_condition(clause, notation, lets) for clause in clauses):
                return cls(notation, [], clauses, lets, False)
        example = EXAMPLE.search(formula.source)
        return cls(
            notation, *sort_clauses(clauses, notation, lets), lets, "% one sample" in formula.source,
            example[1] if example else "", int(example[2]) if example and example[2] else None, "% exact" in formula.notes,
        )  # fmt: skip

    @property
    def bounds(self) -> bool:
        """Tell whether an inequality stands in it."""
        return any(INEQUALITIES.intersection(chain.relations) for chain in self.equations)

    def measure(
        self, env: Env, equations: list[Chain] | None = None, conditions: list[Chain] | None = None
    ) -> list[float]:
        """Return the error of every line on one draw, for all samples at once or for each in turn."""
        equations = self.equations if equations is None else equations
        conditions = self.conditions if conditions is None else conditions
        env = replace(env, lets=self.lets, exact=self.exact)

        def measure_each(samples: Iterable[int | None]) -> list[float]:
            return [
                error
                for equation, sample in itertools.product(equations, samples)
                for error in measure_chain(equation, conditions, replace(env, sample=sample))
            ]

        try:
            if self.sample or not self.one_sample:
                return measure_each([self.sample])
        except EachSample:
            pass
        return measure_each(range(1, env.index(env.notation.ends[SAMPLE]) + 1))

    def put_numbers(self, draw: Draw, chosen: Mapping[str, int]) -> Iterator[Line]:
        """Yield each line with numbers for its symbols, where its indices are as chosen, or nearest to that.

        A remainder that is left out has no number, and a set has many.
        """
        for equation in self.equations:
            if any(find_orders(side) or side.kind == "members" for side in equation.sides):
                continue
            found: dict[int | None, Line] = {}
            for sample in (self.sample or None, chosen.get(SAMPLE, 1)):
                env = Env(self.notation, draw, lets=self.lets, exact=self.exact, sample=sample)
                with suppress(EachSample, Absent, Wrong):
                    nearest = self.choose(equation, env, chosen)
                    compare_links(equation, nearest)
                    found[sample] = Line.of(equation, nearest, chosen.get("entry", 1))
            lines = list(found.values())
            # What is no matter of the sample has the same shape without it.
            if lines:
                yield lines[0] if len({line.shape for line in lines}) == 1 else lines[-1]

    def choose(self, equation: Chain, env: Env, chosen: Mapping[str, int]) -> Env:
        """Bind the indices of a line as chosen, or, where it does not hold there, as near to that as it does."""
        roles = self.notation.roles
        wanted = {name: chosen[roles[name]] for name in sorted(free(equation, self.notation)) if roles[name] in chosen}
        bound = env
        for name, value in wanted.items():
            bound = bound.bind(name, value, roles[name])
        with suppress(Wrong, StopIteration):
            first = next(assign_indices(equation, self.conditions, bound))
            compare_links(equation, first)
            return first
        every = list(assign_indices(equation, self.conditions, env))
        return max(every, key=lambda env: sum(env.names.get(name) == value for name, value in wanted.items()))


def measure_chain(chain: Chain, conditions: list[Chain], env: Env) -> list[float]:
    """Return the error of a line for all values of its indices."""
    envs = list(assign_indices(chain, conditions, env))
    if not any(find_orders(side) for side in chain.sides):
        return [compare_links(chain, inner) for inner in envs]
    require_order(chain, envs)
    return [0.0] * len(envs)


def find_orders(node: Node) -> list[Node]:
    """Return what stands in each O(…) below a node."""
    if node.kind == "apply" and node.args[0] == Sym(base="O"):
        return [node.args[1]]
    return [found for child in node.children() for found in find_orders(child)]


def require_order(chain: Chain, envs: list[Env]) -> None:
    """Stop where a remainder does not shrink as its O(…) says when what is small is halved."""
    if chain.relations != ("=",) or len(orders := find_orders(chain.sides[1])) != 1:
        raise Wrong("one O(…) stands on the right of one equals sign", chain.tex[-1])
    (left, right), (order,) = chain.sides, orders
    ratios = []
    for shrink in HALVINGS:
        rest = size = np.float64(0)
        for env in envs:
            inner = env.shrink(order, shrink)
            rest += np.sum(np.abs(inner.value(left) - inner.value(right)) ** 2)
            size += np.abs(inner.value(order)) ** 2
        ratios.append(np.sqrt(rest / size))
    if not 0.8 < ratios[1] / ratios[0] < 1.25:
        times = ratios[1] / ratios[0]
        raise Unequal(
            f"left minus right, over what stands in O(…), is {ratios[0]:.4g}, and {times:.3g} times "
            f"that when what is small is halved; allowed: the same, but for a quarter, at {envs[0].draw}: "
            f"{chain.tex[0]} = {chain.tex[1]}", chain.tex[1], envs[0], chain.sides,
        )  # fmt: skip


def also_holds(equation: Chain, statement: Statement, env: Env) -> Iterator[str]:
    """Yield each layer or step that a condition leaves out although the equation holds there.

    A recursion that stops too early is a mistake, too, though every line of it is true.
    """
    conditions = statement.conditions
    for name in sorted(free(equation, env.notation)):
        role = env.notation.roles[name]
        end = env.notation.ends[role]
        others = [c for c in conditions if free(c, env.notation) != {name}]
        if len(others) == len(conditions) or list(end.children()):
            continue
        kept = [e.names[name] for e in assign_indices(equation, conditions, replace(env, sample=1))]
        for value in set(range(1, env.index(end) + 1)) - set(kept):
            with suppress(Wrong, LookupError):
                if statement.measure(env.bind(name, value, role), [equation], others):
                    from_end = env.index(end) - value
                    yield f"{name} = {value}"
                    yield f"{name} = {end.base}" + (f" - {from_end}" if from_end else "")


def refuse_idle_exemption(
    formula: Formula, word: str, notation: Notation, samples: Samples
) -> None:
    """Stop where an exempt display could be held, or its word is none of those allowed."""
    if word not in WORDS:
        raise Wrong(f"exempt: {word!r} given; allowed: {', '.join(WORDS)}")
    try:
        bare = (EXEMPT.sub("", text) for text in (formula.tex, formula.notes))
        found = check(replace(formula, **dict(zip(("tex", "notes"), bare, strict=True))), notation, samples)
    except Wrong:
        return
    if found.status == "condition":
        raise Wrong("marked exempt, and yet it is a condition or a name, which needs no word")
    raise Wrong("marked exempt, and yet it can be evaluated and holds")


def sort_clauses(
    chains: list[Chain], notation: Notation, lets: Mapping[str, Node]
) -> tuple[list[Chain], list[Chain]]:
    """Tell equations from conditions: these speak of indices and chosen numbers alone."""
    equations: list[Chain] = []
    conditions: list[Chain] = []
    for chain in chains:
        if not chain.relations:
            raise Wrong(
                f"{chain.tex[0]} states no identity: compare it with something, or say why not in "
                f"a line `% exempt: word, reason`, with one of the words {', '.join(WORDS)}",
                chain.tex[0],
            )
        if any(left == right for left, right in itertools.pairwise(chain.sides)):
            text = f"both sides of {chain.tex[0]} = {chain.tex[1]} are the same"
            raise Wrong(text, chain.tex[0], evaluated=True)
        chosen = equations and all(is_chosen(side, notation, lets) for side in chain.sides)
        (conditions if chosen else equations).append(chain)
    stand = set().union(*(free(equation, notation) for equation in equations))
    for condition in conditions:
        names = free(condition, notation)
        if names and not names & stand:
            raise Wrong(
                f"a condition on {', '.join(names)}, which does not stand in any line", condition.tex[0]
            )
    return equations, conditions


def refuse_known_names(chains: Iterable[Chain], notation: Notation) -> None:
    """Stop where a formula that gives a new name speaks of one that the notation table has."""
    for chain in chains:
        name = chain.sides[0]
        if not notation.lacks(name) and (not isinstance(name, Sym) or notation.find(name, {})[0].path):
            raise Wrong(f"`let` gives a new name, and {chain.tex[0]} is no new one", chain.tex[0])


def is_condition(chain: Chain, notation: Notation, lets: Mapping[str, Node]) -> bool:
    """Tell whether a formula chooses a number, or gives one a name: k = 1, s < t, C = 3."""
    if not chain.relations:
        return True
    named = all(isinstance(item, Sym) for item in chain.sides[0].items())
    return named and all(is_chosen(side, notation, lets, True) for side in chain.sides)


def is_chosen(
    node: Node, notation: Notation, lets: Mapping[str, Node], names: bool = False
) -> bool:
    """Tell whether a side holds only indices and numbers that a draw chooses, or new names."""
    if isinstance(node, Sym) and node.base not in notation.roles:
        if node.base in lets or node == Sym(base="e"):
            return False
        if names and notation.lacks(node):
            return True
        row, _ = notation.find(node, {})
        return is_setting(row)
    return all(is_chosen(child, notation, lets, names) for child in node.children())


def is_setting(row: Row) -> bool:
    """Tell whether a row is a number that a draw chooses: a count, or a rate, given by the class that holds it."""
    return row.shape == () and (not row.given_by or row.given_by.rpartition(".")[2][0].isupper())


def free(node: Node, notation: Notation) -> set[str]:
    """Return the indices of a node that no sum binds."""
    found = set().union(*(free(child, notation) for child in node.children()))
    if node.kind == "members":
        return found - {name.base for name in node.args[1:2] if isinstance(name, Sym)}
    if isinstance(node, Sym) and node.base in notation.roles:
        return {node.base, *found}
    return found - {node.args[1]} if node.kind == "big" else found


def assign_indices(equation: Chain, conditions: list[Chain], env: Env) -> Iterator[Env]:
    """Bind the free indices, one after the other, to all values that the conditions allow."""
    names = free(equation, env.notation)
    mine = [c for c in conditions if not (f := free(c, env.notation)) or f & names]
    names = names.union(*(free(condition, env.notation) for condition in mine)) - set(env.names)
    if not names:
        if all(env.holds(condition) for condition in mine):
            yield env
        return
    # A condition with a list tells what values to try; units come last, as layers tell how many.
    lists = {x: c.sides[-1] for c in mine if c.sides[-1].kind == "list" for x in c.sides[0].items()}
    roles = env.notation.roles
    ends = {name: list(env.notation.ends[roles[name]].children()) for name in names}
    name, *others = sorted(
        names, key=lambda name: (bool(ends[name]), Sym(base=name) in lists, name)
    )
    if Sym(base=name) in lists:
        values: Iterable[int] = [env.index(item) for item in env.expanded(lists[Sym(base=name)])]
    else:
        # Stand in with 1 for units that are still unbound, to see how far this one goes.
        probe = env
        for other in others:
            probe = probe.bind(other, 1, roles[other])
        values = probe.whole_range(name, equation.sides)
    for value in values:
        yield from assign_indices(equation, conditions, env.bind(name, value, roles[name]))


def compare_links(equation: Chain, env: Env) -> float:
    """Compare the two sides of each relation; return the greatest error."""
    at = "".join(f", {name} = {value}" for name, value in env.names.items())
    at = f"at {env.draw}{at}" + (f", sample {env.sample}" if env.sample else "")
    if equation.sides[-1].kind == "space":
        if not env.holds(equation):
            shapes = ", ".join(str(np.shape(env.value(item))) for item in equation.sides[0].items())
            allowed = tuple(map(env.index, equation.sides[1].args))
            text = f"left of shape {shapes}, right {allowed}, {at}: {equation.tex[0]}"
            raise Unequal(text, equation.tex[1], env, equation.sides)
        return 0.0
    worst, values = 0.0, list[Any]()
    for k, side in enumerate(equation.sides):
        try:
            if k == 0 and equation.relations[0] == "<-" and isinstance(side, Sym):
                # The left of an arrow is what its symbol becomes.
                next_row, _ = env.notation.find(side, env.roles, "assigned")
                values.append(env.look_up(next_row, {}))
            else:
                values.append(env.value(side))
        except (Absent, EachSample):
            raise
        except Exception as problem:  # the page's fault, or the package's: not held
            before = f"left {write_value(values[-1])}, right: " if values else ""
            text = f"{before}{problem}, {at}: {equation.tex[k]}"
            raise Unequal(text, equation.tex[k], env, [side], evaluated=False) from None
    for k, relation in enumerate(equation.relations):
        left, right = values[k : k + 2]
        if ZERO in equation.sides[k : k + 2]:
            left, right = np.broadcast_arrays(left, right)
        if relation in INEQUALITIES and not (np.ndim(left) and np.ndim(right)):
            left, right = np.broadcast_arrays(left, right)  # a number bounds each entry
        if relation in ("=", "!=", "<-") or np.shape(left) != np.shape(right):
            off = relative_error(left, right) if np.shape(left) == np.shape(right) else np.inf
            good = off <= TOLERANCE
            slack = None if good else env.measure_rounding(equation.sides[k : k + 2])
            if slack is not None:
                off, good = 0.0, bool(np.all(np.abs(left - right) <= slack))
            if relation == "!=":
                off, good = 0.0, not good
            worst = max(worst, off)
        else:
            # "At most" holds where both sides are equal but for rounding.
            slack = TOLERANCE * np.abs(right) * {"<=": 1, ">=": -1}.get(relation, 0)
            good = compare(left, relation, right + slack)
            good = good and bool(np.all(np.isfinite(left) & np.isfinite(right)))
            env.bounds.append((env, left, right) if "<" in relation else (env, right, left))
        if not good:
            tex = f"{equation.tex[k]} {relation} {equation.tex[k + 1]}"
            text = f"{describe_difference(left, right, relation)}, {at}: {tex}"
            same = np.shape(left) == np.shape(right)
            raise Unequal(text, equation.tex[k + 1], env, equation.sides[k : k + 2], evaluated=same)
    return worst


def find_orphans(
    records: list[Record], formulas: Sequence[Formula], tests: Mapping[str, list["Marked"]]
) -> Iterator[str]:
    """Yield a line for each equation without function or test, and each unknown marker."""
    places = {formula.label: formula for formula in formulas}
    for record in records:
        formula = places[record.label]
        at = f"{formula.locate()}: {formula.name}: an orphan"
        file = f"tests/test_{PurePosixPath(record.page).stem.replace('-', '_')}.py"
        if record.status == "held" and not record.functions:
            yield f"{at}: no function gives any of its symbols: name one in the column \"given by\" of the notation table"
        if record.status == "held" and not record.tests:
            yield f'{at}: no test holds it: put @pytest.mark.equation("{record.label}") before one, in {file} for example'
    for label in sorted(set(tests) - set(places)):
        for test in tests[label]:
            yield f"{test.place}: {test.name} is marked with {label}, which is no label{suggest(label, [*places])}"


@dataclass(frozen=True)
class Marked:
    """A test that is marked to hold an equation."""

    label: str
    path: str
    name: str
    line: int
    column: int
    digest: str  # of the test's code

    @property
    def place(self) -> str:
        """Say where the marker stands."""
        return f"{self.path}:{self.line}:{self.column}"


def find_marked_tests(folder: Path) -> dict[str, list[Marked]]:
    """Find, for each label, the tests that are marked to hold it; nothing is imported."""
    found: dict[str, list[Marked]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        below = path.relative_to(folder).parents[:-1]
        if any((folder / parent / "docs").is_dir() for parent in below):
            continue  # the tests of another site
        file = path.relative_to(folder.parent).as_posix()
        for test in read_markers(file, path.read_text(encoding="utf-8")):
            found.setdefault(test.label, []).append(test)
    return found


@cache
def read_markers(path: str, code: str) -> list[Marked]:
    """Find each label that a test of a file is marked with, and the test."""
    lines, found = code.splitlines(), []
    for node in ast.walk(parse_python(code)) if "mark.equation(" in code else ():
        if isinstance(node, ast.FunctionDef):
            # Neither its place in the file nor the indentation of its first line matters.
            digest = sha256("\n".join(lines[node.lineno - 1 : node.end_lineno]).strip().encode()).hexdigest()[:16]
            found += [
                Marked(label.value, path, node.name, label.lineno, label.col_offset + 1, digest)
                for marker in node.decorator_list
                if ast.unparse(marker).startswith("pytest.mark.equation(")
                for label in ast.walk(marker)
                if isinstance(label, ast.Constant) and isinstance(label.value, str)
            ]
    return found

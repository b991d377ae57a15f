"""The check: every displayed equation, on every draw, link by link."""

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

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
from .pages import EXEMPT, WHERE, WORDS, Formula, suggest
from .parse import Chain, Node, Sym, Wrong, parse

ZERO = Node("number", (0.0,))  # a side that is 0 alone may stand for a table of zeros


@dataclass
class Record:
    """What the check found out about one equation."""

    label: str
    number: str
    page: str
    tex: str
    functions: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    status: str = "held"
    reason: str = ""
    max_error: float = 0.0
    draws: int = 0


def verdict(formula: Formula, notation: Notation, draws: Sequence[Draw]) -> Record | str:
    """Return the record of an equation, or a line that says where and why it fails."""
    touched: set[Row] = set()
    try:
        with np.errstate(all="ignore"):
            return check(formula, notation, draws, touched)
    except Exception as problem:  # whatever stops the evaluation, the equation is not held
        used = "; ".join(sorted(f"{row.tex} is {row.identifier}" for row in touched if row.path))
        place = formula.locate(getattr(problem, "fragment", ""))
        return f"{place}: {formula.name}: {problem}" + (f" ({used})" if used else "")


def check(
    formula: Formula, notation: Notation, draws: Sequence[Draw], touched: set[Row]
) -> Record:
    """Evaluate one equation on all draws, and note the rows used; raise Wrong where it fails."""
    record = Record(formula.label, formula.number, formula.page, formula.tex)
    exempt = EXEMPT.search(formula.tex)
    if exempt:
        record.status, record.reason = "exempt", f"{exempt['word']}, {exempt['reason']}"
        refuse_idle_exemption(formula, exempt["word"], notation, draws)
        return record
    notation = notation.on(formula.page)
    clauses = parse(formula.tex, notation.functions)
    for condition in WHERE.findall(formula.tex):
        clauses += parse(condition, notation.functions)
    equations, conditions = sort_clauses(clauses, notation)
    memo: dict[Any, Any] = {}
    left_out: list[set[str]] = []
    each = "% one sample" in formula.tex
    for draw in draws:
        env = Env(notation, draw, touched=touched, memo=memo)
        with suppress(Absent):
            found = measure_errors(equations, conditions, env, each)
            if found:
                left_out += [set(also_holds(e, conditions, env, each)) for e in equations]
                record.max_error = max(record.max_error, *found)
                record.draws += 1
    if record.draws < 3:
        raise Wrong(f"its condition leaves {record.draws} draws, fewer than 3")
    for number in range(len(equations)):
        for value in sorted(set.intersection(*left_out[number :: len(equations)])):
            raise Wrong(f"its condition leaves out {value}, where it holds as well")
    record.functions = sorted({row.given_by for row in touched if row.given_by})
    return record


def measure_errors(
    equations: list[Chain], conditions: list[Chain], env: Env, each: bool = False
) -> list[float]:
    """Return the error of every line on one draw, for all samples at once or for each in turn."""
    samples = range(1, env.index(env.notation.ends[SAMPLE]) + 1) if each else [None]
    try:
        return [
            compare_links(equation, inner)
            for equation, sample in itertools.product(equations, samples)
            for inner in assign_indices(equation, conditions, replace(env, sample=sample))
        ]
    except EachSample:
        return measure_errors(equations, conditions, env, True)


def also_holds(equation: Chain, conditions: list[Chain], env: Env, each: bool) -> Iterator[str]:
    """Yield each layer or step that a condition leaves out although the equation holds there.

    A recursion that stops too early is a mistake, too, though every line of it is true.
    """
    for name in sorted(free(equation, env.notation)):
        role = env.notation.roles[name]
        end = env.notation.ends[role]
        others = [c for c in conditions if free(c, env.notation) != {name}]
        if len(others) == len(conditions) or list(end.children()):
            continue
        kept = [e.names[name] for e in assign_indices(equation, conditions, replace(env, sample=1))]
        for value in set(range(1, env.index(end) + 1)) - set(kept):
            with suppress(Wrong, LookupError):
                if measure_errors([equation], others, env.bind(name, value, role), each):
                    from_end = env.index(end) - value
                    yield f"{name} = {value}"
                    yield f"{name} = {end.base}" + (f" - {from_end}" if from_end else "")


def refuse_idle_exemption(
    formula: Formula, word: str, notation: Notation, draws: Sequence[Draw]
) -> None:
    """Stop where an exempt display could be held, or its word is none of the three."""
    if word not in WORDS:
        raise Wrong(f"exempt: {word!r} given; allowed: {', '.join(WORDS)}")
    try:
        check(replace(formula, tex=EXEMPT.sub("", formula.tex)), notation, draws, set())
    except Wrong:
        return
    raise Wrong("marked exempt, and yet it can be evaluated and holds")


def sort_clauses(chains: list[Chain], notation: Notation) -> tuple[list[Chain], list[Chain]]:
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
            raise Wrong(f"both sides of {chain.tex[0]} = {chain.tex[1]} are the same", chain.tex[0])
        chosen = equations and all(is_chosen(side, notation) for side in chain.sides)
        (conditions if chosen else equations).append(chain)
    stand = set().union(*(free(equation, notation) for equation in equations))
    for condition in conditions:
        names = free(condition, notation)
        if names and not names & stand:
            raise Wrong(
                f"a condition on {', '.join(names)}, which does not stand in any line", condition.tex[0]
            )
    return equations, conditions


def is_chosen(node: Node, notation: Notation) -> bool:
    """Tell whether a side holds only indices and numbers that a draw chooses."""
    if isinstance(node, Sym) and node.base not in notation.roles:
        row, _ = notation.find(node, {})
        return not row.given_by and row.shape == ()
    return all(is_chosen(child, notation) for child in node.children())


def free(node: Node, notation: Notation) -> set[str]:
    """Return the indices of a node that no sum binds."""
    found = set().union(*(free(child, notation) for child in node.children()))
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
            raise Wrong(f"{before}{problem}, {at}: {equation.tex[k]}", equation.tex[k]) from None
    for k, relation in enumerate(equation.relations):
        left, right = values[k : k + 2]
        if ZERO in equation.sides[k : k + 2]:
            left, right = np.broadcast_arrays(left, right)
        if relation in ("=", "<-") or np.shape(left) != np.shape(right):
            off = relative_error(left, right) if np.shape(left) == np.shape(right) else np.inf
            worst, good = max(worst, off), off <= TOLERANCE
        else:
            # "At most" holds where both sides are equal but for rounding.
            slack = TOLERANCE * np.abs(right) * {"<=": 1, ">=": -1}.get(relation, 0)
            good = compare(left, relation, right + slack)
        if not good:
            tex = f"{equation.tex[k]} {relation} {equation.tex[k + 1]}"
            raise Wrong(f"{describe_difference(left, right)}, {at}: {tex}", equation.tex[k + 1])
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
    return [
        Marked(label.value, path, getattr(node, "name", ""), label.lineno, label.col_offset + 1)
        for node in ast.walk(ast.parse(code))
        for marker in getattr(node, "decorator_list", [])
        if ast.unparse(marker).startswith("pytest.mark.equation(")
        for label in ast.walk(marker)
        if isinstance(label, ast.Constant) and isinstance(label.value, str)
    ]

"""The check: every displayed equation, on every draw, link by link."""

import ast
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from docs._literate.equations.evaluate import TOLERANCE, Absent, Draw, Env, error, evaluate, expanded, holds
from docs._literate.equations.evaluate import compare, index, look_up, whole_range
from docs._literate.equations.notation import SAMPLE, Notation, Row, Wrong, read_notation
from docs._literate.equations.pages import EXEMPT, WHERE, WORDS, Display, read_pages
from docs._literate.equations.parse import parse
from docs._literate.equations.syntax import Big, Call, Chain, Diff, Node, Num, Seq, Sym, Unreadable


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


def check(display: Display, notation: Notation, draws: Sequence[Draw]) -> Record:
    """Evaluate one equation on all draws; raise Wrong or Unreadable where it fails."""
    record = Record(display.label, display.number, display.page, display.tex)
    exempt = EXEMPT.search(display.tex)
    if exempt:
        record.status = "exempt"
        record.reason = f"{exempt['word']}, {exempt['reason']}"
        refuse_idle_exemption(display, exempt["word"], notation, draws)
        return record
    notation = notation.on(display.page)
    clauses = parse(display.tex, notation.functions)
    for condition in WHERE.findall(display.tex):
        clauses += parse(condition, notation.functions)
    equations, conditions = sort_clauses(clauses, notation)
    single = "% one sample" in display.tex or any(
        speaks_of_one_sample(side, notation, {}) for chain in equations for side in chain.sides
    )
    touched: set[Row] = set()
    for draw in draws:
        tried = 0
        for equation in equations:
            start = Env(notation, draw, touched=touched)
            samples = range(1, index(notation.ends[SAMPLE], start) + 1) if single else [None]
            with suppress(Absent):
                for sample in samples:
                    for env in assignments(equation, conditions, replace(start, sample=sample)):
                        record.max_error = max(record.max_error, links(equation, env))
                        tried += 1
        record.draws += tried > 0
    if record.draws < 3:
        raise Wrong(f"its condition leaves {record.draws} draws, fewer than 3")
    record.functions = sorted({row.given_by for row in touched if row.given_by})
    return record


def refuse_idle_exemption(
    display: Display, word: str, notation: Notation, draws: Sequence[Draw]
) -> None:
    """Stop where an exempt display could be held, or its word is none of the three."""
    if word not in WORDS:
        raise Wrong(f"exempt: {word!r} given; allowed: {', '.join(WORDS)}")
    try:
        check(replace(display, tex=EXEMPT.sub("", display.tex)), notation, draws)
    except (Wrong, Unreadable):
        return
    raise Wrong("marked exempt, and yet it can be evaluated and holds")


def sort_clauses(chains: list[Chain], notation: Notation) -> tuple[list[Chain], list[Chain]]:
    """Tell equations from conditions: these speak of indices and chosen numbers alone."""
    equations: list[Chain] = []
    conditions: list[Chain] = []
    for chain in chains:
        if len(chain.sides) < 2:
            raise Wrong(f"{chain.tex[0]} states no identity; say why it is exempt")
        is_condition = equations and all(is_chosen(side, notation) for side in chain.sides)
        (conditions if is_condition else equations).append(chain)
    for chain in equations:
        for left, right in itertools.pairwise(chain.sides):
            if left == right:
                raise Wrong(f"both sides of {chain.tex[0]} = … are the same")
    return equations, conditions


def is_chosen(node: Node, notation: Notation) -> bool:
    """Tell whether a side holds only indices and numbers that a draw chooses."""
    if isinstance(node, Sym) and node.base not in notation.roles:
        row, _ = notation.find(node, {})
        return not row.given_by and row.shape == ()
    return all(is_chosen(child, notation) for child in node.children())


def speaks_of_one_sample(node: Node, notation: Notation, roles: dict[str, str | None]) -> bool:
    """Tell whether an index of the sample is left out: z_j, \\ell, or the derivative of a column."""
    if isinstance(node, Big):
        end = notation.role(node.over.items[-1], roles) if isinstance(node.over, Seq) else None
        roles = roles | {node.variable: end or notation.roles.get(node.variable)}
        return speaks_of_one_sample(node.body, notation, roles)
    inner = node.of if isinstance(node, Diff) else None
    inner = node.argument if isinstance(node, Call) and node.name == r"\diag" else inner
    if inner is not None and any(sampled(inner, notation, roles, True)):
        return True
    return any(sampled(node, notation, roles, False)) or any(
        speaks_of_one_sample(child, notation, roles) for child in node.children()
    )


def sampled(
    node: Node, notation: Notation, roles: dict[str, str | None], bare: bool
) -> Iterator[bool]:
    """Yield, for the symbols here, whether each lacks the index of its sample."""
    if isinstance(node, Sym) and node.base not in roles and node.base not in notation.roles:
        try:
            row, rest = notation.find(node, roles)
        except Wrong:
            return
        lacks = SAMPLE not in [notation.role(sub, roles) for sub in rest]
        vector = row.shape is not None and len(row.shape) == 1
        yield notation.is_sampled(row) and lacks and (bare or bool(rest) or vector)
    elif bare:
        for child in node.children():
            yield from sampled(child, notation, roles, bare)


def free(node: Node, notation: Notation, bound: frozenset[str] = frozenset()) -> set[str]:
    """Return the indices of a node that no sum binds."""
    if isinstance(node, Big):
        inner = free(node.body, notation, bound | {node.variable})
        return inner | (free(node.over, notation, bound) if node.over else set())
    own = set()
    if isinstance(node, Sym) and node.base in notation.roles and node.base not in bound:
        own = {node.base}
    return own.union(*(free(child, notation, bound) for child in node.children()))


def assignments(equation: Chain, conditions: list[Chain], env: Env) -> Iterator[Env]:
    """Yield an environment for each choice of the free indices that the conditions allow."""
    names = free(equation, env.notation)
    mine = list(conditions)
    ranges: dict[str, Seq] = {}
    while True:
        more = {n for c in mine if free(c, env.notation) & names for n in free(c, env.notation)}
        if more <= names:
            break
        names |= more
    mine = [c for c in mine if free(c, env.notation) <= names]
    for condition in mine:
        head, last = condition.sides[0], condition.sides[-1]
        heads = head.items if isinstance(head, Seq) else (head,)
        if len(condition.sides) == 2 and condition.relations[0] in ("=", "in"):
            for letter in heads:
                if isinstance(letter, Sym) and letter.base in names:
                    ranges[letter.base] = last if isinstance(last, Seq) else Seq((last,))
    tests = [c for c in mine if not isinstance(c.sides[0], Seq) and not isinstance(c.sides[-1], Seq)]
    ends = {name: env.notation.ends[env.notation.roles[name]] for name in names}
    order = sorted(names, key=lambda name: (bool(ends[name].children()), name in ranges, name))
    yield from choose(order, ranges, tests, equation, env)


def choose(
    order: list[str], ranges: dict[str, Seq], tests: list[Chain], equation: Chain, env: Env
) -> Iterator[Env]:
    """Bind the first index to each of its values, then the others."""
    if not order:
        if all(holds(test, env) for test in tests):
            yield env
        return
    name, *others = order
    role = env.notation.roles[name]
    if name in ranges:
        values: Iterable[int] = [index(item, env) for item in expanded(ranges[name], env)]
    else:
        # Other units are still unbound: stand in for them with 1 to see how far this one goes.
        probe = env
        for other in others:
            probe = probe.bind(other, 1, env.notation.roles[other])
        values = whole_range(name, role, list(equation.sides), probe)
    for value in values:
        yield from choose(others, ranges, tests, equation, env.bind(name, value, role))


def links(equation: Chain, env: Env) -> float:
    """Compare the two sides of each relation; return the greatest error."""
    worst = 0.0
    values: list[Any] = []
    for k, side in enumerate(equation.sides):
        assigned = k == 0 and equation.relations[0] == r"\leftarrow"
        values.append(evaluate_side(side, env, assigned))
    for k, relation in enumerate(equation.relations):
        left, right = values[k], values[k + 1]
        zero = Num(0.0) in equation.sides[k : k + 2]
        at = "".join(f", {name} = {value}" for name, value in env.names.items())
        at += f", sample {env.sample}" if env.sample else ""
        tex = f"{equation.tex[k]} {relation} {equation.tex[k + 1]}"
        if np.shape(left) != np.shape(right) and not zero:
            raise Wrong(
                f"left has shape {np.shape(left)}, right has shape {np.shape(right)}"
                f" at {env.draw}{at}: {tex}"
            )
        if relation in ("=", r"\leftarrow"):
            off = error(left, right)
            worst = max(worst, off)
            good = off <= TOLERANCE
        else:
            good = compare(left, relation, right)
        if not good:
            raise Wrong(f"{differ(left, right)} at {env.draw}{at}: {tex}")
    return worst


def evaluate_side(side: Node, env: Env, assigned: bool) -> Any:
    """Evaluate a side; the left of an arrow is what its symbol becomes."""
    if not assigned:
        return evaluate(side, env)
    if not isinstance(side, Sym):
        raise Wrong("an arrow assigns to one symbol")
    row, _ = env.notation.find(side, env.roles, "assigned")
    return look_up(row, {}, env)


def differ(left: Any, right: Any) -> str:
    """Name the entry in which two values differ most."""
    left, right = np.broadcast_arrays(np.atleast_2d(left), np.atleast_2d(right))
    gaps = np.nan_to_num(np.abs(left - right), nan=np.inf)
    j, i = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    entry = f" in row {j + 1}, column {i + 1}" if gaps.size > 1 else ""
    return f"left {left[j, i]:.10g}, right {right[j, i]:.10g}{entry}"


def check_all(
    displays: list[Display], notation: Notation, draws: Sequence[Draw], tests: dict[str, list[str]]
) -> tuple[list[Record], list[str]]:
    """Check all equations; return their records, and a line for each that fails."""
    records, wrong = [], []
    for display in displays:
        try:
            record = check(display, notation, draws)
        except Unreadable as problem:
            line = display.tex[: problem.position].count("\n") + 1
            near = display.tex[problem.position :].split("\n")[0][:30]
            wrong.append(f"{display.place}: line {line}, before {near!r}: {problem}")
        except Wrong as problem:
            wrong.append(f"{display.place}: {problem}")
        else:
            record.tests = tests.get(display.label, [])
            records.append(record)
    return records, wrong


def orphans(records: list[Record], tests: dict[str, list[str]], labels: set[str]) -> Iterator[str]:
    """Yield a line for each equation without function or test, and for each unknown marker."""
    for record in records:
        place = f"{record.page} ({record.number}) {record.label}"
        if record.status == "held" and not record.functions:
            yield f"{place}: an orphan: no function of the package stands in it"
        if record.status == "held" and not record.tests:
            yield f"{place}: an orphan: no test is marked with its label"
    for label in sorted(set(tests) - labels):
        yield f"{', '.join(tests[label])}: marked with {label}, which is no label"


def marked_tests(folder: Path) -> dict[str, list[str]]:
    """Find, for each label, the tests that are marked to hold it; nothing is imported."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.equation":
                    name = f"{path.relative_to(folder.parent).as_posix()}::{node.name}"
                    for argument in mark.args:
                        found.setdefault(ast.literal_eval(argument), []).append(name)
    return found

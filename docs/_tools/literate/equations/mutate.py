"""How strong is the check? Change one token of a formula at a time, and see what becomes of it."""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .check import Samples, Statement, check, find_orders
from .notation import Notation
from .pages import Formula, states_relation
from .parse import Chain, Node, Sym, Wrong

TOKEN = re.compile(
    r"\\(?:begin|end)\{\w+\}|\\(?:text|mathrm|operatorname|mathbb|boldsymbol)\{[^}]*\}|\\[a-zA-Z]+'*|\\."
    r"|[0-9]+(?:\.[0-9]+)?|[a-zA-Z]'*|\S"
)
HIDDEN = re.compile(r"^%.*$|\\label\{[^}]*\}", re.MULTILINE)
OTHERS = {
    "+": ["-"], "-": ["+"], "/": [r"\cdot "], r"\cdot": [r"\odot ", "+"], r"\odot": [r"\cdot ", "+"],
    r"\le": [r"\ge ", "<"], r"\ge": [r"\le ", ">"], "<": [">", r"\le "], "=": [r"\ne "],
    r"\sum": [r"\prod "], r"\prod": [r"\sum "], r"\min": [r"\max "], r"\max": [r"\min "],
    r"\sqrt": [r"\exp "], r"\exp": [r"\log "], r"\log": [r"\exp "], r"\tanh": [r"\exp "],
    r"\partial": ["d"],
}  # fmt: skip


def find_changes(formula: Formula, notation: Notation) -> Iterator[tuple[str, str]]:
    """Yield each change of one token, in words, with the LaTeX that it gives."""
    notation = notation.on(formula.page)
    kinds = dict.fromkeys((base for _, base in notation.by_base), "quantity")
    kinds |= dict.fromkeys(notation.roles, "index")
    hidden = [match.span() for match in HIDDEN.finditer(formula.tex)]
    tokens = [
        match
        for match in TOKEN.finditer(formula.tex)
        if not any(start <= match.start() < end for start, end in hidden)
    ]
    used = {match[0]: kinds[match[0]] for match in tokens if match[0] in kinds}
    for match in tokens:
        token = match[0]
        others = list(OTHERS.get(token, ()))
        if token in used:
            others += [f"{other} " for other, kind in used.items() if kind == used[token] != other != token]
        if token.isdigit():
            others += [str(int(token) + 1), *([str(int(token) - 1)] if int(token) else [])]
        for other in ("", *others):
            tex = formula.tex[: match.start()] + other + formula.tex[match.end() :]
            what = f"{other.strip()} for {token}" if other else f"{token} left out"
            yield f"{what} at {match.start()}", tex


def judge(formula: Formula, tex: str, notation: Notation, samples: Samples) -> str:
    """Tell what the check makes of a change: value, no meaning, equivalent, or missed."""
    changed = replace(formula, tex=tex)
    if formula.kind != "display" and not states_relation(tex):
        return "no statement"
    try:
        if normalise(changed, notation) == normalise(formula, notation):
            return "equivalent"
        with np.errstate(all="ignore"):
            check(changed, notation, samples)
    except Wrong as problem:
        return "value" if problem.evaluated else "no meaning"
    except Exception:  # the check refuses whatever stops the evaluation
        return "no meaning"
    return "missed"


def normalise(formula: Formula, notation: Notation) -> list[Node]:
    """Return what a formula says without what means nothing: order of a sum, sides turned round."""
    statement = Statement.read(formula, notation)
    chains = (*statement.equations, *statement.conditions)
    return [order(chain, statement.notation) for chain in chains]


def order(node: Node, notation: Notation) -> Node:
    """Sort the terms of sums and of entrywise products, and the sides of an equation."""
    args = tuple(order(arg, notation) if isinstance(arg, Node) else arg for arg in node.args)
    if isinstance(node, Chain):
        turned = sorted(args, key=repr) if set(node.relations) == {"="} and len(args) == 2 else args
        return replace(node, args=tuple(turned), tex=())
    if isinstance(node, Sym):
        subs = tuple(order(sub, notation) for sub in node.subs)
        return replace(node, subs=subs, layer=node.layer and order(node.layer, notation))
    if node.kind == "paren" and len(args) == 1 and args[0].kind != "list":
        return args[0]
    # What is of some order is so with either sign; numbers have one product.
    if node.kind == "subtract" and find_orders(args[1]):
        node = Node("add")
    numbers = node.kind in ("times", "hadamard") and all(is_number(arg, notation) for arg in args)
    if numbers:
        node = Node("times")
    if node.kind == "subtract":
        node, args = Node("add"), (args[0], Node("negative", args[1:]))
    if numbers or node.kind in ("add", "hadamard"):
        inside = (arg.args if arg.kind == node.kind else (arg,) for arg in args)
        args = tuple(sorted((arg for group in inside for arg in group), key=repr))
    return Node(node.kind, args)


def is_number(node: Node, notation: Notation) -> bool:
    """Tell whether nothing below a node is a table of numbers."""
    return not any(is_table(sym, notation) for sym in node.symbols())


def is_table(sym: Sym, notation: Notation) -> bool:
    """Tell whether a symbol stands for a table of numbers, and not for a number or a function."""
    if sym == Sym(base="e") or sym.base in notation.roles:
        return False
    try:
        return bool(notation.find(sym, {})[0].shape)
    except Wrong:
        return False

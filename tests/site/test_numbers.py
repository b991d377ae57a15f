"""Every held equation with numbers for its symbols: it comes to what the code computes."""

import re

import numpy as np
import pytest

from literate.equations.check import Statement
from literate.equations.evaluate import TOLERANCE, Env, relative_error, simplify
from literate.equations.pages import EXEMPT, read_pages
from literate.equations.parse import parse
from literate.equations.report import fill_values
from literate.equations.substitute import SHOWN
from voronet_site import DOCS
from voronet_site.checked import SITE

TABLE, SAMPLES, _ = SITE.load()
HELD = {
    formula.label: fill_values(formula, SITE)
    for formula in read_pages(DOCS)[0]
    if formula.kind == "display" and not EXEMPT.search(formula.source)
}
# What has no line with numbers: a remainder of which only the order is known, and a set.
WITHOUT = {"eq:differences": 3, "eq:quotients": 2, "eq:taylor": 1, "eq:cell": 1}


def lines_of(label):
    """Return what an equation states, and its lines with numbers."""
    statement = Statement.read(HELD[label], TABLE)
    draw, chosen = SAMPLES.shown
    with np.errstate(all="ignore"):
        return statement, [
            *statement.put_numbers(SAMPLES.examples.get(statement.example, draw), chosen)
        ]


def reread(text):
    """Parse a side with nothing but its numbers: only functions have names left."""
    (clause,) = parse(text, TABLE.functions)
    names = {symbol.base for symbol in clause.sides[0].symbols()}
    assert names <= {"e", r"\sigma", r"\sigma'"}, f"{names} left in {text}"
    return clause.sides[0].items()


def values_of(env, node):
    """Return what there is to compare of a side: its value, or the sizes of a space."""
    return [env.value(size) for size in node.args] if node.kind == "space" else [env.value(node)]


@pytest.mark.parametrize("label", HELD)
def test_each_line_with_numbers_comes_to_what_the_code_computes(label):
    statement, lines = lines_of(label)
    assert len(statement.equations) - len(lines) == WITHOUT.get(label, 0)
    for line in lines:
        sides = []
        for side, text in zip(line.chain.sides, line.sides(), strict=True):
            for item, again in zip(side.items(), reread(text), strict=True):
                found = values_of(Env(line.env.notation, line.env.draw), again)
                expected = [
                    simplify(v[line.at]) if np.ndim(v) else v for v in values_of(line.env, item)
                ]
                for value, known in zip(found, expected, strict=True):
                    assert np.shape(value) == np.shape(known), text
                    assert relative_error(value, known) <= 1e-12, (
                        f"{text} is {value}, by the code {known}"
                    )
            sides.append(found[0])
        for relation, left, right in zip(line.chain.relations, sides, sides[1:], strict=False):
            assert relation in ("=", "<=", "in")
            if relation == "=":
                assert relative_error(left, right) <= TOLERANCE
            if relation == "<=":
                assert np.all(left <= right * (1 + TOLERANCE))


@pytest.mark.parametrize("label", HELD)
def test_what_is_shown_is_the_same_line_rounded(label):
    number = re.compile(r"-?(?:\d+(?:\.\d+)? \\cdot )?10\^\{-?\d+\}|-?\d+(?:\.\d+)?")
    for line in lines_of(label)[1]:
        for exact, shown in zip(line.sides(), line.sides(SHOWN), strict=True):
            assert shown.replace(r"\left", "") in line.show().replace(r"\left", "")
            if "dots" in shown:
                assert len(shown) < len(exact)
                continue
            assert number.sub("#", shown) == number.sub("#", exact)
            for short, long in zip(number.findall(shown), number.findall(exact), strict=True):
                assert read_number(short) == pytest.approx(
                    read_number(long), rel=0.5 * 10.0 ** (1 - SHOWN), abs=1e-15
                )


def read_number(text):
    """Read a number as a calculator would."""
    return float(text.replace(r" \cdot 10^{", "e").replace("10^{", "1e").removesuffix("}"))

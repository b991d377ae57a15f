"""Every held equation with numbers for its symbols: it comes to what the code computes."""

import re
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

import voronet
from literate.equations.check import Statement
from literate.equations.evaluate import TOLERANCE, Env, relative_error, simplify
from literate.equations.pages import EXAMPLE, EXEMPT, read_pages
from literate.equations.parse import parse
from literate.equations.report import fill_values
from literate.equations.substitute import SHOWN
from voronet_site import DOCS
from voronet_site.checked import SITE
from voronet_site.in_browser import Trainer
from voronet_site.live import find_lines

TABLE, SAMPLES, _ = SITE.load()
HELD = {
    formula.label: fill_values(formula, SITE)
    for formula in read_pages(DOCS)[0]
    if formula.kind == "display" and not EXEMPT.search(formula.source)
}
# What has no line with numbers: a remainder of which only the order is known, and a set.
WITHOUT = {"eq:differences": 3, "eq:quotients": 2, "eq:taylor": 1, "eq:cell": 1}
# Of a run, the step that comes next is at hand, and no earlier one.
EARLIER = (
    "eq:adam-bias", "eq:adam-cauchy", "eq:adam-first-step", "eq:adam-m-bound", "eq:adam-m-unrolled",
    "eq:adam-v-root", "eq:adam-v-unrolled",
)  # fmt: skip
BY_DESCENT = ("eq:descent", "eq:descent-gain")
SETTINGS = {
    "n": "20", "seed": "7", "widths": "2-3-8-2", "scale": "0.7", "optimiser": "Adam",
    "rate": "0.01", "beta1": "0.8", "beta2": "0.99", "green": "", "blue": "", "points": "",
}  # fmt: skip


def of_the_pages(label):
    """Return what an equation states, and its lines with the numbers that pages show."""
    statement = Statement.read(HELD[label], TABLE)
    draw, chosen = SAMPLES.shown
    with np.errstate(all="ignore"):
        example = SAMPLES.examples.get(statement.example, draw)
        return statement, [*statement.put_numbers(example, chosen)]


@cache
def train(optimiser):
    """Train as the laboratory does, a few steps."""
    trainer = Trainer(**SETTINGS | {"optimiser": optimiser})
    trainer.advance(7)
    return trainer


def of_a_run(label, optimiser="Adam", sample=5):
    """Return what an equation states, and its lines with the numbers of a run."""
    chosen = {"sample": sample, "layer": 2, "unit": 6, "entry": 6}
    formula = asdict(HELD[label])
    return Statement.read(HELD[label], TABLE), find_lines(train(optimiser), label, formula, chosen)


def reread(text):
    """Parse a side with nothing but its numbers: only functions have names left."""
    (clause,) = parse(text, TABLE.functions)
    names = {symbol.base for symbol in clause.sides[0].symbols()}
    assert names <= {"e", r"\sigma", r"\sigma'"}, f"{names} left in {text}"
    return clause.sides[0].items()


def values_of(env, node):
    """Return what there is to compare of a side: its value, or the sizes of a space."""
    return [env.value(size) for size in node.args] if node.kind == "space" else [env.value(node)]


def require_agreement(lines):
    """Stop where a line does not come to what the code computes."""
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
def test_each_line_with_numbers_comes_to_what_the_code_computes(label):
    statement, lines = of_the_pages(label)
    assert len(statement.equations) - len(lines) == WITHOUT.get(label, 0)
    require_agreement(lines)


@pytest.mark.parametrize(
    "label", [label for label in HELD if not EXAMPLE.search(HELD[label].notes)]
)
def test_each_line_with_the_numbers_of_a_run_comes_to_what_the_code_computes(label):
    optimiser = "descent" if label in BY_DESCENT else "Adam"
    statement, lines = of_a_run(label, optimiser)
    missing = len(statement.equations) - len(lines)
    assert missing == (WITHOUT | dict.fromkeys(EARLIER, 1)).get(label, 0)
    require_agreement(lines)


def test_a_run_gives_the_sample_the_layer_and_the_step_that_are_chosen():
    (line,) = of_a_run("eq:unit")[1]
    assert line.place() == "j = 6, k = 2, sample 5"
    trainer = train("Adam")
    z = voronet.forward(trainer.problem.net, trainer.engine.w, trainer.problem.x)[0]
    assert line.value(line.chain.sides[0]) == z[2][5, 4]
    # Too large to be shown whole: the entry is that of the sample and the unit.
    (line,) = of_a_run("eq:delta-output", sample=7)[1]
    assert line.place() == "sample 7"
    (line,) = of_a_run("eq:pre-activation", sample=7)[1]
    assert line.place() == "k = 2, sample 7, row 6"
    assert line.value(line.chain.sides[0]) == z[2][5, 6]
    (line,) = of_a_run("eq:adam-update")[1]
    assert line.place() == "t = 8, row 6"
    before = trainer.engine.w[5]
    trainer.advance(1)
    after = trainer.engine.w[5]
    trainer.advance(-1)
    assert line.value(line.chain.sides[0]) == pytest.approx(after, rel=1e-12)
    assert line.sides(SHOWN)[1].startswith(f"{before:.4g} - ")


@pytest.mark.parametrize("label", HELD)
def test_what_is_shown_is_the_same_line_rounded(label):
    number = re.compile(r"-?(?:\d+(?:\.\d+)? \\cdot )?10\^\{-?\d+\}|-?\d+(?:\.\d+)?")
    for line in of_the_pages(label)[1]:
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

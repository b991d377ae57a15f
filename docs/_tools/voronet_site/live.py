"""Puts the numbers of a run in the reader's browser into an equation."""

import re
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np

import voronet
from literate.equations.check import Statement
from literate.equations.evaluate import Absent
from literate.equations.pages import Formula
from literate.equations.substitute import Line
from voronet_site.judge import NOTATION
from voronet_site.samples import Given


class Present(Given):
    """The problem of a run where it stands, with the step that it takes next."""

    def __init__(self, trainer: Any) -> None:
        given, engine = trainer.problem, trainer.engine
        super().__init__(voronet, given.net, engine.w, given.x, given.y)
        self.rule, self.per_class = given.rule, given.rule.green.shape[1]
        self.max_steps, self.optimiser, self.state = trainer.t + 1, given.optimiser, engine.state

    def __str__(self) -> str:
        return "this run"

    def _next(self) -> dict[str, Any]:
        """Take a step, and return what there is before and after it, each at its place in a list of all steps."""
        g = self._gradient(self.w)
        w, state = self.optimiser.step(self.w, g, self.state)
        before = [None] * (self.max_steps - 1)
        pairs = {"w": (self.w, w), "g": (None, g)}
        if isinstance(self.optimiser, voronet.Adam):
            m_hat, v_hat = self._find_hats(g, self.state)
            pairs |= {name: (getattr(self.state, name), getattr(state, name)) for name in "mv"}
            pairs |= {"m_hat": (None, m_hat), "v_hat": (None, v_hat)}
        return {name: [*before, *pair] for name, pair in pairs.items()}

    @cached_property
    def adam(self) -> SimpleNamespace:
        """Return the steps of a run by Adam; of another, the learning rate alone."""
        rates = vars(self.optimiser)
        if not isinstance(self.optimiser, voronet.Adam):
            return SimpleNamespace(**rates)
        self._rates = np.array([rates[name] for name in ("learning_rate", "beta1", "beta2", "epsilon")])
        return SimpleNamespace(**rates, **self._next())

    @cached_property
    def descent(self) -> SimpleNamespace:
        """Return the steps of a run by gradient descent."""
        if isinstance(self.optimiser, voronet.Adam):
            raise Absent("this run takes the steps of Adam")
        return SimpleNamespace(**self._next(), next=SimpleNamespace(w=self._next()["w"][-1]))


def find_lines(trainer: Any, label: str, formula: dict[str, Any], chosen: dict[str, int]) -> list[Line]:
    """Return the lines of an equation with the numbers of a run, at its next step."""
    display = Formula(label, formula["number"], formula["page"], formula["tex"])
    statement = Statement.read(display, NOTATION)
    with np.errstate(all="ignore"):
        return [*statement.put_numbers(Present(trainer), {**chosen, "step": trainer.t + 1})]


def write_lines(trainer: Any, label: str, formula: dict[str, Any], chosen: dict[str, int]) -> str:
    """Write these lines as HTML, each with where its numbers are taken."""
    lines = find_lines(trainer, label, formula, chosen)
    return "".join(f'<p>{line.place()}</p><div class="eq-body" tabindex="0">{typeset(line)}</div>' for line in lines)


def typeset(line: Line) -> str:
    """Set a line as MathML, each of its rows by itself."""
    # What sets the pages is compiled, and not for the browser.
    from latex2mathml.converter import convert

    return "".join(convert(write_plain(" ".join(row)), display="block") for row in line.rows())


def write_plain(tex: str) -> str:
    """Write tables so that what is raised to a power, or transposed, is the whole, and a sign close to its number."""
    tex = re.sub(r"-([\d.]+)", r"{-\1}", tex)
    return tex.replace(r"\begin{pmatrix}", r"{\left( \begin{matrix}").replace(r"\end{pmatrix}", r"\end{matrix} \right)}")

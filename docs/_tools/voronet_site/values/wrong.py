"""The mistakes of the page on how this goes wrong: made, reported, and trained with."""

import re
from functools import cache
from html import escape

import numpy as np

import voronet
from literate.maths import typeset
from voronet_site import PACKAGE, mistakes

STEPS = 3000
EVERY = 10
SAMPLES = 30
RATE = 1e-2
# How the library that sets formulas writes red, and what stands in its place.
COLOUR, CHANGED = 'style="color:#FF0000;"', 'class="changed"'


def told(right: str, wrong: str, message: object) -> str:
    """Show a line as it stands and with the mistake, and the message with which the build ends."""
    if not isinstance(message, str):
        raise TypeError(f"{wrong} for {right} is not caught")
    rows = "".join(f"<dt>{name}</dt><dd>{line}</dd>" for name, line in (("right", right), ("wrong", wrong)))
    short = message.partition(", at widths")[0]
    return (
        f'<div class="mistake"><dl>{rows}</dl><details><summary>{escape(short)}</summary>'
        f"<p><samp>{escape(message)}</samp></p></details></div>"
    )


def page(what: str) -> str:
    """Make a mistake in the LaTeX of an equation."""
    label, old, new = next(mistake[1:] for mistake in mistakes.IN_PAGES if mistake[0] == what)
    rows = mistakes.read_site()[label].tex.split("\n")
    row = next(row for row in rows if old in row)
    lines = (mistakes.edited(row, old, marked) for marked in map(mark_formula, (old, new)))
    return told(*map(set_row, lines), mistakes.page_mistake(label, old, new))


def mark_formula(tex: str) -> str:
    """Colour what was changed, without the sign of the relation before it."""
    sign, tex = re.fullmatch(r"([&= ]*)(.*)", tex).groups()
    return rf"{sign}{{\textcolor{{red}}{{{tex}}}}}"


def set_row(row: str) -> str:
    """Set a row of a display; its colour is that of the style sheet."""
    mathml = typeset(re.sub(r"\\\\$|&", "", row))
    return f'<span class="eq-body" tabindex="0">{mathml.replace(COLOUR, CHANGED)}</span>'


def package(what: str) -> str:
    """Make a mistake in a line of the package."""
    file, old, new, label = wrong(what)
    lines = (PACKAGE / file).read_text(encoding="utf-8").splitlines()
    before, after = next(line for line in lines if old in line).strip().split(old, 1)
    right, changed = (
        f"<code>{escape(before)}<mark>{escape(part)}</mark>{escape(after)}</code>" for part in (old, new)
    )
    return told(right, changed, mistakes.package_mistake(file, old, new, label))


def wrong(what: str) -> tuple[str, str, str, str]:
    """Find a mistake in the package by its name."""
    return next(mistake[1:] for mistake in mistakes.IN_PACKAGE if mistake[0] == what)


@cache
def losses(what: str = "") -> np.ndarray:
    """Train with a version of the package, the right one or a wrong one; return the losses."""
    with mistakes.broken_package(*wrong(what)[:3] if what else ("adam.py", "", "")) as version:
        rng = np.random.default_rng(117)
        rule = version.VoronoiRule.random(rng)
        x = version.sample_points(SAMPLES, rng)
        y = version.one_hot(rule.label(x))
        net = version.Network()
        adam = version.Adam(learning_rate=RATE)
        w = net.initial_parameters(rng)
        state, found = adam.start(w), []
        for step in range(STEPS + 1):
            if step % EVERY == 0:
                found.append(version.mean_squared_error(version.forward(net, w, x)[1][-1], y))
            w, state = adam.step(w, version.gradient(net, w, x, y), state)
    return np.array(found)


right = float(losses()[-1])
root_lost, stuck, masked = (
    float(losses(what)[-1])
    for what in (
        "root dropped",
        "a step counter that never grows",
        "slope of a post-activation mask",
    )
)
apart = float(np.abs(losses("epsilon added to the parameters") - losses()).max())
samples, steps = SAMPLES, STEPS
net = voronet.Network()

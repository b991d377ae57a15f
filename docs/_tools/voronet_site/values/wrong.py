"""The mistakes of the page on how this goes wrong: made, reported, and trained with."""

from functools import cache
from html import escape

import numpy as np

import voronet
from voronet_site import PACKAGE, mistakes

STEPS = 3000
EVERY = 10
SAMPLES = 30
RATE = 1e-2


def told(old: str, new: str, message: object) -> str:
    """Show a change, and the line with which the build ends."""
    if not isinstance(message, str):
        raise TypeError(f"{new} for {old} is not caught")
    return (
        f'<pre class="mistake"><code><del>{escape(old)}</del><ins>{escape(new)}</ins>'
        f"<samp>{escape(message)}</samp></code></pre>"
    )


def page(what: str) -> str:
    """Make a mistake in the LaTeX of an equation."""
    label, old, new = next(mistake[1:] for mistake in mistakes.IN_PAGES if mistake[0] == what)
    rows = mistakes.site()[0][label].tex.split("\n")
    row = next(row for row in rows if old in row)
    return told(row, mistakes.edited(row, old, new), mistakes.page_mistake(label, old, new))


def package(what: str) -> str:
    """Make a mistake in a line of the package."""
    file, old, new, label = wrong(what)
    lines = (PACKAGE / file).read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if old in line).strip()
    message = mistakes.package_mistake(file, old, new, label)
    return told(line, mistakes.edited(line, old, new), message)


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

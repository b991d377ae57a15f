"""Figures of the page on the fast step, drawn from what is counted when it is built."""

import numpy as np

from voronet import fast
from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says
from voronet_site.values import fast as counted


@styled
def counts():
    """Show the calls of both steps, and the bytes of their working arrays."""
    figure, (left, right) = panels(2, 1, 5.2, gridspec_kw={"height_ratios": [2, 3]})
    # Stack the calls: checks, gradient, step.
    bars = {
        "plain": (counted.checks, counted.plain_slope_calls, counted.plain_step_calls),
        "prepared": (0, counted.slope_calls, counted.move_calls),
    }
    colours = (LIGHT.grid, LIGHT.blue, LIGHT.green)
    for row, (step, parts) in enumerate(bars.items()):
        ends = np.cumsum((0, *parts))
        for start, part, colour in zip(ends[:-1], parts, colours, strict=True):
            left.barh(row, part, left=start, color=colour, height=0.6, label=step)
        left.text(ends[-1] + 3, row, str(ends[-1]), va="center", color=LIGHT.ink)
    # Name the parts above the bar, which may be too short for a word.
    starts = np.cumsum((0, *bars["plain"]))
    names = ("checks", "gradient", "Adam")
    inks = (LIGHT.muted, LIGHT.blue, LIGHT.green)
    for at, part, name, ink in zip(starts[:-1], bars["plain"], names, inks, strict=True):
        says(left, at + part / 2, -0.5, name, ink, size=9)
    left.set_yticks(range(2), list(bars))
    left.set(xlim=(0, starts[-1] * 1.12), title="calls of NumPy in a step")
    left.set_ylim(1.4, -0.75)
    left.tick_params(axis="y", length=0)
    # Count the bytes: a row of numbers for each sample, or for each sample of a block.
    n = np.geomspace(10, 1e6, 200)
    together, blocks = (counted.rows * 8 * held for held in (n, np.minimum(n, counted.most)))
    right.loglog(n, together, color=LIGHT.muted, linestyle="--", label="plain")
    right.loglog(n, blocks, color=LIGHT.blue, label="prepared")
    right.axhline(fast.CACHE, color=LIGHT.grid, linewidth=0.8)
    says(right, 2e5, 1.6 * 8 * counted.rows * 2e5, "all samples at once", LIGHT.muted, ha="right")
    says(right, 1e6, fast.CACHE / 2, "in blocks", LIGHT.blue, ha="right")
    right.set(xlabel="samples $n$", title="bytes of the working arrays")
    return figure

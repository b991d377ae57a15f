"""What several figures share: one problem, one run, and ways of drawing."""

from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import voronet
from voronet.show import LIGHT

WIDTH = 4.6


# A seed whose six cells are all large enough to show, and whose run fits.
SEED = 117


@cache
def trained():
    """Train once on the shared problem, at a rate that fits it in few steps."""
    rng = np.random.default_rng(SEED)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(40, rng)
    return voronet.train(
        x,
        voronet.one_hot(rule.label(x)),
        seed=rng,
        rule=rule,
        optimiser=voronet.Adam(learning_rate=1e-2),
        max_steps=4000,
        record_every=10,
    )


def panels(rows, columns, height, **more):
    """Make a figure of the common width with a grid of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **more)


def bare(height):
    """Make a figure whose one axes, without marks, measures inches from a corner."""
    figure = Figure(figsize=(WIDTH, height))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(0, height))
    ax.set_axis_off()
    return figure, ax


def lattice(side=81):
    """Cover the unit square with places: their coordinates, and columns of points."""
    u = np.linspace(0, 1, side)
    return u, np.stack(np.meshgrid(u, u)).reshape(2, -1)


def unit_square(ax: Axes, title=""):
    """Show the unit square without marks."""
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=LIGHT.muted, linewidth=0.6)
    ax.set_title(title, loc="left")


def veils(ax: Axes, u, v, values, levels, colour=LIGHT.ink, opacity=0.08):
    """Darken the plane above each level: the layers add up, on light and on dark paper."""
    for level in levels:
        if values.max() > level:
            sides = [level, values.max() + 1]
            ax.contourf(u, v, values, sides, colors=[colour], alpha=opacity, zorder=0)


def says(ax: Axes, x, y, text, colour=LIGHT.ink, **more):
    """Write a label directly on the picture."""
    more = {"size": 10, "ha": "center", "va": "center", "color": colour} | more
    return ax.text(x, y, text, **more)


def ratio_axis(axis, ratios):
    """Give a logarithmic axis room for all ratios and for one, and plain numbers."""
    low, high = min(1, *map(min, ratios)) / 1.3, max(1, *map(max, ratios)) * 1.3
    ticks = [digit * 10.0**power for power in range(-3, 3) for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)

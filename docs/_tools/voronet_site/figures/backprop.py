"""Figures of the page on backpropagation."""

import numpy as np

from voronet.show import LIGHT, styled
from voronet_site.figures.common import WIDTH, bare, says
from voronet_site.values import backprop as example


@styled
def flow():
    """Draw the page's small network twice: what goes forward, and what comes back."""
    figure, ax = bare(5.5)
    weights, _ = example.small.unpack(example.w)
    # Take the first of the page's samples.
    a = [layer[:, 0] for layer in example.a]
    slope = [None, *(layer[:, 0] for layer in example.slope[1:])]
    delta = [None, *(layer[:, 0] for layer in example.delta[1:])]
    forward, back = [
        [[(x, top - 1.15 * j) for j in range(2)] for x in (0.5, WIDTH / 2, WIDTH - 0.5)]
        for top in (4.4, 1.55)
    ]
    # Forward: each unit's activation, and on each edge the weight that it meets.
    says(ax, 0.14, 5.3, "forward: activations meet the weights", ha="left", size=11.5)
    for k, weight in enumerate(weights, start=1):
        for j, i in np.ndindex(weight.shape):
            edge(ax, forward[k - 1][i], forward[k][j], weight[j, i], LIGHT.ink)
    for k in range(3):
        for j, place in enumerate(forward[k]):
            node(ax, place, f"{a[k][j]:.2f}", LIGHT.ink)
        says(ax, forward[k][0][0], 4.87, f"$a^{{({k})}}$", size=12)
    # Back: each unit's delta, and on each edge the delta times the same weight.
    says(
        ax,
        0.14,
        2.45,
        "back: deltas meet the same weights",
        LIGHT.accent,
        ha="left",
        size=11.5,
    )
    carried = weights[1] * delta[2][:, np.newaxis]
    for j, i in np.ndindex(carried.shape):
        edge(ax, back[2][j], back[1][i], carried[j, i], LIGHT.accent)
    for k in (1, 2):
        for j, place in enumerate(back[k]):
            node(ax, place, signed(delta[k][j], 3), LIGHT.accent)
        says(ax, back[k][0][0], 2.02, rf"$\delta^{{({k})}}$", LIGHT.accent, size=12)
    # Write out how a hidden delta comes about: a sum, times σ′.
    for i, (x, y) in enumerate(back[0]):
        total = f"{signed(carried[0, i], 2)} {signed(carried[1, i], 2, '+')}"
        says(ax, x - 0.36, y + 0.1, f"({total})", LIGHT.accent, ha="left")
        product = rf"$\times\ \sigma$′ $= {slope[1][i]:.2f}$"
        says(ax, x - 0.36, y - 0.12, product, LIGHT.accent, ha="left")
    return figure


def signed(number, digits, plus="-"):
    """Write a number with a real minus sign, and a plus sign between two numbers."""
    text = f"{number:{plus}.{digits}f}".replace("-", "−")
    return f"{text[0]} {text[1:]}" if plus == "+" else text


def edge(ax, start, end, number, colour):
    """Draw an arrow from unit to unit with its number on it, off the crossing."""
    ax.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "->",
            "color": colour,
            "linewidth": 1,
            "shrinkA": 20,
            "shrinkB": 20,
        },
    )
    part = 0.5 if start[1] == end[1] else 0.31
    x, y = (1 - part) * np.array(start) + part * np.array(end)
    says(
        ax,
        x,
        y,
        signed(number, 2),
        colour,
        bbox={"boxstyle": "round,pad=0.1", "fc": LIGHT.paper, "ec": "none"},
    )


def node(ax, place, text, colour):
    """Draw a unit with its number in it."""
    ax.plot(*place, "o", ms=36, mfc=LIGHT.paper, mec=colour, mew=1.4)
    says(ax, *place, text, colour)

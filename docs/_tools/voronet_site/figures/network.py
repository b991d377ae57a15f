"""Figures of the page on the network."""

from itertools import pairwise

import numpy as np

import voronet
from voronet.show import LIGHT, styled
from voronet_site.figures.common import (
    WIDTH,
    bare,
    lattice,
    panels,
    says,
    trained,
    unit_square,
    veils,
)
from voronet_site.values.network import xor

# Where the tints of an activation change: σ⁻¹ of these, as z is smooth and a is not.
LEVELS = np.array([0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])


@styled
def sigmoid():
    """Plot σ and σ′, and shade where the slope is less than a tenth of its best."""
    figure, (upper, lower) = panels(2, 1, 3.6, sharex=True, height_ratios=(3, 2))
    z = np.linspace(-7, 7, 281)
    a = voronet.sigmoid(z)
    slope = voronet.sigmoid_derivative(a)
    # Mark the saturated sides: σ′ below a tenth of its greatest value.
    edge = z[slope >= slope.max() / 10].max()
    for ax in (upper, lower):
        for side in (-1, 1):
            ax.axvspan(*sorted((side * edge, side * 7)), fc=LIGHT.accent_tint, linewidth=0)
        ax.axvline(0, color=LIGHT.grid, linewidth=0.8, zorder=0)
        ax.margins(x=0)
    upper.plot(z, a, color=LIGHT.ink, label="sigmoid")
    lower.plot(z, slope, color=LIGHT.ink, label="slope")
    upper.set(yticks=[0, 0.5, 1], yticklabels=["0", "0.5", "1"])
    lower.set(yticks=[0, 0.25], yticklabels=["0", "0.25"], xticks=[-6, -3, 0, 3, 6])
    lower.set_xlabel("$z$")
    says(upper, 0.55, 0.42, r"$\sigma(z)$", ha="left", size=13)
    says(lower, 1.75, 0.17, r"$\sigma$′$(z)$", ha="left", size=13)
    for x, y in ((-4.8, 0.5), (4.8, 0.5)):
        says(upper, x, y, "saturated", LIGHT.accent)
    return figure


@styled
def half_planes():
    """Show what one unit makes of the square, for four weights and biases."""
    figure, axes = panels(2, 2, 4.9)
    u, x = lattice(3)
    # Turn, sharpen and shift one soft half-plane.
    steep, shift = np.array([6.0, 3.0]), -4.5
    for ax, title, weight, bias in (
        (axes[0, 0], "a soft half-plane", steep, shift),
        (axes[0, 1], "weights three times as large", 3 * steep, 3 * shift),
        (axes[1, 0], "another bias", steep, 1.3 * shift),
        (axes[1, 1], "another direction", steep * (-1, 1), -shift / 3),
    ):
        unit = voronet.Network((2, 1))
        w = unit.pack([weight[np.newaxis]], [np.array([bias])])
        z, _ = voronet.forward(unit, w, x)
        activation(ax, u, z[1][0])
        ax.set_title(title, size=10)
        # Point from the line where a = ½ the way that a grows: along the weights.
        start = np.array([0.5, 0.5])
        start = start - (weight @ start + bias) / (weight @ weight) * weight
        tip = start + 0.24 * weight / np.sqrt(weight @ weight)
        ax.annotate("", tip, start, arrowprops={"arrowstyle": "->", "color": LIGHT.accent})
    says(axes[0, 0], 0.93, 0.93, "$a$ near 1", ha="right")
    says(axes[0, 0], 0.07, 0.07, "$a$ near 0", ha="left")
    return figure


@styled
def two_units():
    """Show both units of the first layer, and two of the second that combine them."""
    figure, axes = panels(2, 2, 4.9)
    u, x = lattice(41)
    run = trained()
    z, a = voronet.forward(run.net, run.w, x)
    # Take the two second-layer units that see the first layer least alike, among
    # those that vary over the square.
    bent = [j for j in range(len(a[2])) if np.ptp(a[2][j]) > 0.8]
    spread = np.corrcoef(a[2][bent])
    first, second = sorted(np.unravel_index(spread.argmin(), spread.shape))
    for ax, k, j in (
        (axes[0, 0], 1, 0),
        (axes[0, 1], 1, 1),
        (axes[1, 0], 2, bent[first]),
        (axes[1, 1], 2, bent[second]),
    ):
        activation(ax, u, z[k][j])
        ax.set_title(f"layer {k}, unit {j + 1}: $a_{j + 1}^{{({k})}}$", size=10)
    return figure


def activation(ax, u, z):
    """Veil the square by a = σ(z), with the line where it is ½."""
    values = z.reshape(len(u), len(u))
    unit_square(ax)
    veils(ax, u, u, values, np.log(LEVELS / (1 - LEVELS)), opacity=0.06)
    ax.contour(u, u, values, levels=[0], colors=[LIGHT.ink], linewidths=1.4)


@styled
def graph():
    """Draw the network, each layer's width below it, each matrix's shape above."""
    net = voronet.Network()
    figure, ax = bare(3.5)
    # Stand the layers side by side, and each layer's units above each other.
    across = np.linspace(0.5, WIDTH - 0.5, len(net.widths))
    places = [column(x, n) for x, n in zip(across, net.widths, strict=True)]
    for left, right in pairwise(places):
        for start in left:
            for end in right:
                ax.plot(*zip(start, end, strict=True), color=LIGHT.muted, linewidth=0.6)
    for k, layer in enumerate(places):
        last = k == len(places) - 1
        for j, (x, y) in enumerate(layer):
            colour = (LIGHT.green, LIGHT.blue)[j] if last else LIGHT.ink
            ax.plot(
                x,
                y,
                "os"[j] if last else "o",
                ms=13,
                mfc=LIGHT.paper,
                mec=colour,
                mew=1.6,
            )
        says(ax, across[k], 0.45, f"$a^{{({k})}}$", size=12)
        says(ax, across[k], 0.18, f"{net.widths[k]}", LIGHT.muted)
    says(ax, across[0], 1.9 - 0.62, "point", LIGHT.muted)
    says(ax, across[-1], 1.9 + 0.62, "green", LIGHT.green)
    says(ax, across[-1], 1.9 - 0.62, "blue", LIGHT.blue)
    for k, (x, shape) in enumerate(
        zip((across[:-1] + across[1:]) / 2, net.shapes, strict=False), start=1
    ):
        says(ax, x, 3.3, f"$W_{k}$", size=12)
        says(ax, x, 3.05, "{} × {}".format(*shape), LIGHT.muted)
    return figure


def column(x, n, middle=1.9, gap=0.29):
    """Stand n units above each other."""
    gap = gap if n > 2 else 0.62
    return [(x, middle + gap * ((n - 1) / 2 - j)) for j in range(n)]


@styled
def exclusive_or():
    """Show what each of the three units makes of the square, with the four seeds."""
    figure, axes = panels(1, 3, 1.9)
    net, board = voronet.Network((2, 2, 1)), xor
    u, square = lattice(41)
    z, _ = voronet.forward(net, board.w, square)
    for ax, values, title in zip(
        axes, (*z[1], z[2][0]), ("first unit", "second unit", "third unit"), strict=True
    ):
        activation(ax, u, values)
        ax.set_title(title, size=10)
        for (x, y), colour in zip(board.x.T, board.colour, strict=True):
            marker, ink = ("o", LIGHT.green) if colour == "green" else ("s", LIGHT.blue)
            ax.plot(x, y, marker, mfc=LIGHT.paper, mec=ink, mew=1.6, ms=7)
    return figure

"""Figures of the page on the data rule."""

import numpy as np

from voronet.data import squared_distances
from voronet.show import LIGHT, boundary, styled
from voronet.show import cells as voronoi_cells
from voronet_site.figures.common import panels, says, trained, unit_square

TINTS = (LIGHT.green_tint, LIGHT.blue_tint)
COLOURS = (LIGHT.green, LIGHT.blue)
SHAPES = ("o", "s")


@styled
def cells():
    """Show the six Voronoi cells, their seeds by name, and the edge of the colours."""
    rule = trained().rule
    figure, ax = panels(1, 1, 4.5)
    tessellation(ax, rule)
    for label, seeds in enumerate((rule.green, rule.blue)):
        for r, seed in enumerate(seeds.T, start=1):
            ax.plot(*seed, SHAPES[label], color=COLOURS[label], ms=7)
            name = f"${'GB'[label]}_{r}$"
            says(ax, seed[0] + 0.03, seed[1], name, COLOURS[label], ha="left", size=12)
    return figure


@styled
def rule_at_work():
    """Measure one point's distance to every seed; the nearest gives it its colour."""
    rule, x = trained().rule, trained().x
    figure, ax = panels(1, 1, 4.5)
    tessellation(ax, rule)
    # Take a point whose nearest and second nearest seeds are hard to tell apart by eye.
    seeds = np.concatenate([rule.green, rule.blue], axis=1)
    distances = np.sqrt(squared_distances(x, seeds))
    first, second = np.sort(distances, axis=0)[:2]
    central = np.abs(x - 0.5).max(axis=0) < 0.3
    i = np.where(central & (first > 0.15) & (second - first > 0.03), second - first, 1).argmin()
    nearest = distances[:, i].argmin()
    label = rule.label(x)
    for one, (colour, shape) in enumerate(zip(COLOURS, SHAPES, strict=True)):
        others = x[:, (label == one) & (np.arange(len(label)) != i)]
        ax.scatter(*others, s=14, marker=shape, color=colour, zorder=2)
    for r, seed in enumerate(seeds.T):
        side = int(r >= rule.green.shape[1])
        near = r == nearest
        ax.plot(
            *np.stack([x[:, i], seed], axis=1),
            color=LIGHT.ink if near else LIGHT.muted,
            linewidth=2.2 if near else 0.9,
            linestyle="solid" if near else (0, (3, 2)),
            zorder=3,
        )
        ax.scatter(
            *seed,
            s=70,
            marker=SHAPES[side],
            color=COLOURS[side],
            zorder=4,
            edgecolors=LIGHT.paper,
        )
        middle = (x[:, i] + seed) / 2
        says(
            ax,
            *middle,
            f"{distances[r, i]:.2f}",
            zorder=5,
            weight="bold" if near else "normal",
            bbox={"boxstyle": "round,pad=0.15", "fc": LIGHT.paper, "ec": "none"},
        )
    ax.scatter(
        *x[:, i],
        s=90,
        marker=SHAPES[label[i]],
        zorder=6,
        color=COLOURS[label[i]],
        edgecolors=LIGHT.ink,
        linewidths=1.6,
    )
    return figure


def tessellation(ax, rule):
    """Tint the cells, part them by thin lines, and the colours by a thick one."""
    unit_square(ax)
    for cell in voronoi_cells(rule):
        tint = TINTS[cell.label]
        ax.fill(*cell.corners, fc=tint, ec=LIGHT.paper, linewidth=1.2)
    for ends in boundary(rule):
        ax.plot(*ends, color=LIGHT.ink, linewidth=2)

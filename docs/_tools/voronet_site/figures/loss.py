"""Figures of the page on the loss."""

import numpy as np

import voronet
from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says, trained, veils


@styled
def one_output():
    """Plot the loss of one output whose target is 0, and its slope, over z."""
    figure, ax = panels(1, 1, 2.8)
    # One unit without inputs to speak of: z is its bias.
    unit = voronet.Network((1, 1))
    z = np.linspace(-6, 8, 281)
    w = np.stack([np.zeros_like(z), z], axis=1)
    _, a = voronet.forward(unit, w, [[0.0]])
    loss = voronet.mean_squared_error(a[1], [[0.0]])
    slope = voronet.gradient(unit, w, [[0.0]], [[0.0]])[:, 1]
    ax.plot(z, loss, color=LIGHT.ink, label="loss")
    ax.plot(z, slope, color=LIGHT.accent, label="slope")
    # Mark the steepest place, and label both curves where they are apart.
    top = slope.argmax()
    ax.plot(z[top], slope[top], "o", color=LIGHT.accent, ms=5)
    says(ax, 3.3, 0.42, "loss $L$", ha="left")
    says(ax, 2.7, 0.15, r"slope $\partial L/\partial z$", LIGHT.accent, ha="left")
    says(ax, 6.4, 0.04, "wrong, yet flat", LIGHT.muted)
    ax.axhline(0, color=LIGHT.grid, linewidth=0.8, zorder=0)
    ax.set(xlabel="$z$", yticks=[0, 0.5], yticklabels=["0", "0.5"], xticks=[-5, 0, 5])
    ax.margins(x=0)
    return figure


@styled
def slice():
    """Map the loss on the plane in which a run moved most, and the run's path on it."""
    figure, ax = panels(1, 1, 4.2)
    run = trained()
    # Span the plane by the two directions in which the path from w_0 varies most.
    moved = run.snapshots - run.w
    _, _, directions = np.linalg.svd(moved - moved.mean(axis=0), full_matrices=False)
    path = moved @ directions[:2].T
    low, high = path.min(axis=0), path.max(axis=0)
    margin = 0.25 * (high - low)
    u, v = np.linspace(low - margin, high + margin, 51).T
    # Evaluate the loss at every place of the plane that goes through the last w.
    across, up = np.meshgrid(u, v)
    places = np.stack([across, up], axis=-1).reshape(-1, 2)
    w = run.w + places @ directions[:2]
    _, a = voronet.forward(run.net, w, run.x)
    loss = voronet.mean_squared_error(a[-1], run.y).reshape(across.shape)
    levels = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]
    veils(ax, u, v, loss, levels, opacity=0.045)
    lines = ax.contour(u, v, loss, levels, colors=[LIGHT.muted], linewidths=0.7, zorder=1)
    ax.clabel(lines, levels[1::2], fontsize=9, inline_spacing=2, fmt="%.2g")
    ax.plot(*path.T, color=LIGHT.accent, linewidth=1.6, zorder=2, label="path")
    for (x, y), name, offset in (
        (path[0], "start", (0, 7)),
        (path[-1], f"step {run.steps[-1]:,}", (0, 9)),
    ):
        ax.plot(x, y, "o", color=LIGHT.accent, ms=6, zorder=3)
        ax.annotate(
            name,
            (x, y),
            offset,
            textcoords="offset points",
            ha="center",
            color=LIGHT.accent,
            zorder=4,
        )
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel("first direction")
    ax.set_ylabel("second direction")
    return figure

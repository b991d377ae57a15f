"""Figures of the page on backpropagation."""

import numpy as np

import voronet
from docs._literate.examples import backprop as example
from docs._literate.figures.common import WIDTH, bare, panels, says, trained
from voronet.show import LIGHT, styled


@styled
def flow():
    """Draw the page's small network twice: what goes forward, and what comes back."""
    figure, ax = bare(5.6)
    net, w = example.small, example.w
    weights, _ = net.unpack(w)
    # Take the first of the page's samples.
    a = [layer[:, 0] for layer in example.a]
    delta = [None, *(layer[:, 0] for layer in example.delta[1:])]
    across = np.linspace(0.55, WIDTH - 0.55, 3)
    for top, title, colour in (
        (4.15, "forward: activations $a$, times the weights", LIGHT.ink),
        (1.35, r"back: deltas $\delta$, times the same weights", LIGHT.accent),
    ):
        says(ax, 0.15, top + 1.2, title, colour, ha="left", size=11)
        for k, weight in enumerate(weights, start=1):
            for j, l in np.ndindex(weight.shape):
                left = (across[k - 1], top + 0.55 - 1.1 * l)
                right = (across[k], top + 0.55 - 1.1 * j)
                back = colour == LIGHT.accent
                if back and k == 1:
                    continue
                number = weight[j, l] * (delta[k][j] if back else 1)
                edge(ax, left, right, number, colour, back, 0.3 if j != l else 0.5)
        for k in range(3):
            for j in range(2):
                place = across[k], top + 0.55 - 1.1 * j
                if colour == LIGHT.ink:
                    node(ax, place, f"{a[k][j]:.2f}", colour)
                elif k > 0:
                    node(ax, place, f"{delta[k][j]:.3f}", colour)
    return figure


def edge(ax, left, right, number, colour, back, part):
    """Draw an arrow from unit to unit with its number on it."""
    start, end = (right, left) if back else (left, right)
    ax.annotate(
        "", end, start, arrowprops={
            "arrowstyle": "->", "color": colour, "linewidth": 1,
            "shrinkA": 20, "shrinkB": 20,
        },
    )
    x, y = (1 - part) * np.array(left) + part * np.array(right)
    says(
        ax, x, y, f"{number:.2f}", colour, size=9.5,
        bbox={"boxstyle": "round,pad=0.12", "fc": LIGHT.paper, "ec": "none"},
    )


def node(ax, place, text, colour):
    """Draw a unit with its number in it."""
    ax.plot(*place, "o", ms=36, mfc=LIGHT.paper, mec=colour, mew=1.4)
    says(ax, *place, text, colour)


@styled
def layers():
    """Plot the root-mean-square gradient of each matrix during the shared run."""
    figure, ax = panels(1, 1, 3.0)
    run = trained()
    g = voronet.gradient(run.net, run.snapshots, run.x, run.y)
    parts, _ = run.net.unpack(g)
    for k, (part, colour) in enumerate(
        zip(parts, (LIGHT.accent, LIGHT.blue, LIGHT.ink), strict=True), start=1
    ):
        size = np.sqrt((part**2).mean(axis=(-2, -1)))
        ax.loglog(run.steps[1:], size[1:], color=colour, linewidth=1.2)
        says(ax, run.steps[-1] * 1.1, size[-1], f"$W_{k}$", colour, ha="left", size=12)
    ax.set(xlabel="step $t$")
    ax.set_title("root-mean-square gradient")
    ax.minorticks_off()
    return figure

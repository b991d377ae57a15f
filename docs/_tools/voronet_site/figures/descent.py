"""Figures of the page on gradient descent."""

import numpy as np

import voronet
from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says, veils


@styled
def path():
    """Follow gradient descent and Adam down a narrow valley of a real loss."""
    figure, ax = panels(1, 1, 3.6)
    # One unit, two samples far from 0: its weight and its bias pull together.
    unit = voronet.Network((1, 1))
    x, y = np.array([[1.0, 2.5]]), np.array([[0.3, 0.7]])
    start = np.array([-0.7, 0.5])
    u, v = np.linspace(-1.1, 1.7, 41), np.linspace(-2.7, 1.3, 41)
    across, up = np.meshgrid(u, v)
    w = np.stack([across, up], axis=-1).reshape(-1, 2)
    _, a = voronet.forward(unit, w, x)
    loss = voronet.mean_squared_error(a[1], y).reshape(across.shape)
    levels = loss.min() + np.geomspace(0.0002, 0.08, 9)
    veils(ax, u, v, loss, levels, opacity=0.04)
    ax.contour(u, v, loss, levels, colors=[LIGHT.grid], linewidths=0.8)
    n = 40
    for optimiser, colour, name, at, beside in (
        (
            voronet.GradientDescent(learning_rate=8.5),
            LIGHT.accent,
            "gradient descent",
            1,
            (8, -2),
        ),
        (voronet.Adam(learning_rate=0.15), LIGHT.blue, "Adam", 3, (0, 8)),
    ):
        places = [start]
        state = optimiser.start(start)
        for _ in range(n):
            g = voronet.gradient(unit, places[-1], x, y)
            w, state = optimiser.step(places[-1], g, state)
            places.append(w)
        ax.plot(*np.array(places).T, ".-", color=colour, linewidth=1, ms=4, label=name)
        ax.annotate(name, places[at], beside, textcoords="offset points", color=colour)
    ax.plot(*start, "o", color=LIGHT.ink, ms=6)
    says(ax, start[0], start[1] + 0.2, "start")
    ax.set(xlabel="weight", ylabel="bias", xlim=u[[0, -1]], ylim=v[[0, -1]])
    ax.locator_params(nbins=5)
    return figure

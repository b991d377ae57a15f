"""Figures of the page on gradient descent."""

import numpy as np

import voronet
from docs._literate.figures.common import panels, says, veils
from voronet.show import LIGHT, styled


@styled
def path():
    """Follow gradient descent and Adam down a narrow valley of a real loss."""
    figure, ax = panels(1, 1, 3.6)
    # One unit, two samples far from 0: its weight and its bias pull together.
    unit = voronet.Network((1, 1))
    x, y = np.array([[1.5, 3.0]]), np.array([[0.2, 0.8]])
    start = np.array([-1.0, 2.6])
    u, v = np.linspace(-2.0, 4.0, 61), np.linspace(-7.5, 4.5, 61)
    across, up = np.meshgrid(u, v)
    w = np.stack([across, up], axis=-1).reshape(-1, 2)
    _, a = voronet.forward(unit, w, x)
    loss = voronet.mean_squared_error(a[1], y).reshape(across.shape)
    levels = [0.001, 0.003, 0.01, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18]
    veils(ax, u, v, loss, levels, opacity=0.05)
    ax.contour(u, v, loss, levels, colors=[LIGHT.muted], linewidths=0.6)
    for optimiser, colour, name, at in (
        (voronet.GradientDescent(learning_rate=9.0), LIGHT.accent, "descent", (0, 0)),
        (voronet.Adam(learning_rate=0.15), LIGHT.blue, "Adam", (0, 0)),
    ):
        places = [start]
        state = optimiser.start(start)
        for _ in range(100):
            g = voronet.gradient(unit, places[-1], x, y)
            w, state = optimiser.step(places[-1], g, state)
            places.append(w)
        ax.plot(*np.array(places).T, ".-", color=colour, linewidth=1, ms=4)
    ax.set(xlabel="weight", ylabel="bias", xlim=u[[0, -1]], ylim=v[[0, -1]])
    return figure

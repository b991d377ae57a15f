"""Figures of the page on Adam."""

import numpy as np

import voronet
from docs._literate.figures.common import panels, says
from voronet.show import LIGHT, styled

UNIT = voronet.Network((1, 1))


@styled
def one_parameter():
    """Let Adam and gradient descent carry one bias down from a flat place."""
    figure, (place, moments, steps) = panels(
        3, 1, 5.2, sharex=True, height_ratios=(4, 3, 3)
    )
    # The input is 0, so the bias alone moves; the target is 0, so it moves down.
    x = y = [[0.0]]
    start = np.array([0.0, 5.0])
    n = 400
    paths = {}
    for name, optimiser in (
        ("descent", voronet.GradientDescent(learning_rate=1.0)),
        ("Adam", voronet.Adam(learning_rate=0.03)),
    ):
        w, state = start, optimiser.start(start)
        rows = []
        for _ in range(n):
            g = voronet.gradient(UNIT, w, x, y)
            before = w
            w, state = optimiser.step(w, g, state)
            m, v = (state.m[1], state.v[1]) if name == "Adam" else (0, 0)
            rows.append((w[1], abs(w[1] - before[1]), m, v))
        paths[name] = np.array(rows).T
    t = np.arange(1, n + 1)
    adam = voronet.Adam()
    for name, colour in (("descent", LIGHT.accent), ("Adam", LIGHT.blue)):
        place.plot(t, paths[name][0], color=colour)
        steps.plot(t, paths[name][1], color=colour)
    m_hat = paths["Adam"][2] / (1 - adam.beta1**t)
    v_hat = paths["Adam"][3] / (1 - adam.beta2**t)
    moments.plot(t, m_hat, color=LIGHT.blue)
    moments.plot(t, np.sqrt(v_hat), color=LIGHT.ink)
    place.set_title("the bias")
    moments.set_title("Adam's moments")
    steps.set_title("length of the step")
    steps.set_xlabel("step $t$")
    return figure


@styled
def bias_correction():
    """Plot moments and step for a constant gradient, with and without correction."""
    figure, (moments, steps) = panels(2, 1, 4.4, sharex=True)
    adam = voronet.Adam()
    n = 100
    w, state = np.array([0.0]), adam.start([0.0])
    rows = []
    for _ in range(n):
        before = w
        w, state = adam.step(w, [1.0], state)
        rows.append((state.m[0], state.v[0], (before - w)[0] / adam.learning_rate))
    m, v, step = np.array(rows).T
    t = np.arange(1, n + 1)
    moments.plot(t, m, color=LIGHT.ink)
    moments.plot(t, np.sqrt(v), color=LIGHT.blue)
    moments.plot(t, m / (1 - adam.beta1**t), color=LIGHT.muted, linestyle=(0, (3, 2)))
    steps.plot(t, m / np.sqrt(v), color=LIGHT.accent)
    steps.plot(t, step, color=LIGHT.muted, linestyle=(0, (3, 2)))
    moments.set_title("moments of a gradient that is always 1")
    steps.set_title("step, over the rate")
    steps.set_xlabel("step $t$")
    return figure


@styled
def step_ratio():
    """Plot the step over the rate along four histories of the gradient."""
    figure, axes = panels(2, 2, 3.8, sharex=True)
    adam = voronet.Adam()
    n = 60
    t = np.arange(1, n + 1)
    ratio = adam.beta1 / adam.beta2
    late = np.arange(1, 3001)
    for ax, title, g in (
        (axes[0, 0], "steady", np.ones(n)),
        (axes[0, 1], "alternating", (-1.0) ** t),
        (axes[1, 0], "a spike after silence", np.where(late < 3000, 0.0, 1.0)),
        (axes[1, 1], "growing", ratio ** (3000.0 - late)),
    ):
        one = voronet.Adam(learning_rate=1.0, epsilon=1e-300)
        w, state = np.array([0.0]), one.start([0.0])
        taken = []
        for value in g:
            before = w
            w, state = one.step(w, [value], state)
            taken.append((before - w)[0])
        ax.plot(t, np.array(taken)[-n:], color=LIGHT.blue)
        ax.set_title(title)
    return figure

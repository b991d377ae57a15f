"""Figures of the page on Adam."""

import numpy as np

import voronet
from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says

UNIT = voronet.Network((1, 1))


@styled
def one_parameter():
    """Let Adam and gradient descent carry one bias down from a flat place."""
    figure, (place, moments, steps) = panels(3, 1, 5.2, sharex=True, height_ratios=(4, 3, 3))
    # The input is 0, so the bias alone moves; the target is 0, so it moves down.
    x = y = [[0.0]]
    start = np.array([0.0, 5.0])
    n = 400
    paths = {}
    for name, optimiser in (
        ("gradient descent", voronet.GradientDescent(learning_rate=1.0)),
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
    for name, colour in (("gradient descent", LIGHT.accent), ("Adam", LIGHT.blue)):
        place.plot(t, paths[name][0], color=colour, label=name)
        steps.plot(t, paths[name][1], color=colour, label=name)
    m_hat = paths["Adam"][2] / (1 - adam.beta1**t)
    root_v_hat = np.sqrt(paths["Adam"][3] / (1 - adam.beta2**t))
    moments.plot(t, m_hat, color=LIGHT.blue, label="m_hat")
    moments.plot(t, root_v_hat, color=LIGHT.ink, label="root of v_hat")
    # Label each line where it stands apart.
    at = int(paths["gradient descent"][1].argmax())
    says(
        place,
        at + 12,
        paths["gradient descent"][0][at] + 1,
        "gradient descent",
        LIGHT.accent,
        ha="left",
    )
    says(place, 0.35 * at, paths["Adam"][0][at // 2] - 1.2, "Adam", LIGHT.blue)
    says(
        steps,
        at + 12,
        0.9 * paths["gradient descent"][1].max(),
        "gradient descent",
        LIGHT.accent,
        ha="left",
    )
    says(steps, 0.3 * at, 1.9 * paths["Adam"][1][at // 3], "Adam", LIGHT.blue)
    top = int(m_hat.argmax())
    says(moments, top + 14, m_hat[top], r"$\hat m$", LIGHT.blue, ha="left", size=12)
    says(moments, n, root_v_hat[-1] * 1.35, r"√$\!\hat v$", ha="right", size=12)
    for ax, title in (
        (place, "the parameter"),
        (moments, "Adam's corrected moments"),
        (steps, "length of each step"),
    ):
        ax.set_title(title, pad=8)
        ax.locator_params(axis="y", nbins=3)
        ax.set_xlim(0, n)
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
    m_hat, root_v_hat = m / (1 - adam.beta1**t), np.sqrt(v / (1 - adam.beta2**t))
    moments.plot(t, m_hat, color=LIGHT.muted, label="m_hat")
    moments.plot(t, root_v_hat, color=LIGHT.muted, label="root of v_hat")
    moments.plot(t, m, color=LIGHT.blue, label="m")
    moments.plot(t, np.sqrt(v), color=LIGHT.green, label="root of v")
    steps.plot(t, m / np.sqrt(v), color=LIGHT.accent, label="not corrected")
    steps.plot(t, step, color=LIGHT.muted, label="corrected")
    # Label each line where it stands apart.
    says(
        moments,
        3,
        1.1,
        r"corrected: $\hat m$ and √$\!\hat v$",
        LIGHT.muted,
        ha="left",
    )
    says(moments, 23, m[22] - 0.14, "$m$", LIGHT.blue, size=12)
    says(moments, 60, np.sqrt(v[59]) - 0.12, r"√$\!v$", LIGHT.green, size=12)
    says(
        steps,
        42,
        m[41] / np.sqrt(v[41]) + 0.5,
        "not corrected",
        LIGHT.accent,
        ha="left",
    )
    says(steps, 42, 1.7, "corrected", LIGHT.muted, ha="left")
    moments.set_title("the moments of a gradient that is always 1", pad=8)
    moments.set(ylim=(0, 1.2), yticks=[0, 0.5, 1])
    steps.set_title("step over the rate", pad=8)
    steps.set(ylim=(0, None), xlim=(0, n), xlabel="step $t$")
    steps.locator_params(axis="y", nbins=4)
    return figure


@styled
def step_ratio():
    """Plot the step over the rate along four histories of the gradient."""
    figure, axes = panels(2, 2, 4.0, sharex=True, sharey=True)
    one = voronet.Adam(learning_rate=1.0, epsilon=1e-300)
    n = 3000
    t = np.arange(1, n + 1)
    # Let four parameters live through the four histories together.
    histories = {
        "a steady gradient": np.ones(n),
        "alternating signs": (-1.0) ** t,
        "a spike after silence": np.where(t == n - 300, 1.0, 0.0),
        "a growing gradient": (one.beta2 / one.beta1) ** (t - float(n)),
    }
    g = np.array(list(histories.values()))
    w, state = np.zeros(len(g)), one.start(np.zeros(len(g)))
    places = [w]
    for column in g.T:
        w, state = one.step(w, column, state)
        places.append(w)
    taken = -np.diff(places, axis=0).T
    for ax, title, steps in zip(axes.flat, histories, taken, strict=True):
        ax.axhline(1, color=LIGHT.grid, linewidth=0.8, zorder=0)
        ax.semilogx(t, steps, color=LIGHT.blue, linewidth=1.2, label=title)
        ax.set_title(title, size=10.5)
        # Name the longest step; of the alternating ones, the last.
        at = n - 1 if title.startswith("alt") else steps.argmax()
        says(
            ax,
            min(t[at] * 0.8, n / 2),
            steps[at] + 0.75,
            f"{steps[at]:.2f}",
            ha="left" if at == 0 else "right",
        )
        ax.set(xlim=(1, n), ylim=(-1.5, 8.5), yticks=[0, 1, 4, 7])
        ax.minorticks_off()
    for ax in axes[1]:
        ax.set_xlabel("step $t$")
    return figure

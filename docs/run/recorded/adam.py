"""Record how the learning rate decides where Adam ends, and whether it says so.

Run from the root of the repository: python -m docs.run.recorded.adam
"""

import time

import numpy as np

import voronet
from docs.run.recorded.record import bar, problem, save

SEEDS = range(128)
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
STEPS = 25_000
# The problems whose every step is looked at; the steps whose ‖g_t‖ is kept; the
# steps that count as early.
WATCHED, KEPT, EARLY = range(32), (0, 10, 100, 200, 500, 1000), 6000
# How far the runs with exchanged betas go.
EXCHANGED_STEPS = 3000


def studied(rate, seeds, steps, progress=None):
    """Study the seeds with Adam at this rate."""
    adam = voronet.Adam(learning_rate=rate)
    return voronet.study(seeds, optimiser=adam, max_steps=steps, progress=progress)


def every_step(adam, steps=STEPS):
    """Yield the loss, ‖g_t‖ and the longest move over η at each step of some runs."""
    net, progress = voronet.Network(), bar(f"every step, {adam}")
    problems = [problem(seed, 50) for seed in WATCHED]
    x = np.stack([points for _, points, _ in problems])
    y = np.stack([voronet.one_hot(rule.label(x)) for rule, x, _ in problems])
    w = np.stack([net.initial_parameters(rng) for _, _, rng in problems])
    state = adam.start(w)
    for t in range(1, steps + 1):
        _, a = voronet.forward(net, w, x)
        g = voronet.gradient(net, w, x, y)
        moved, state = adam.step(w, g, state)
        step = np.abs(moved - w).max(axis=-1) / adam.learning_rate
        yield voronet.mean_squared_error(a[-1], y), np.linalg.norm(g, axis=-1), step
        w = moved
        if t % 500 == 0:
            progress(t, steps)


def lengths():
    """Keep the longest steps, how fast ‖g_t‖ grows, and what exchanged betas do.

    The growth of a step is ‖g_{t+1}‖ / ‖g_t‖; the greatest is kept, of all steps and of
    the early ones. Lengths are kept beside ‖g_1‖, at a few steps.
    """
    _, norm, step = map(np.array, zip(*every_step(voronet.Adam()), strict=True))
    growth = norm[1:] / norm[:-1]
    usual = voronet.Adam()
    exchanged = voronet.Adam(beta1=usual.beta2, beta2=usual.beta1)
    swapped = [*every_step(exchanged, EXCHANGED_STEPS)]
    right = [*every_step(usual, EXCHANGED_STEPS)]
    return {
        "kept": np.array(KEPT),
        "shrunk": norm[list(KEPT)] / norm[0],
        "longest": step.max(axis=0),
        "growth": growth.max(axis=0),
        "growth_early": growth[:EARLY].max(axis=0),
        "exchanged_loss": np.stack([right[-1][0], swapped[-1][0]]),
        "exchanged_steps": EXCHANGED_STEPS,
        "exchanged_longest": np.max([step for _, _, step in swapped], axis=0),
    }


def main():
    """Sweep the rates, follow some runs step by step, and write adam.npz."""
    began = time.perf_counter()
    rows = []
    for rate in RATES:
        ended = studied(rate, SEEDS, STEPS, bar(f"rate {rate}"))
        rows.append((ended.loss, ended.accuracy, ended.stopped == "converged"))
    loss, accuracy, converged = (np.array(part) for part in zip(*rows, strict=True))
    assert np.isfinite(loss).all()
    save(
        "adam",
        began,
        seeds=np.array(SEEDS),
        rates=np.array(RATES),
        max_steps=STEPS,
        loss=loss.astype("f4"),
        accuracy=accuracy.astype("f4"),
        converged=converged,
        w_100=np.array([studied(rate, range(8), 100).w for rate in RATES]),
        **lengths(),
    )


if __name__ == "__main__":
    main()

"""Record the example of Higham and Higham (2019), section 6, for many seeds at once.

Run from the root of the repository: python -m docs.run.recorded.paper
"""

import resource
import time

import numpy as np

import voronet
from docs.run.recorded.record import bar, save

SEEDS = range(64)
STEPS, EVERY = 1_000_000, 10_000
# The ten points of the paper's section 6; the first five are of the first class. The
# paper then adds one more, of the second class, and prints it in a figure only; these
# are the coordinates in published programs that draw this figure.
X = np.array(
    [
        [0.1, 0.3, 0.1, 0.6, 0.4, 0.6, 0.5, 0.9, 0.4, 0.7, 0.3],
        [0.1, 0.4, 0.5, 0.9, 0.2, 0.3, 0.6, 0.2, 0.4, 0.6, 0.7],
    ]
)
Y = voronet.one_hot([0] * 5 + [1] * 6)
NET = voronet.Network((2, 2, 3, 2))
DESCENT = voronet.GradientDescent(learning_rate=0.05)


def trained(n, steps, every):
    """Yield the step and the parameters of every network, again and again."""
    x, y = X[:, :n], Y[:, :n]
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    w = np.stack([NET.initial_parameters(rng) for rng in rngs])
    state = DESCENT.start(w)
    while True:
        if state.t % every == 0:
            yield state.t, w
        if state.t == steps:
            return
        g = voronet.stochastic_gradient(NET, w, x, y, rngs)
        w, state = DESCENT.step(w, g, state)


def recorded_cost(w, n):
    """Sum the squares as the paper's listing does: no half, and no mean."""
    _, a = voronet.forward(NET, w, X[:, :n])
    return ((Y[:, :n] - a[-1]) ** 2).sum(axis=(-2, -1))


def main():
    """Train on ten and on eleven points, and write paper.npz."""
    began = time.perf_counter()
    arrays = {"x": X, "y": Y, "seeds": np.array(SEEDS)}
    for n in (10, 11):
        *_, (_, w_100) = trained(n, 100, 100)
        steps, costs, path = [], [], []
        progress = bar(f"steps with {n} points")
        for t, w in trained(n, STEPS, EVERY):
            steps.append(t)
            costs.append(recorded_cost(w, n))
            path.append(w)
            progress(t, STEPS)
        # Keep the whole path of the median run alone.
        median = int(np.argsort(costs[-1])[len(SEEDS) // 2])
        arrays |= {
            f"w_100_{n}": w_100,
            f"cost_{n}": np.array(costs, dtype="f4"),
            f"w_{n}": path[-1],
            f"median_{n}": median,
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    save("paper", began, steps=np.array(steps), peak_megabytes=peak, **arrays)


if __name__ == "__main__":
    main()

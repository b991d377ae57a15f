"""Record how often training fails, where it ends, and what makes it rarer.

Run from the root of the repository: python -m docs.run.recorded.failure
"""

import time

import numpy as np

import voronet
from docs.run.recorded.record import FOLDER, bar, beginnings, problem, save

SEEDS = range(1000)
FEW = range(200)
SAMPLES = (10, 20, 100, 200)
SCALES = (0.25, 1.0, 2.0, 4.0)
WIDTHS = (1, 3, 4, 8)
PATIENCE = range(64)
PROBLEMS, STARTS = 32, 16


def studied(what, seeds=FEW, **options):
    """Study some seeds and keep the losses and the accuracies in half the digits."""
    ended = voronet.study(seeds, progress=bar(what), **options)
    assert set(ended.stopped) <= {"max_steps", "converged"}, ended
    return ended.loss.astype("f4"), ended.accuracy.astype("f4")


def anatomy(seeds, w, n=50):
    """Look into networks: the points they get wrong, and which units still work there."""
    net = voronet.Network()
    weights, _ = net.unpack(w)
    wrong, slope, alive = [], [], []
    for seed, w_end in zip(seeds, w, strict=True):
        rule, x, _ = problem(seed, n)
        _, a = voronet.forward(net, w_end, x)
        missed = (a[-1][1] > a[-1][0]) != (rule.label(x) == 1)
        wrong.append(missed.sum())
        # The steepest output at a point that is wrong: what is left to pull with.
        steep = voronet.sigmoid_derivative(a[-1][:, missed])
        slope.append(steep.max() if missed.any() else np.nan)
        # A unit works if its activation differs between the points.
        alive.append((np.ptp(a[2], axis=-1) > 0.1).sum())
    return {
        "wrong": np.array(wrong, dtype="i2"),
        "slope": np.array(slope, dtype="f4"),
        "alive": np.array(alive, dtype="i1"),
        "condition": np.linalg.cond(weights[0]).astype("f4"),
    }


def starts():
    """Train several starts on each of some problems."""
    x, y, rngs = [], [], []
    for seed in range(PROBLEMS):
        rule, points, rng = problem(seed, 50)
        for own in rng.spawn(STARTS):
            x.append(points)
            y.append(voronet.one_hot(rule.label(points)))
            rngs.append(own)
    losses = []
    for k in range(0, len(rngs), 64):
        here = slice(k, k + 64)
        run = voronet.train(
            np.stack(x[here]),
            np.stack(y[here]),
            seed=rngs[here],
            max_steps=25_000,
            record_every=25_000,
        )
        losses.append(run.loss[-1])
        bar("starts")(k + 64, len(rngs))
    return np.concatenate(losses).reshape(PROBLEMS, STARTS).astype("f4")


def main():
    """Train everything, and write failure.npz and failure-worst.npz."""
    began = time.perf_counter()
    arrays = beginnings(50)
    ended = voronet.study(SEEDS, progress=bar("problems"))
    arrays |= {"seeds": ended.seeds, "loss": ended.loss, "norm": ended.gradient_norm}
    arrays |= {"accuracy": ended.accuracy, **anatomy(ended.seeds, ended.w)}
    for n in SAMPLES:
        arrays[f"n_{n}"] = studied(f"n = {n}", n=n)
    for scale in SCALES:
        arrays[f"scale_{scale}"] = studied(f"scale {scale}", scale=scale)
    for width in WIDTHS:
        net = voronet.Network((2, width, 8, 2))
        arrays[f"width_{width}"] = studied(f"width {width}", net=net)
    arrays["patience"] = studied("patience", PATIENCE, max_steps=100_000)
    arrays["starts"] = starts()
    # Train the worst once more, with its film.
    rule, x, rng = problem(int(ended.seeds[ended.loss.argmax()]), 50)
    worst = voronet.train(
        x,
        voronet.one_hot(rule.label(x)),
        rule=rule,
        seed=rng,
        max_steps=25_000,
        record_every=500,
    )
    assert worst.loss[-1] == ended.loss.max()
    worst.save(FOLDER / "failure-worst.npz")
    save("failure", began, **arrays)


if __name__ == "__main__":
    main()

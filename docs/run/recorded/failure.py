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


def anatomy(xs, labels, w):
    """Look into networks: what they get wrong, and how their units work together."""
    net = voronet.Network()
    weights, _ = net.unpack(w)
    wrong, slope, alive, alike = [], [], [], []
    for x, label, w_end in zip(xs, labels, w, strict=True):
        _, a = voronet.forward(net, w_end, x)
        missed = (a[-1][1] > a[-1][0]) != (label == 1)
        wrong.append(missed.sum())
        # The steepest output at a point that is wrong: what is left to pull with.
        steep = voronet.sigmoid_derivative(a[-1][:, missed])
        slope.append(steep.max() if missed.any() else np.nan)
        # A unit works if its activation differs between the points.
        alive.append((np.ptp(a[2], axis=-1) > 0.1).sum())
        # The units say one thing if one direction has all of their variance.
        centred = a[2] - a[2].mean(axis=-1, keepdims=True)
        variance = np.linalg.svd(centred, compute_uv=False) ** 2
        alike.append(variance[0] / variance.sum())
    return {
        "wrong": np.array(wrong, dtype="i2"),
        "slope": np.array(slope, dtype="f4"),
        "alive": np.array(alive, dtype="i1"),
        "alike": np.array(alike, dtype="f4"),
        "condition": np.linalg.cond(weights[0]).astype("f4"),
    }


def starts():
    """Train several starts on each of some problems, and look into them."""
    xs, labels, rngs = [], [], []
    for seed in range(PROBLEMS):
        rule, x, rng = problem(seed, 50)
        for own in rng.spawn(STARTS):
            xs.append(x)
            labels.append(rule.label(x))
            rngs.append(own)
    ends = []
    for k in range(0, len(rngs), 64):
        here = slice(k, k + 64)
        run = voronet.train(
            np.stack(xs[here]),
            np.stack([voronet.one_hot(label) for label in labels[here]]),
            seed=rngs[here],
            max_steps=25_000,
            record_every=25_000,
        )
        ends.append(run.w)
        bar("starts")(k + 64, len(rngs))
    parts = anatomy(xs, labels, np.concatenate(ends))
    return {
        f"starts_{name}": parts[name].reshape(PROBLEMS, STARTS)
        for name in ("wrong", "alike", "condition")
    }


def main():
    """Train everything, and write failure.npz and failure-worst.npz."""
    began = time.perf_counter()
    arrays = beginnings(50)
    ended = voronet.study(SEEDS, progress=bar("problems"))
    arrays |= {"seeds": ended.seeds, "loss": ended.loss, "norm": ended.gradient_norm}
    drawn = [problem(int(seed), 50) for seed in ended.seeds]
    xs = [x for _, x, _ in drawn]
    labels = [rule.label(x) for rule, x, _ in drawn]
    arrays |= {"accuracy": ended.accuracy, **anatomy(xs, labels, ended.w)}
    for n in SAMPLES:
        arrays[f"n_{n}"] = studied(f"n = {n}", n=n)
    for scale in SCALES:
        arrays[f"scale_{scale}"] = studied(f"scale {scale}", scale=scale)
    for width in WIDTHS:
        net = voronet.Network((2, width, 8, 2))
        arrays[f"width_{width}"] = studied(f"width {width}", net=net)
    arrays["patience"] = studied("patience", PATIENCE, max_steps=100_000)
    arrays |= starts()
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

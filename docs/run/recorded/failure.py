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
# A failure whose wrong points have no output steeper than this is saturated.
FLAT = 0.01
# How many saturated failures are trained on, how far, and with which epsilons.
ALONE, ALONE_STEPS, EPSILONS = 100, 2000, (1e-8, 1e-30)


def studied(what, seeds=FEW, **options):
    """Study some seeds and keep the losses and the accuracies in half the digits."""
    ended = voronet.study(seeds, progress=bar(what), **options)
    assert set(ended.stopped) <= {"max_steps", "converged"}, ended
    return ended.loss.astype("f4"), ended.accuracy.astype("f4")


def missed(w, x, label):
    """Mark the points on the wrong side, and return the activations too."""
    _, a = voronet.forward(voronet.Network(), w, x)
    return (a[-1][1] > a[-1][0]) != (label == 1), a


def cross_entropy_gradient(net, w, x, y):
    """Differentiate the mean cross-entropy: δ is a − y at the outputs, without σ'."""
    _, a = voronet.forward(net, w, x)
    weights, _ = net.unpack(w)
    n, delta = x.shape[-1], a[-1] - y
    by_weights, by_biases = [], []
    for k in range(net.depth, 0, -1):
        by_weights.insert(0, delta @ a[k - 1].swapaxes(-1, -2) / n)
        by_biases.insert(0, delta.sum(axis=-1) / n)
        back = weights[k - 1].swapaxes(-1, -2) @ delta
        delta = back * voronet.sigmoid_derivative(a[k - 1])
    return net.pack(by_weights, by_biases)


def pulls(w, x, label, wrong, gradient=voronet.gradient):
    """Split the gradient into the parts of the wrong and of the right points.

    Returns the norm of each part and the cosine of the angle between them.
    """
    net, y = voronet.Network(), voronet.one_hot(label)
    if not wrong.any() or wrong.all():
        return np.nan, np.nan, np.nan
    parts = [
        gradient(net, w, x[:, these], y[:, these]) * these.mean()
        for these in (wrong, ~wrong)
    ]
    of_wrong, of_right = np.linalg.norm(parts, axis=-1)
    product = of_wrong * of_right
    cosine = parts[0] @ parts[1] / product if product > 0 else np.nan
    return of_wrong, of_right, cosine


def anatomy(xs, labels, w, gradient=voronet.gradient):
    """Look into networks: what they get wrong, and how their units work together."""
    net = voronet.Network()
    weights, _ = net.unpack(w)
    wrong, slope, alive, alike, pull = [], [], [], [], []
    for x, label, w_end in zip(xs, labels, w, strict=True):
        off, a = missed(w_end, x, label)
        wrong.append(off.sum())
        pull.append(pulls(w_end, x, label, off, gradient))
        # The steepest output at a point that is wrong: what is left to pull with.
        steep = voronet.sigmoid_derivative(a[-1][:, off])
        slope.append(steep.max() if off.any() else np.nan)
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
        "pull_wrong": np.array([part[0] for part in pull]),
        "pull_right": np.array([part[1] for part in pull]),
        "cosine": np.array([part[2] for part in pull], dtype="f8"),
    }


def stepped(w, x, y, steps, what, *, gradient=voronet.gradient, adam=None):
    """Train networks together by plain steps, with any gradient, from any w."""
    adam = adam or voronet.Adam()
    state, progress = adam.start(w), bar(what)
    for t in range(1, steps + 1):
        w, state = adam.step(w, gradient(voronet.Network(), w, x, y), state)
        if t % 500 == 0:
            progress(t, steps)
    return w


def cross_entropy(xs, labels, starts):
    """Train the first problems once more, with the cross-entropy as the loss."""
    few = slice(len(FEW))
    x, label = np.stack(xs[few]), labels[few]
    y = np.stack([voronet.one_hot(one) for one in label])
    gradient = cross_entropy_gradient
    w = stepped(starts[few], x, y, 25_000, "cross-entropy", gradient=gradient)
    parts = anatomy(x, label, w, gradient)
    kept = ("wrong", "slope", "cosine")
    return {f"entropy_{name}": parts[name] for name in kept}


def wrong_points_alone(xs, labels, w):
    """Train saturated failures on: on all points or the wrong ones, for each epsilon.

    Returns how many points of each network are then wrong, of those trained on.
    """
    batches = {"all": [], "alone": []}
    for x, label, w_end in zip(xs, labels, w, strict=True):
        off, _ = missed(w_end, x, label)
        batches["all"].append(np.arange(len(label)))
        # Repeat the wrong points, so that all networks have as many samples.
        batches["alone"].append(np.resize(np.flatnonzero(off), 60))
    ends = {}
    for name, chosen in batches.items():
        x = np.stack([x[:, these] for x, these in zip(xs, chosen, strict=True)])
        label = [label[these] for label, these in zip(labels, chosen, strict=True)]
        y = np.stack([voronet.one_hot(one) for one in label])
        for epsilon in EPSILONS:
            adam = voronet.Adam(epsilon=epsilon)
            end = stepped(w, x, y, ALONE_STEPS, f"{name}, {epsilon:g}", adam=adam)
            off = [missed(*one)[0].sum() for one in zip(end, x, label, strict=True)]
            ends[f"{name}_{epsilon:g}"] = np.array(off, dtype="i2")
    return ends


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
    saturated = np.flatnonzero(arrays["slope"] < FLAT)[:ALONE]
    chosen = [[part[seed] for seed in saturated] for part in (xs, labels, ended.w)]
    arrays |= wrong_points_alone(*chosen[:2], np.stack(chosen[2]))
    rngs = [problem(int(seed), 50)[2] for seed in FEW]
    first = np.stack([voronet.Network().initial_parameters(rng) for rng in rngs])
    arrays |= cross_entropy(xs, labels, first)
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

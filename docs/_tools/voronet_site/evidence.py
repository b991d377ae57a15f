"""The evidence behind sentences of the derivation pages: what they show, and what backs their claims.

Each function computes its numbers, or reads them from a recorded run, and judges nothing. The pages show
them by way of `values`, and `claims` says what has to be true of them.
"""

from functools import cache
from math import comb
from types import SimpleNamespace

import numpy as np

import voronet
from voronet.data import squared_distances
from voronet_site import DOCS
from voronet_site.figures.common import trained

# The steps between which the loss of the shared run lies on its plateau.
PLATEAU = (700, 1900)
CHESSBOARD = voronet.VoronoiRule([[0.25, 0.75], [0.25, 0.75]], [[0.75, 0.25], [0.25, 0.75]])


@cache
def recorded(name: str) -> dict[str, np.ndarray]:
    """Read the arrays of a recorded run."""
    with np.load(DOCS / "run" / "recorded" / f"{name}.npz") as file:
        return {array: file[array] for array in file.files}


def _draw_problems(count: int) -> tuple[list[np.random.Generator], np.ndarray, np.ndarray]:
    """Draw fifty points and their targets for each of the first seeds; return the generators, too."""
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    rules = [voronet.VoronoiRule.random(rng) for rng in rngs]
    x = np.stack([voronet.sample_points(50, rng) for rng in rngs])
    y = np.stack([voronet.one_hot(rule.label(at)) for rule, at in zip(rules, x, strict=True)])
    return rngs, x, y


@cache
def plateau() -> SimpleNamespace:
    """Split the gradient of the shared run, along its plateau, by wrong and right points."""
    run = trained()
    net, x, y = run.net, run.x, run.y
    wrong, slopes, cosines, ratios = [], [], [], []
    on_plateau = (PLATEAU[0] <= run.steps) & (run.steps <= PLATEAU[1])
    for w in run.snapshots[on_plateau]:
        _, a = voronet.forward(net, w, x)
        missed = (a[-1][1] > a[-1][0]) != (y[1] == 1)
        wrong.append(int(missed.sum()))
        slopes.append(voronet.sigmoid_derivative(a[-1][:, missed]).min())
        of_wrong, of_right = (
            voronet.gradient(net, w, x[:, these], y[:, these]) * these.mean()
            for these in (missed, ~missed)
        )
        sizes = np.linalg.norm(of_wrong), np.linalg.norm(of_right)
        cosines.append(of_wrong @ of_right / np.prod(sizes))
        ratios.append(sizes[0] / sizes[1])
    return SimpleNamespace(
        first=PLATEAU[0],
        last=PLATEAU[1],
        fewest=min(wrong),
        wrong=max(wrong),
        flattest=float(min(slopes)),
        cosine=float(max(cosines)),
        apart=float(np.abs(np.array(ratios) - 1).max()),
        shorter=float(np.median(run.gradient_norm[0] / run.gradient_norm[on_plateau])),
    )


@cache
def gradient_lengths() -> SimpleNamespace:
    """Read how much of its first length the gradient has left after some steps."""
    record = recorded("adam")
    left = np.median(record["shrunk"], axis=1).tolist()
    return SimpleNamespace(runs=len(record["longest"]), steps=record["kept"].tolist(), left=left)


@cache
def early_gradients(runs: int = 32, steps: int = 10) -> SimpleNamespace:
    """Compare the gradient after the steps that the first moment covers with that at the start."""
    rngs, x, y = _draw_problems(runs)
    run = voronet.train(x, y, seed=rngs, max_steps=steps, record_every=steps)
    first, later = (voronet.gradient(run.net, w, x, y) for w in run.snapshots)
    change = np.linalg.norm(later - first, axis=-1) / np.linalg.norm(first, axis=-1)
    return SimpleNamespace(runs=runs, steps=steps, change=float(np.median(change)))


@cache
def exchanged_betas() -> SimpleNamespace:
    """Read how far the loss falls, and how long a step can be, when the betas are exchanged."""
    record = recorded("adam")
    usual, swapped = np.median(record["exchanged_loss"], axis=1)
    return SimpleNamespace(
        runs=record["exchanged_loss"].shape[1],
        steps=int(record["exchanged_steps"]),
        loss=float(swapped),
        usual=float(usual),
        longest=float(record["exchanged_longest"].max()),
    )


def sign_test(wins: int, losses: int) -> float:
    """Return how likely a split is at least as uneven, if both sides are equal."""
    few, n = min(wins, losses), wins + losses
    return min(1.0, sum(comb(n, k) for k in range(few + 1)) / 2 ** (n - 1))


@cache
def worst_failure() -> SimpleNamespace:
    """Look inside the network that ended with the greatest of the recorded losses."""
    run = voronet.load(DOCS / "run" / "recorded" / "failure-worst.npz")
    (_, W2, W3), (_, b2, _) = run.net.unpack(run.w)
    z, a = voronet.forward(run.net, run.w, run.x)
    blue = run.y[1] == 1
    says_blue = a[-1][1] > a[-1][0]
    wrong = says_blue != blue
    # A unit that is on where the second output grows stands for blue on that side of its line.
    sides = (z[2] > 0) == (W3[1] > W3[0])[:, np.newaxis]
    corner = (a[1] < 0.02).all(axis=0)
    return SimpleNamespace(
        points=len(blue),
        wrong=int(wrong.sum()),
        least_sure=float(np.minimum(a[-1], 1 - a[-1]).max()),
        steepest=float(voronet.sigmoid_derivative(a[-1][:, wrong]).max()),
        meets=list(-b2 / W2.T),
        alike=float(np.abs(np.corrcoef(a[2])).min()),
        decides=(sides == says_blue).sum(axis=1).tolist(),
        corner=(int((corner & ~blue).sum()), int((corner & blue).sum())),
        wrong_in_corner=int((corner & wrong).sum()),
    )


@cache
def midpoints(rules: int = 1000) -> SimpleNamespace:
    """Count the midpoints of a green and a blue seed to which no other seed is nearer."""
    rng = np.random.default_rng(0)
    tied = []
    for _ in range(rules):
        rule = voronet.VoronoiRule.random(rng)
        seeds = np.concatenate([rule.green, rule.blue], axis=1)
        for green in rule.green.T:
            for blue in rule.blue.T:
                middle = (green + blue) / 2
                nearest = ((seeds.T - middle) ** 2).sum(axis=1).min()
                # Allow for the rounding of the two distances.
                tied.append(nearest > ((green - middle) ** 2).sum() * (1 - 1e-9))
    return SimpleNamespace(rules=rules, share=float(np.mean(tied)))


@cache
def ties_on_a_grid(rules: int = 200) -> SimpleNamespace:
    """Count the points of a grid that tie, on the chessboard and with random seeds."""
    u = np.linspace(0, 1, 9)
    grid = np.stack(np.meshgrid(u, u)).reshape(2, -1)

    def ties(rule: voronet.VoronoiRule) -> int:
        to_green, to_blue = (squared_distances(grid, seeds) for seeds in (rule.green, rule.blue))
        return int((to_green.min(axis=0) == to_blue.min(axis=0)).sum())

    rng = np.random.default_rng(0)
    return SimpleNamespace(
        points=grid.shape[1],
        chessboard=ties(CHESSBOARD),
        random=sum(ties(voronet.VoronoiRule.random(rng)) for _ in range(rules)),
        rules=rules,
    )


@cache
def fast_and_plain(networks: int = 200) -> SimpleNamespace:
    """Compare the gradient's norm of the fast step and of the plain functions, at some scales."""
    scales = (0.5, 5.0, 10.0, 20.0)
    apart, relative = [], []
    for scale in scales:
        rngs, x, y = _draw_problems(networks)
        fast = voronet.train(x, y, seed=rngs, scale=scale, max_steps=0)
        plain = np.linalg.norm(voronet.gradient(fast.net, fast.w, x, y), axis=-1)
        difference = np.abs(fast.gradient_norm[0] - plain)
        apart.append(float(difference.max()))
        # Where the norm is not itself below the rounding of an activation.
        sizeable = plain > 1e-14
        relative.append(float((difference / plain)[sizeable].max()))
    return SimpleNamespace(scales=scales, apart=apart, relative=relative, networks=networks)


@cache
def mini_batch_noise() -> SimpleNamespace:
    """Draw mini-batches with replacement, and compare their noise with that of one sample."""
    n, draws, sizes = 50, 4000, (1, 4, 16, 64)
    rng = np.random.default_rng(0)
    net, rule = voronet.Network(), voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(n, rng)
    y = voronet.one_hot(rule.label(x))
    w = net.initial_parameters(rng)
    each = np.stack([voronet.gradient(net, w, x[:, [i]], y[:, [i]]) for i in range(n)])
    g = voronet.gradient(net, w, x, y)
    measured = []
    for size in sizes:
        batch = each[rng.integers(n, size=(draws, size))].mean(axis=1)
        measured.append(float(np.sqrt(((batch - g) ** 2).sum(axis=1).mean()) / np.linalg.norm(g)))
    alone = float(np.sqrt(((each - g) ** 2).sum(axis=1).mean()) / np.linalg.norm(g))
    expected = [alone / float(np.sqrt(size)) for size in sizes]
    return SimpleNamespace(
        samples=n, draws=draws, sizes=sizes, measured=measured, expected=expected
    )


def _straightest(blue: np.ndarray, at: np.ndarray) -> float:
    """Return the greatest share of places that a straight line colours as given, of many directions."""
    best = 0.0
    for angle in np.linspace(0, np.pi, 90, endpoint=False):
        order = np.argsort(at[0] * np.cos(angle) + at[1] * np.sin(angle))
        ahead = np.concatenate([[0], np.cumsum(blue[order])])
        # Blue before a cut and green behind it, or the reverse.
        same = ahead + (~blue[order]).sum() - (np.arange(len(ahead)) - ahead)
        best = max(best, same.max() / len(blue), 1 - same.min() / len(blue))
    return float(best)


@cache
def first_run() -> SimpleNamespace:
    """Choose the run of the first page as the page does, and see how straight its line is."""
    rngs, x, y = _draw_problems(16)
    runs = voronet.train(x, y, seed=rngs, max_steps=25_000, record_every=250)
    early = runs.loss[runs.steps == 2_500][0]
    chosen = int(np.argmax(np.where(runs.loss[-1] < 1e-4, early, 0)))
    loss, norm = runs.loss[:, chosen], runs.gradient_norm[:, chosen]
    u = (np.arange(60) + 0.5) / 60
    grid = np.stack(np.meshgrid(u, u)).reshape(2, -1)
    before, after = np.flatnonzero(loss > 0.2)[-1], np.flatnonzero(loss < 0.1)[0]
    shares = [
        _straightest(voronet.decision(runs.net, w, grid) > 0.5, grid)
        for w in runs.snapshots[[*range(before + 1), after, -1], chosen]
    ]
    return SimpleNamespace(
        before=int(runs.steps[before]),
        after=int(runs.steps[after]),
        straight=min(shares[:-2]),
        bent=max(shares[-2:]),
        together=float(np.corrcoef(np.log(loss), np.log(norm))[0, 1]),
    )


@cache
def fifty_points() -> SimpleNamespace:
    """Train the first problems of fifty points, and look at their ends and their last steps."""
    rngs, x, y = _draw_problems(64)
    run = voronet.train(x, y, seed=rngs, max_steps=25_000, record_every=1_000)
    blue = voronet.decision(run.net, run.w, x) > 0.5
    wrong = blue != (y[:, 1] == 1)
    fits, falls = ~wrong.any(axis=1), run.loss[-1] < 0.99 * run.loss[-2]
    # The six that the page shows, evenly spaced from the best to the worst.
    shown = np.argsort(run.loss[-1])[np.linspace(0, 63, 6).astype(int)]
    missing = []
    for row in shown[~fits[shown]]:
        rule = voronet.VoronoiRule.random(np.random.default_rng(row))
        seeds = np.concatenate([rule.green, rule.blue], axis=1)
        cell = squared_distances(x[row], seeds).argmin(axis=0)
        missing.append(any(wrong[row, cell == k].all() for k in np.unique(cell)))
    return SimpleNamespace(
        missing=missing,
        circles=(int((fits & falls).sum()), int(fits.sum())),
        crosses=(int((~fits & falls).sum()), int((~fits).sum())),
    )


@cache
def a_tenth_longer(steps: int = 300) -> SimpleNamespace:
    """Train with first-layer derivatives a tenth too long, by Adam and by gradient descent."""
    (rng,), (x,), (y,) = _draw_problems(1)
    net = voronet.Network()
    start = net.initial_parameters(rng)
    longer = np.ones(net.size)
    net.unpack(longer)[0][0][:] = 1.1

    def apart(optimiser: voronet.Adam | voronet.GradientDescent) -> float:
        """Return how far the mistake moves the end, over the way from the start to it."""
        ends = []
        for spoil in (1.0, longer):
            w, state = start, optimiser.start(start)
            for _ in range(steps):
                w, state = optimiser.step(w, spoil * voronet.gradient(net, w, x, y), state)
            ends.append(w)
        return float(np.linalg.norm(ends[1] - ends[0]) / np.linalg.norm(ends[0] - start))

    return SimpleNamespace(
        steps=steps, adam=apart(voronet.Adam(1e-2)), descent=apart(voronet.GradientDescent(0.1))
    )


@cache
def long_and_short_steps() -> SimpleNamespace:
    """Train on the chessboard from twelve starts, at a rate far too large and at one that suits."""
    x = np.concatenate([CHESSBOARD.green, CHESSBOARD.blue], axis=1)
    label = CHESSBOARD.label(x)
    y = voronet.one_hot(label)
    flat, right, stopped, runs = [], [], [], []
    for rate in (3.0, 0.1):
        run = voronet.train(x, y, optimiser=voronet.Adam(rate), seed=range(12), max_steps=1000)
        _, a = voronet.forward(run.net, run.w, x)
        # All units of a layer are saturated: the outputs, or the second layer.
        slopes = [voronet.sigmoid_derivative(layer).max(axis=(-2, -1)) for layer in a[2:]]
        flat.append(int((np.min(slopes, axis=0) < 1e-6).sum()))
        right.append(((a[-1][:, 1] > a[-1][:, 0]) == (label == 1)).sum(axis=1).tolist())
        stopped.append([str(reason) for reason in run.stopped])
        runs.append(run)
    outputs = voronet.forward(runs[0].net, runs[0].w, x)[1][-1]
    return SimpleNamespace(
        rate=runs[0].optimiser.learning_rate,
        steps=runs[0].steps[-1],
        losses=runs[0].loss[-1],
        flat_outputs=int((voronet.sigmoid_derivative(outputs).max(axis=(-2, -1)) < 1e-6).sum()),
        flat=flat,
        right=right,
        stopped=stopped,
    )

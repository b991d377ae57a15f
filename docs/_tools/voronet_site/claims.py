"""Claims of the derivation pages, each with its evidence.

A claim is a function whose name is the statement. It computes the evidence, raises `Refuted` if the
evidence does not bear the statement out, and returns the numbers that the page shows.
"""

from types import SimpleNamespace

import numpy as np

import voronet
from literate.sources import RECORDED
from voronet.data import squared_distances
from voronet_site.figures.common import trained

# The steps between which the loss of the shared run lies on its plateau.
PLATEAU = (700, 1900)


class Refuted(Exception):
    """The evidence does not bear a claim out: the build ends here."""


def require(holds: object, statement: str) -> None:
    """Refuse a claim that does not hold, whether Python optimises or not."""
    if not holds:
        raise Refuted(statement)


def recorded(name: str) -> dict[str, np.ndarray]:
    """Read the arrays of a recorded run."""
    with np.load(RECORDED / f"{name}.npz") as file:
        return {array: file[array] for array in file.files}


def wrong_and_right_points_balance_on_the_plateau() -> SimpleNamespace:
    """No wrong point is saturated there: the pulls of wrong and right points cancel."""
    run = trained()
    net, x, y = run.net, run.x, run.y
    wrong, slopes, cosines, ratios = [], [], [], []
    on_plateau = (PLATEAU[0] <= run.steps) & (run.steps <= PLATEAU[1])
    for w in run.snapshots[on_plateau]:
        _, a = voronet.forward(net, w, x)
        missed = (a[-1][1] > a[-1][0]) != (y[1] == 1)
        wrong.append(missed.sum())
        slopes.append(voronet.sigmoid_derivative(a[-1][:, missed]).min())
        of_wrong, of_right = (
            voronet.gradient(net, w, x[:, these], y[:, these]) * these.mean()
            for these in (missed, ~missed)
        )
        sizes = np.linalg.norm(of_wrong), np.linalg.norm(of_right)
        cosines.append(of_wrong @ of_right / np.prod(sizes))
        ratios.append(sizes[0] / sizes[1])
    norm = run.gradient_norm[on_plateau]
    found = SimpleNamespace(
        first=PLATEAU[0],
        last=PLATEAU[1],
        wrong=int(max(wrong)),
        flattest=float(min(slopes)),
        cosine=float(max(cosines)),
        apart=float(np.abs(np.array(ratios) - 1).max()),
        shorter=float(np.median(run.gradient_norm[0] / norm)),
    )
    require(min(wrong) == found.wrong, "the same number of points is wrong all along the plateau")
    require(found.flattest > 0.1, "no output of a wrong point is flat on the plateau")
    require(found.cosine < -0.99, "wrong and right points pull in opposite directions")
    require(found.apart < 0.02, "wrong and right points pull equally hard")
    require(found.shorter > 20, "the gradient is far shorter on the plateau than at the start")
    return found


def gradients_change_little_for_m_and_much_for_v() -> SimpleNamespace:
    """Over ten steps a gradient keeps its length, over a thousand it does not."""
    record = recorded("adam")
    kept, shrunk = record["kept"].tolist(), np.median(record["shrunk"], axis=1)
    found = SimpleNamespace(runs=len(record["longest"]), steps=kept, left=shrunk.tolist())
    left = dict(zip(kept, shrunk, strict=True))
    require(left[10] > 0.9, "the gradient changes by less than a tenth in ten steps")
    require(left[100] < 0.6, "the gradient has lost much of its length after a hundred steps")
    require(left[500] < 0.1, "the gradient has lost most of its length after 500 steps")
    return found


def training_with_exchanged_betas_works_less_well() -> SimpleNamespace:
    """The loss still falls, but less far, and some steps are longer than any bound."""
    record = recorded("adam")
    usual, swapped = np.median(record["exchanged_loss"], axis=1)
    found = SimpleNamespace(
        runs=record["exchanged_loss"].shape[1],
        steps=int(record["exchanged_steps"]),
        loss=float(swapped),
        usual=float(usual),
        longest=float(record["exchanged_longest"].max()),
    )
    require(swapped < 0.25, "with exchanged betas the loss falls below that of a constant answer")
    require(swapped > 1.2 * usual, "with exchanged betas the loss falls less far")
    require(found.longest > 1000, "with exchanged betas some step is a thousand times the rate")
    return found


def midpoints_of_seeds_need_not_lie_on_the_boundary(rules: int = 1000) -> SimpleNamespace:
    """The midpoint of a green and a blue seed is a tie only where no other seed is nearer."""
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
    share = float(np.mean(tied))
    require(0.1 < share < 0.9, "some midpoints lie on the boundary and others do not")
    return SimpleNamespace(rules=rules, share=share)


def points_of_a_grid_tie_where_the_seeds_lie_on_it(rules: int = 200) -> SimpleNamespace:
    """On a chessboard many points of a grid tie; with random seeds none does."""
    u = np.linspace(0, 1, 9)
    grid = np.stack(np.meshgrid(u, u)).reshape(2, -1)

    def ties(rule: voronet.VoronoiRule) -> int:
        to_green, to_blue = (squared_distances(grid, seeds) for seeds in (rule.green, rule.blue))
        return int((to_green.min(axis=0) == to_blue.min(axis=0)).sum())

    chessboard = voronet.VoronoiRule([[0.25, 0.75], [0.25, 0.75]], [[0.75, 0.25], [0.25, 0.75]])
    rng = np.random.default_rng(0)
    found = SimpleNamespace(
        points=grid.shape[1],
        chessboard=ties(chessboard),
        random=sum(ties(voronet.VoronoiRule.random(rng)) for _ in range(rules)),
        rules=rules,
    )
    require(found.chessboard > 0, "points of the grid tie on the chessboard")
    require(found.random == 0, "no point of the grid ties with random seeds")
    return found


def the_fast_step_agrees_in_absolute_terms(networks: int = 200) -> SimpleNamespace:
    """Gradient norms agree to rounding; relative to a tiny norm they need not."""
    scales = (0.5, 5.0, 10.0, 20.0)
    apart, relative = [], []
    for scale in scales:
        rngs = [np.random.default_rng(seed) for seed in range(networks)]
        rules = [voronet.VoronoiRule.random(rng) for rng in rngs]
        x = np.stack([voronet.sample_points(50, rng) for rng in rngs])
        y = np.stack([voronet.one_hot(rule.label(at)) for rule, at in zip(rules, x, strict=True)])
        fast = voronet.train(x, y, seed=rngs, scale=scale, max_steps=0)
        plain = np.linalg.norm(voronet.gradient(fast.net, fast.w, x, y), axis=-1)
        difference = np.abs(fast.gradient_norm[0] - plain)
        apart.append(float(difference.max()))
        # Where the norm is not far below every rounding error of an activation.
        sizeable = plain > 1e-14
        relative.append(float((difference / plain)[sizeable].max()))
    found = SimpleNamespace(scales=scales, apart=apart, relative=relative, networks=networks)
    require(max(apart) < 1e-14, "the norms agree to rounding in absolute terms")
    require(relative[0] < 1e-14, "at the usual start they agree in relative terms too")
    require(relative[-1] > 1e-3, "with large weights they do not agree in relative terms")
    return found


def noise_of_a_mini_batch_falls_like_one_over_the_root_of_its_size() -> SimpleNamespace:
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
    require(np.allclose(measured, expected, rtol=0.05), "the noise falls like one over the root")
    return SimpleNamespace(
        samples=n, draws=draws, sizes=sizes, measured=measured, expected=expected
    )

"""Still pictures: the problem, the decision region, one moment of a run, its curves."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike, NDArray

from voronet._check import Array, integer
from voronet.data import VoronoiRule, points
from voronet.network import Network, decision
from voronet.run import Run
from voronet.show.palette import LIGHT, MARKERS
from voronet.show.style import shading, styled
from voronet.show.tessellation import boundary, cells

COLOURS = (LIGHT.green, LIGHT.blue)
TINTS = (LIGHT.green_tint, LIGHT.blue_tint)
SHAPES = (MARKERS["green"], MARKERS["blue"])


@styled
def problem(rule: VoronoiRule, x: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the true boundary with the seeds and the training points.

    Parameters
    ----------
    rule : VoronoiRule
        Tints the cells and gives the points their colours.
    x : array_like, shape (2, n)
        The points; those outside the unit square are not seen.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        Seeds are large and hollow, points small and filled; green ones are round and
        blue ones square.

    Raises
    ------
    ValueError
        If `x` is not (2, n) or not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rule = VoronoiRule.random(rng)
    >>> len(problem(rule, rng.random((2, 20))).patches)  # one for each cell
    6
    """
    x = points(x)
    ax = square(ax)
    for cell in cells(rule):
        tint = TINTS[cell.label]
        ax.fill(*cell.corners, facecolor=tint, edgecolor=LIGHT.paper, linewidth=1)
    draw_boundary(ax, rule)
    draw_points(ax, x, rule.label(x))
    draw_seeds(ax, rule)
    return ax


@styled
def region(net: Network, w: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the decision region: p_blue as shading, and the line where it is ½.

    Parameters
    ----------
    net : Network
        A network from two inputs to two outputs.
    w : array_like, shape (p,)
        Its parameters.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        Green where p_blue is 0, paper at ½, blue at 1.

    Raises
    ------
    ValueError
        If the network does not lead from two inputs to two outputs, or `w` does not
        fit it.

    Examples
    --------
    >>> net = Network()
    >>> region(net, np.zeros(net.size)).get_xlim()
    (np.float64(0.0), np.float64(1.0))
    """
    p_blue = Lattice(net).p_blue(w)
    ax = square(ax)
    draw_shading(ax, p_blue)
    draw_half_line(ax, p_blue)
    return ax


@styled
def frame(run: Run, index: int = -1, ax: Axes | None = None) -> Axes:
    """Draw one recorded moment: region, true boundary, seeds, points and mistakes.

    Parameters
    ----------
    run : Run
        One network, without restarts.
    index : int
        Which of the recorded steps; the last if not given.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    matplotlib Axes
        The title tells the step, the loss, and how many points are right; a ring marks
        each wrong one.

    Raises
    ------
    ValueError
        If the run has restarts or its network is not from two inputs to two outputs,
        or there is no such recorded step.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> frame(run).get_title(loc="left")
    'step 10'
    """
    moment = Moment(run, index)
    ax = square(ax)
    draw_shading(ax, moment.p_blue)
    if run.rule is not None:
        draw_boundary(ax, run.rule, dashed=True)
        draw_seeds(ax, run.rule)
    draw_half_line(ax, moment.p_blue)
    draw_points(ax, run.x, moment.label)
    draw_mistakes(ax, moment.mistakes)
    ax.set_title(moment.step, loc="left")
    ax.set_title(moment.result, loc="right", color=LIGHT.muted)
    return ax


@styled
def curves(run: Run) -> Figure:
    r"""Draw loss and gradient norm against the step, both on a logarithmic axis.

    Parameters
    ----------
    run : Run
        With restarts, every network gets its own thin line.

    Returns
    -------
    matplotlib Figure
        The loss above, the gradient norm below.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> [ax.get_title(loc="left") for ax in curves(run).axes]
    ['loss $L$', 'gradient norm $\\Vert g\\Vert$']
    """
    figure = Figure(figsize=(4.6, 4.0), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True)
    width = 1.4 if run.loss.ndim == 1 else 0.6
    for ax, values, title in (
        (upper, run.loss, "loss $L$"),
        (lower, run.gradient_norm, r"gradient norm $\Vert g\Vert$"),
    ):
        ax.semilogy(run.steps, values, color=LIGHT.ink, linewidth=width)
        ax.set_title(title, loc="left")
        ax.grid(axis="y")
        few_ticks(ax)
    lower.set_xlabel("step $t$")
    lower.set_xlim(0, max(1, run.steps[-1]))
    lower.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
    lower.locator_params(axis="x", nbins=5)
    return figure


def few_ticks(ax: Axes) -> None:
    """Mark the powers of ten, and between them on a short axis."""
    bottom, top = np.log10(ax.get_ylim())
    digits = (1.0,) if top - bottom > 2 else (1.0, 2.0, 5.0)
    ax.yaxis.set_major_locator(LogLocator(subs=digits, numticks=5))
    ax.yaxis.set_major_formatter(lambda value, _: in_words(value))
    ax.minorticks_off()


class Lattice:
    """Evaluate p_blue on a lattice of places that covers the unit square."""

    side = 121

    def __init__(self, net: Network) -> None:
        if net.widths[0] != 2 or net.widths[-1] != 2:
            raise ValueError(
                f"net: widths {net.widths} given; allowed: 2 inputs and 2 outputs, "
                "so that there is a plane to draw"
            )
        self.net = net
        u = np.linspace(0.0, 1.0, self.side)
        self.x = np.stack(np.meshgrid(u, u)).reshape(2, -1)

    def p_blue(self, w: ArrayLike) -> Array:
        """Return p_blue, a row for each x_2 and a column for each x_1."""
        return decision(self.net, w, self.x).reshape(self.side, self.side)


class Moment:
    """What there is to see of a run at one of its recorded steps."""

    def __init__(self, run: Run, index: int) -> None:
        if run.snapshots.ndim != 2:
            raise ValueError(
                f"run: {len(run.w)} networks given; allowed: a run of one network"
            )
        frames = len(run.steps)
        if not -frames <= integer("index", index, least=-frames) < frames:
            raise ValueError(
                f"index: {index} given; allowed: one of the {frames} recorded steps"
            )
        w = run.snapshots[index]
        self.p_blue = Lattice(run.net).p_blue(w)
        self.label = run.y.argmax(axis=0)
        called = (decision(run.net, w, run.x) > 0.5).astype(np.int64)
        self.mistakes = run.x[:, called != self.label]
        n = run.x.shape[1]
        self.step = f"step {run.steps[index]:,}"
        self.right = f"{n - self.mistakes.shape[1]} of {n}"
        self.result = f"loss {in_words(run.loss[index])}   {self.right} right"


def in_words(value: float) -> str:
    r"""Write a positive number with two digits, its power of ten as mathematics.

    Examples
    --------
    >>> in_words(0.0567), in_words(2e-5), in_words(1e-4)
    ('0.057', '$2\\times 10^{-5}$', '$10^{-4}$')
    """
    if 1e-3 <= value < 1e3:
        return f"{value:.2g}"
    digits, exponent = f"{value:.1e}".split("e")
    digits = digits.removesuffix(".0")
    times = "" if digits == "1" else rf"{digits}\times "
    return f"${times}10^{{{int(exponent)}}}$"


def square(ax: Axes | None) -> Axes:
    """Prepare axes that show the unit square and nothing else."""
    if ax is None:
        figure = Figure(figsize=(4.6, 4.6), layout="constrained")
        ax = figure.add_subplot()
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=LIGHT.muted)
    return ax


def draw_shading(ax: Axes, p_blue: Array) -> AxesImage:
    """Shade the square by p_blue."""
    # The first and the last place lie on the sides of the square.
    half = 0.5 / (len(p_blue) - 1)
    extent = (-half, 1 + half, -half, 1 + half)
    return ax.imshow(
        p_blue,
        cmap=shading(),
        vmin=0,
        vmax=1,
        origin="lower",
        extent=extent,
        interpolation="bilinear",
        # Blend p_blue, not colours: what lies between green and blue is paper.
        interpolation_stage="data",
        zorder=0,
    )


def half_line(p_blue: Array) -> list[NDArray[np.float64]]:
    """Trace the line where p_blue = ½, as rows of points."""
    from contourpy import contour_generator

    u = np.linspace(0.0, 1.0, len(p_blue))
    lines = contour_generator(u, u, p_blue, line_type="Separate").lines(0.5)
    return [np.asarray(line) for line in lines]


def draw_half_line(ax: Axes, p_blue: Array) -> LineCollection:
    """Draw the line where p_blue = ½, the network's own boundary."""
    lines = LineCollection(half_line(p_blue), colors=LIGHT.ink, linewidths=2, zorder=2)
    ax.add_collection(lines, autolim=False)
    return lines


def draw_boundary(ax: Axes, rule: VoronoiRule, dashed: bool = False) -> None:
    """Draw the true boundary."""
    lines = LineCollection(
        list(boundary(rule).swapaxes(1, 2)),
        colors=LIGHT.muted if dashed else LIGHT.ink,
        linewidths=1.2 if dashed else 2,
        linestyles=(0, (3, 2)) if dashed else "solid",
        capstyle="butt" if dashed else "round",
        zorder=1,
    )
    ax.add_collection(lines, autolim=False)


def draw_points(ax: Axes, x: Array, label: NDArray[np.int64]) -> None:
    """Draw the points: green ones round, blue ones square."""
    for i, (colour, shape) in enumerate(zip(COLOURS, SHAPES, strict=True)):
        here = (label == i) & inside(x)
        ax.scatter(
            x[0, here],
            x[1, here],
            s=26 if shape == "o" else 22,
            marker=shape,
            color=colour,
            edgecolors=LIGHT.paper,
            linewidths=0.7,
            zorder=4,
            clip_on=False,
        )


def draw_seeds(ax: Axes, rule: VoronoiRule) -> None:
    """Draw the seeds: large, hollow, with a dot in the middle."""
    for seeds, colour, shape in zip(
        (rule.green, rule.blue), COLOURS, SHAPES, strict=True
    ):
        seeds = seeds[:, inside(seeds)]
        ax.scatter(
            seeds[0],
            seeds[1],
            s=90,
            marker=shape,
            facecolors=LIGHT.paper,
            edgecolors=colour,
            linewidths=1.8,
            zorder=3,
            clip_on=False,
        )
        ax.scatter(
            seeds[0], seeds[1], s=9, marker=shape, color=colour, zorder=3, clip_on=False
        )


def inside(x: Array) -> NDArray[np.bool_]:
    """Tell which points lie in the unit square."""
    return np.asarray(((x >= 0) & (x <= 1)).all(axis=0))


def draw_mistakes(ax: Axes, x: Array) -> PathCollection:
    """Put a ring around each point that is on the wrong side."""
    x = x[:, inside(x)]
    return ax.scatter(
        x[0],
        x[1],
        s=120,
        facecolors="none",
        edgecolors=LIGHT.accent,
        linewidths=1.6,
        zorder=5,
        clip_on=False,
    )

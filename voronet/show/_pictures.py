"""Still pictures: tessellation, decision region, one moment of a run, its curves."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from voronet._check import (
    Array,
    Outputs,
    Parameters,
    Points,
    check_integer,
    check_shape,
    checked,
    refuse,
)
from voronet.data import VoronoiRule
from voronet.network import Network, decision
from voronet.run import Run
from voronet.show._cells import UNIT_SQUARE, Extent, boundary, cells, extent_of
from voronet.show._files import check_drawable
from voronet.show._palette import LIGHT, MARKERS
from voronet.show._style import shading, styled

COLOURS = (LIGHT.green, LIGHT.blue)
TINTS = (LIGHT.green_tint, LIGHT.blue_tint)
SHAPES = (MARKERS["green"], MARKERS["blue"])
# How many places p_blue is evaluated at, along each side of the square.
SIDE = 121


@styled
@checked
def tessellation(
    rule: VoronoiRule, x: Points | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the Voronoi cells of the seeds, the true boundary, and training points.

    Parameters
    ----------
    rule : VoronoiRule
        Tints the cells and gives the points their colours.
    x : array_like, shape (2, n), optional
        The points. The picture shows the unit square, or what holds all points.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of pyplot if not given.

    Returns
    -------
    matplotlib Axes
        Seeds are large and hollow, points small and filled; green ones are round and
        blue ones square.

    Raises
    ------
    ValueError
        If `x` is not (2, n) or not finite, or `rule` is no rule.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rule = VoronoiRule.random(rng)
    >>> len(tessellation(rule, rng.random((2, 20))).patches)  # one for each cell
    6
    """
    extent = UNIT_SQUARE if x is None else extent_of(x)
    ax = _square(ax, extent)
    for cell in cells(rule, extent):
        tint = TINTS[cell.label]
        ax.fill(*cell.corners, facecolor=tint, edgecolor=LIGHT.paper, linewidth=1)
    _draw_boundary(ax, rule, extent)
    if x is not None:
        _draw_points(ax, x, rule.label(x) == 1)
    _draw_seeds(ax, rule, extent)
    return ax


@styled
@checked
def region(
    net: Network,
    w: Parameters,
    x: Points | None = None,
    y: Outputs | None = None,
    rule: VoronoiRule | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the decision region: p_blue as shading, and the line where it is ½.

    Parameters
    ----------
    net : Network
        A network from two inputs to two outputs.
    w : array_like, shape (p,)
        Its parameters.
    x : array_like, shape (2, n), optional
        Points to draw, with a ring round each that is on the wrong side. The picture
        shows the unit square, or what holds all points.
    y : array_like, shape (2, n)
        Their labels, one-hot; to be given with `x`.
    rule : VoronoiRule, optional
        Adds its true boundary, as a dashed line, and its seeds.
    ax : matplotlib Axes, optional
        Where to draw; a new figure of pyplot if not given.

    Returns
    -------
    matplotlib Axes
        Green where p_blue is 0, paper at ½, blue at 1.

    Raises
    ------
    ValueError
        If the network does not lead from two inputs to two outputs, or `w`, `x` and
        `y` do not fit it and each other.

    Examples
    --------
    >>> net = Network()
    >>> x, y = [[0.2, 0.8], [0.3, 0.6]], [[1, 0], [0, 1]]
    >>> region(net, np.zeros(net.size), x, y).get_xlim()
    (np.float64(0.0), np.float64(1.0))
    """
    if net.widths[0] != 2 or net.widths[-1] != 2:
        allowed = "2 inputs and 2 outputs, so that there is a plane to draw"
        refuse("net", f"widths {net.widths}", allowed)
    check_shape("w", w, (net.size,), hint=f" for widths {net.widths}")
    if (x is None) != (y is None):
        refuse("x" if x is None else "y", "None", "both x and y, or neither")
    extent = UNIT_SQUARE
    if x is not None:
        check_shape("y", y, x.shape, hint=", as x")
        extent = extent_of(x)
    p_blue = p_blue_on(net, w, extent)
    ax = _square(ax, extent)
    _draw_shading(ax, p_blue, extent)
    if rule is not None:
        _draw_boundary(ax, rule, extent, dashed=True)
        _draw_seeds(ax, rule, extent)
    _draw_half_line(ax, p_blue, extent)
    if x is not None and y is not None:
        _draw_points(ax, x, y[1] > y[0])
        _draw_mistakes(ax, x[:, wrong(net, w, x, y)])
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
        Where to draw; a new figure of pyplot if not given.

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
    ax = region(run.net, run.snapshots[index], run.x, run.y, run.rule, ax)
    ax.set_title(moment.step, loc="left")
    ax.set_title(moment.result, loc="right", color=LIGHT.muted)
    return ax


@styled
@checked
def curves(run: Run) -> tuple[Axes, Axes]:
    r"""Draw loss and gradient norm against the step, both on a logarithmic axis.

    Parameters
    ----------
    run : Run
        With restarts, every network gets its own thin line.

    Returns
    -------
    tuple of two matplotlib Axes
        The loss above, the gradient norm below, in a new figure of pyplot.

    Raises
    ------
    ValueError
        If `run` is no run.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> [ax.get_title(loc="left") for ax in curves(run)]
    ['loss $L$', 'gradient norm $\\Vert g\\Vert$']
    """
    figure = plt.figure(figsize=(4.6, 4.0), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True)
    width = 1.4 if run.loss.ndim == 1 else 0.6
    for ax, values, title in (
        (upper, run.loss, "loss $L$"),
        (lower, run.gradient_norm, r"gradient norm $\Vert g\Vert$"),
    ):
        ax.semilogy(run.steps, values, color=LIGHT.ink, linewidth=width)
        ax.set_title(title, loc="left")
        ax.grid(axis="y")
        _few_ticks(ax)
    lower.set_xlabel("step $t$")
    lower.set_xlim(0, max(1, run.steps[-1]))
    lower.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
    lower.locator_params(axis="x", nbins=5)
    # Format the numbers now: the figure may later be drawn with other settings.
    figure.draw_without_rendering()
    return upper, lower


def _few_ticks(ax: Axes) -> None:
    """Mark the powers of ten, and between them on a short axis."""
    bottom, top = np.log10(ax.get_ylim())
    digits = (1.0,) if top - bottom > 2 else (1.0, 2.0, 5.0)
    ax.yaxis.set_major_locator(LogLocator(subs=digits, numticks=5))
    ax.yaxis.set_major_formatter(lambda value, _: _in_words(value))
    ax.minorticks_off()


class Moment:
    """What there is to see of a run at one of its recorded steps."""

    def __init__(self, run: Run, index: int) -> None:
        check_drawable(run)
        frames = len(run.steps)
        if not -frames <= check_integer("index", index, least=-frames) < frames:
            refuse("index", f"{index}", f"one of the {frames} recorded steps")
        w, n = run.snapshots[index], run.x.shape[1]
        self.mistakes = run.x[:, wrong(run.net, w, run.x, run.y)]
        self.step = f"step {run.steps[index]:,}"
        self.right = f"{n - self.mistakes.shape[1]} of {n}"
        self.result = f"loss {_in_words(run.loss[index])}   {self.right} right"


def p_blue_on(net: Network, w: Array, extent: Extent) -> Array:
    """Evaluate p_blue all over a square: a row for each x_2, a column for each x_1."""
    left, right, bottom, top = extent
    u, v = np.linspace(left, right, SIDE), np.linspace(bottom, top, SIDE)
    x = np.stack(np.meshgrid(u, v)).reshape(2, -1)
    return decision(net, w, x).reshape(SIDE, SIDE)


def wrong(net: Network, w: Array, x: Array, y: Array) -> NDArray[np.bool_]:
    """Tell which points the network gives the wrong colour."""
    return np.asarray((decision(net, w, x) > 0.5) != (y[1] > y[0]))


def _in_words(value: float) -> str:
    r"""Write a positive number with two digits, its power of ten as mathematics.

    Examples
    --------
    >>> _in_words(0.0567), _in_words(2e-5), _in_words(1e-4)
    ('0.057', '$2\\times 10^{-5}$', '$10^{-4}$')
    """
    if 1e-3 <= value < 1e3:
        return f"{value:.2g}"
    digits, exponent = f"{value:.1e}".split("e")
    digits = digits.removesuffix(".0")
    times = "" if digits == "1" else rf"{digits}\times "
    return f"${times}10^{{{int(exponent)}}}$"


def _square(ax: Axes | None, extent: Extent) -> Axes:
    """Prepare axes that show a square and nothing else."""
    if ax is None:
        figure = plt.figure(figsize=(4.6, 4.6), layout="constrained")
        ax = figure.add_subplot()
    ax.set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
    # The unit square needs no numbers at its sides.
    if extent == UNIT_SQUARE:
        ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=LIGHT.muted)
    return ax


def _draw_shading(ax: Axes, p_blue: Array, extent: Extent) -> None:
    """Shade the square by p_blue."""
    # The first and the last place lie on the sides of the square.
    left, right, bottom, top = extent
    half = 0.5 * (right - left) / (SIDE - 1)
    ax.imshow(
        p_blue,
        cmap=shading(),
        vmin=0,
        vmax=1,
        origin="lower",
        extent=(left - half, right + half, bottom - half, top + half),
        interpolation="bilinear",
        # Blend p_blue, not colours: what lies between green and blue is paper.
        interpolation_stage="data",
        zorder=0,
    )
    ax.set(xlim=(left, right), ylim=(bottom, top))


def half_line(p_blue: Array, extent: Extent) -> list[NDArray[np.float64]]:
    """Trace the line where p_blue = ½, as rows of points."""
    from contourpy import contour_generator

    left, right, bottom, top = extent
    u, v = np.linspace(left, right, SIDE), np.linspace(bottom, top, SIDE)
    # The log-odds log(a_2 / a_1) are nearly straight where p_blue is steep.
    p_blue = np.clip(p_blue, 1e-16, 1 - 1e-16)
    odds = np.log(p_blue) - np.log1p(-p_blue)
    lines = contour_generator(u, v, odds, line_type="Separate").lines(0.0)
    return [np.asarray(line) for line in lines]


def _draw_half_line(ax: Axes, p_blue: Array, extent: Extent) -> None:
    """Draw the line where p_blue = ½, the network's own boundary."""
    lines = LineCollection(
        half_line(p_blue, extent), colors=LIGHT.ink, linewidths=2, zorder=2
    )
    ax.add_collection(lines, autolim=False)


def _draw_boundary(
    ax: Axes, rule: VoronoiRule, extent: Extent, dashed: bool = False
) -> None:
    """Draw the true boundary."""
    lines = LineCollection(
        list(boundary(rule, extent).swapaxes(1, 2)),
        colors=LIGHT.muted if dashed else LIGHT.ink,
        linewidths=1.2 if dashed else 2,
        linestyles=(0, (3, 2)) if dashed else "solid",
        capstyle="butt" if dashed else "round",
        zorder=1,
    )
    ax.add_collection(lines, autolim=False)


def _draw_points(ax: Axes, x: Array, blue: NDArray[np.bool_]) -> None:
    """Draw the points: green ones round, blue ones square."""
    for part, colour, shape in zip((~blue, blue), COLOURS, SHAPES, strict=True):
        ax.scatter(
            x[0, part],
            x[1, part],
            s=26 if shape == "o" else 22,
            marker=shape,
            color=colour,
            edgecolors=LIGHT.paper,
            linewidths=0.7,
            zorder=4,
            clip_on=False,
        )


def _draw_seeds(ax: Axes, rule: VoronoiRule, extent: Extent) -> None:
    """Draw the seeds that are in view: large, hollow, with a dot in the middle."""
    (left, right, bottom, top), seeds = extent, (rule.green, rule.blue)
    for (u, v), colour, shape in zip(seeds, COLOURS, SHAPES, strict=True):
        seen = (left <= u) & (u <= right) & (bottom <= v) & (v <= top)
        for size, face, width in ((90, LIGHT.paper, 1.8), (9, colour, 0)):
            ax.scatter(
                u[seen],
                v[seen],
                s=size,
                marker=shape,
                facecolors=face,
                edgecolors=colour,
                linewidths=width,
                zorder=3,
                clip_on=False,
            )


def _draw_mistakes(ax: Axes, x: Array) -> None:
    """Put a ring around each of the points."""
    ax.scatter(
        x[0],
        x[1],
        s=120,
        facecolors="none",
        edgecolors=LIGHT.accent,
        linewidths=1.6,
        zorder=5,
        clip_on=False,
    )

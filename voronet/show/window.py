"""Windows on a display: the problem while the network trains, then the animation."""

import matplotlib.pyplot as plt
from matplotlib.backends.registry import BackendFilter, backend_registry
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from voronet.data import VoronoiRule
from voronet.run import Run
from voronet.show.animation import DPI, HEIGHT, WIDTH, animate
from voronet.show.pictures import problem
from voronet.show.style import styled

# The ways of drawing that open no window.
SILENT = backend_registry.list_builtin(  # type: ignore[no-untyped-call]
    BackendFilter.NON_INTERACTIVE
)


def display() -> bool:
    """Tell whether a window can be opened here.

    Returns
    -------
    bool
        False on a machine without a screen, or where matplotlib has no toolkit.
    """
    try:
        if plt.get_backend().lower() in SILENT:
            return False
        # Try it: a screen that is named need not be there.
        plt.close(plt.figure())
    # Each toolkit has its own error for a screen that is not there.
    except Exception:
        return False
    return True


@styled
def show_problem(rule: VoronoiRule, x: ArrayLike) -> Figure:
    """Open a window with the true boundary, the seeds and the points, and go on.

    Parameters
    ----------
    rule : VoronoiRule
        Tints the cells and gives the points their colours.
    x : array_like, shape (2, n)
        The points.

    Returns
    -------
    matplotlib Figure
        Its canvas answers the user only when `flush_events` is called.
    """
    figure = plt.figure(
        "The true boundary", figsize=(4.8, 4.8), dpi=DPI, layout="constrained"
    )
    problem(rule, x, figure.add_subplot())
    plt.show(block=False)
    figure.canvas.draw()
    figure.canvas.flush_events()
    return figure


@styled
def play(run: Run) -> None:
    """Play the animation in a window, and return when every window is closed.

    Parameters
    ----------
    run : Run
        One network from two inputs to two outputs.
    """
    size = (WIDTH / DPI, HEIGHT / DPI)
    figure = plt.figure("The decision region", figsize=size, dpi=DPI)
    # matplotlib keeps no reference: without this name the animation would stop.
    kept = animate(run, figure)
    plt.show(block=True)
    del kept

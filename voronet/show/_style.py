"""The style of every picture: one set of matplotlib settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap

from voronet.show._palette import LIGHT

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def settings() -> dict[Any, Any]:
    """Give the matplotlib settings that every picture of voronet uses.

    Returns
    -------
    dict
        Settings for `matplotlib.rc_context` or `matplotlib.rcParams.update`.

    Notes
    -----
    Meant for figures 4.6 inches wide that are shown 360 to 700 pixels wide: text of
    10 points is then never smaller than 10 pixels on a screen.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context(settings()):
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    return {
        "figure.figsize": (4.6, 3.0),
        "figure.dpi": 150,
        "figure.facecolor": LIGHT.paper,
        "axes.facecolor": "none",
        "savefig.facecolor": LIGHT.paper,
        # One serif for words and mathematics: matplotlib brings it along.
        "font.family": "STIXGeneral",
        "mathtext.fontset": "stix",
        # The same words with LaTeX or without.
        "text.usetex": False,
        "font.size": 11,
        "axes.titlesize": 11,
        "axes.labelsize": 11,
        "xtick.labelsize": 10,
        "ytick.labelsize": 10,
        "axes.titlelocation": "left",
        "axes.prop_cycle": cycler(
            color=[LIGHT.green, LIGHT.blue, LIGHT.accent, LIGHT.muted]
        ),
        "text.color": LIGHT.ink,
        "axes.labelcolor": LIGHT.ink,
        "axes.edgecolor": LIGHT.muted,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": LIGHT.muted,
        "ytick.color": LIGHT.muted,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "xtick.minor.visible": False,
        "ytick.minor.visible": False,
        "grid.color": LIGHT.grid,
        "grid.linewidth": 0.8,
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
        "path.simplify_threshold": 0.5,
    }


def styled(draw: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a function draw in the style, and leave matplotlib's settings as they were.

    Parameters
    ----------
    draw : callable
        A function that makes a picture.

    Returns
    -------
    callable
        The same function in the style.

    Examples
    --------
    >>> import matplotlib
    >>> styled(lambda: matplotlib.rcParams["font.family"])()
    ['STIXGeneral']
    """

    @wraps(draw)
    def in_style(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        # Restore only what was changed: a backend that is loaded meanwhile may change
        # other settings.
        before = {name: mpl.rcParams[name] for name in settings()}
        mpl.rcParams.update(settings())
        try:
            return draw(*args, **kwargs)
        finally:
            mpl.rcParams.update(before)

    return in_style


def shading() -> LinearSegmentedColormap:
    """Shade p_blue from green (0) through paper (½) to blue (1).

    Returns
    -------
    matplotlib colormap
        The shading of every decision region.

    Examples
    --------
    >>> from matplotlib.colors import to_hex
    >>> to_hex(shading()(1.0)) == LIGHT.blue_soft
    True
    """
    colours = [LIGHT.green_soft, LIGHT.paper, LIGHT.blue_soft]
    return LinearSegmentedColormap.from_list("voronet", colours, N=511)

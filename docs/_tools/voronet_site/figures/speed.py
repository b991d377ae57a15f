"""Figures of the page on speed, drawn from the recorded times."""

from statistics import median

from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, ratio_axis, says
from voronet_site.values import speed


@styled
def one_network():
    """Draw our time for a step over that of each peer, against the number of points."""
    figure, ax = panels(1, 1, 3.6)
    ax.set(xscale="log", yscale="log")
    ax.axhline(1, color=LIGHT.muted, linewidth=0.8, zorder=0)
    shown = {"torch": LIGHT.blue, "jax": LIGHT.accent, "sklearn": LIGHT.green}
    for place, (who, colour) in enumerate(shown.items()):
        # Set the peers side by side, so that no spread hides another.
        at = [n * 1.07 ** (place - 1) for n in speed.sizes]
        values = list(speed.steps[who].values())
        ax.plot(at, [median(each) for each in values], color=colour, linewidth=1, label=who)
        for n, each in zip(at, values, strict=True):
            ax.plot([n, n], [min(each), max(each)], color=colour, linewidth=1.2)
            ax.plot([n] * len(each), each, "_", color=colour, markersize=5, label=f"{who} strokes")
        name = speed.NAMES[who]
        says(ax, 1.2 * at[-1], median(values[-1]), name, colour, ha="left")
    first = speed.sizes[0]
    says(ax, speed.sizes[2], 1.7, "slower than the peer", LIGHT.muted, ha="left", size=9)
    says(ax, 1.3 * first, 0.85, "faster", LIGHT.muted, ha="left", size=9)
    ax.set(xlabel="points", ylabel="our time over theirs")
    ax.set_xlim(0.8 * first, 8 * speed.sizes[-1])
    ax.set_xticks(speed.sizes, [f"{n:,}" for n in speed.sizes])
    ax.set_xticks([], minor=True)
    ratio_axis(ax.yaxis, [each for who in shown for each in speed.steps[who].values()])
    return figure


@styled
def whole():
    """Draw our time over that of a peer for cold starts and for many networks."""
    figure, ax = panels(1, 1, 2.5)
    ax.set_xscale("log")
    ax.axvline(1, color=LIGHT.muted, linewidth=0.8, zorder=0)
    rows = (
        ("cold start, PyTorch", speed.cold["torch"], LIGHT.blue),
        ("cold start, JAX", speed.cold["jax"], LIGHT.accent),
        (f"{speed.networks} networks, JAX as many", speed.together, LIGHT.accent),
        (f"{speed.networks} networks, JAX one alone", speed.by_one, LIGHT.accent),
    )
    for row, (name, values, colour) in enumerate(rows):
        ax.plot([min(values), max(values)], [row, row], color=colour, linewidth=1.2)
        ax.plot(values, [row] * len(values), "|", color=colour, markersize=8, label=name)
        ax.plot(median(values), row, "o", color=colour, markersize=4.5)
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set(xlabel="our time over theirs", ylim=(3.6, -0.6))
    ratio_axis(ax.xaxis, [values for _, values, _ in rows])
    return figure

"""Figures of the page on the gradient."""

import numpy as np

import voronet
from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says, trained


@styled
def layers():
    """Plot the root-mean-square gradient of each matrix during the shared run."""
    figure, ax = panels(1, 1, 3.0)
    run = trained()
    g = voronet.gradient(run.net, run.snapshots, run.x, run.y)
    parts, _ = run.net.unpack(g)
    sizes = np.stack([np.sqrt((part**2).mean(axis=(-2, -1))) for part in parts])
    apart = np.log(sizes)
    for k, (size, colour) in enumerate(
        zip(sizes, (LIGHT.blue, LIGHT.green, LIGHT.ink), strict=True)
    ):
        ax.loglog(run.steps[1:], size[1:], color=colour, linewidth=1.2, label=f"W_{k + 1}")
        # Name the line where it is farthest from the other two.
        others = np.delete(apart, k, axis=0)
        middle = slice(3, len(size) // 4)
        at = 3 + np.abs(apart[k] - others).min(axis=0)[middle].argmax()
        above = apart[k, at] > others[:, at].mean()
        says(
            ax,
            run.steps[at],
            size[at] * (1.6 if above else 0.6),
            f"$W_{k + 1}$",
            colour,
            size=12,
        )
    ax.set(xlabel="step $t$")
    ax.set_title("root-mean-square gradient")
    ax.minorticks_off()
    return figure

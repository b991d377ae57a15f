"""The figure of the page on how this goes wrong."""

import numpy as np

from voronet.show import LIGHT, styled
from voronet_site.figures.common import panels, says


@styled
def curves():
    """Draw the loss of the right version beside those of three wrong ones."""
    # These runs take seconds: not for each import of this module.
    from voronet_site.values.wrong import EVERY, losses

    figure, ax = panels(1, 1, 3.4)
    steps = EVERY * np.arange(len(losses()))
    for name, what, colour in (
        ("right", "", LIGHT.ink),
        ("root dropped", "root dropped", LIGHT.accent),
        ("counter stuck", "a step counter that never grows", LIGHT.blue),
        ("slope one", "slope of a post-activation mask", LIGHT.green),
    ):
        values = losses(what)
        ax.plot(steps, values, color=colour, label=name)
        says(ax, steps[-1] * 1.02, values[-1], name, colour, ha="left")
    ax.set(yscale="log", xlabel="step", ylabel="loss", xlim=(0, 1.35 * steps[-1]))
    ax.set_xticks(steps[:: len(steps) // 3])
    # A decade around the curves, so that each end of the axis has its number.
    ax.set_ylim(0.01, 1)
    ax.minorticks_off()
    return figure

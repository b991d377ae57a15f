"""Figures of the page on training."""

from voronet import show
from voronet_site.figures.common import trained


def curves():
    """Plot loss and gradient norm of one run, both on logarithmic scales."""
    loss, _ = show.curves(trained())
    return loss.figure

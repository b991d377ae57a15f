"""Figures of the page on training."""

from docs._literate.figures.common import trained
from voronet import show


def curves():
    """Plot loss and gradient norm of one run, both on logarithmic scales."""
    return show.curves(trained())

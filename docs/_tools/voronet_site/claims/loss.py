"""What backs the claims of the page on the loss."""

import numpy as np


def a_sure_wrong_output_hardly_moves() -> tuple[bool, str]:
    """Compare the slope of ½ σ(z)² at an output of 0.999 with the steepest slope, by differences."""
    z = np.linspace(-10, 10, 20_001)
    slope = np.gradient(0.5 / (1 + np.exp(-z)) ** 2, z)
    share = float(np.interp(np.log(0.999 / 0.001), z, slope) / slope.max())
    return share < 0.01, f"With target zero, an output of 0.999 feels {share:.1%} of the steepest slope."

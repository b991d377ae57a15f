"""What backs the claims of the page on the loss."""

import numpy as np

from voronet_site.evidence import plateau, recorded


def a_sure_wrong_output_hardly_moves() -> tuple[bool, str]:
    """Compare the slope of ½ σ(z)² at an output of 0.999 with the steepest slope, by differences."""
    z = np.linspace(-10, 10, 20_001)
    slope = np.gradient(0.5 / (1 + np.exp(-z)) ** 2, z)
    share = float(np.interp(np.log(0.999 / 0.001), z, slope) / slope.max())
    return (
        share < 0.01,
        f"With target zero, an output of 0.999 feels {share:.1%} of the steepest slope.",
    )


def wrong_points_are_not_saturated_on_the_plateau() -> tuple[bool, str]:
    """Look at the slopes of the outputs at the wrong points, along the plateau."""
    found = plateau()
    holds = found.fewest == found.wrong > 0 and found.flattest > 0.1
    return holds, (
        f"{found.wrong} points are wrong at every record between steps {found.first} and {found.last:,}; "
        f"none of their outputs has a slope below {found.flattest:.3f}, where 0.25 is the most."
    )


def right_points_pull_as_hard_the_other_way() -> tuple[bool, str]:
    """Compare the parts of the gradient that wrong and right points contribute."""
    found = plateau()
    holds = found.cosine < -0.99 and found.apart < 0.02 and found.shorter > 20
    return holds, (
        f"At every record the cosine of the angle between the two parts is below {found.cosine:.4f}, and "
        f"their lengths differ by at most {found.apart:.1%}. The whole is {found.shorter:.0f} times shorter "
        "than at the start, in the median."
    )


def two_failures_in_three_are_saturated() -> tuple[bool, str]:
    """Count the recorded failures whose wrong points have no steep output."""
    record = recorded("failure")
    slope = record["slope"][record["accuracy"] < 1]
    share = float((slope < 0.01).mean())
    return 0.6 < share < 0.72, f"{share:.0%} of {len(slope)} recorded failures are saturated."

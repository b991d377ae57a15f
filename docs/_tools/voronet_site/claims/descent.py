"""What backs the claims of the page on gradient descent."""

import numpy as np

from voronet_site.evidence import mini_batch_noise


def noise_falls_like_one_over_the_root() -> tuple[bool, str]:
    """Compare the measured noise of mini-batches with that of one sample over the root."""
    found = mini_batch_noise()
    apart = np.abs(np.array(found.measured) / found.expected - 1).max()
    return bool(
        apart < 0.05
    ), f"{found.draws:,} draws of each size agree with the rule to {apart:.1%}."

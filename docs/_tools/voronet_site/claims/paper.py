"""What backs the claims of the page on the paper's example, from its recorded run."""

import numpy as np

import voronet
from voronet_site.evidence import recorded


def _right(n: int) -> np.ndarray:
    """Return which of the recorded starts have all of n points right at the end."""
    record = recorded("paper")
    _, a = voronet.forward(voronet.Network((2, 2, 3, 2)), record[f"w_{n}"], record["x"][:, :n])
    blue = a[-1][:, 1] > a[-1][:, 0]
    return np.asarray((blue == (record["y"][1, :n] == 1)).all(axis=-1))


def nearly_every_start_succeeds_on_ten_points() -> tuple[bool, str]:
    """Count the starts that have all ten points right after a million steps."""
    ends = _right(10)
    return bool(ends.mean() > 0.9), f"{ends.sum()} of {len(ends)} starts have all ten points right."


def fewer_starts_succeed_on_eleven_points() -> tuple[bool, str]:
    """Compare the ends with ten and with eleven points, start by start."""
    ten, eleven = _right(10), _right(11)
    only_ten, only_eleven = int((ten & ~eleven).sum()), int((eleven & ~ten).sum())
    words = f"{only_ten} starts succeed with ten points only, and {only_eleven} with eleven only."
    return only_ten > only_eleven, words

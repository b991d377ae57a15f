"""Compare two answers and say where they differ."""

import numpy as np


def agree(received, expected, rtol=1e-12, atol=0.0, what="value"):
    """Assert equal shapes and |received - expected| <= atol + rtol |expected|."""
    received, expected = np.asarray(received), np.asarray(expected)
    assert received.shape == expected.shape, (
        f"{what}: shape {received.shape} received, {expected.shape} expected"
    )
    error = np.abs(received - expected)
    bad = ~(error <= atol + rtol * np.abs(expected))
    if bad.any():
        # Name the worst of the entries that differ; a NaN is worse than any.
        excess = np.where(bad, np.nan_to_num(error, nan=np.inf), -1.0)
        worst = np.unravel_index(excess.argmax(), excess.shape)
        at = tuple(int(i) for i in worst)
        raise AssertionError(
            f"{what}{list(at) if at else ''}: {received[worst]!r} received, "
            f"{expected[worst]!r} expected, error {error[worst]:.3g} "
            f"({bad.sum()} of {bad.size} entries differ, rtol {rtol:g})"
        )


def same_bits(received, expected, what="value"):
    """Assert that two arrays have the same shape, type and every bit."""
    received, expected = np.asarray(received), np.asarray(expected)
    assert received.dtype == expected.dtype, (
        f"{what}: dtype {received.dtype} received, {expected.dtype} expected"
    )
    agree(received, expected, rtol=0.0, what=what)
    assert received.tobytes() == expected.tobytes(), f"{what}: signs of zeros differ"

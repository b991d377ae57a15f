"""Exercises of the chapter on the loss."""

import numpy as np

from voronet import mean_squared_error, sigmoid


# --8<-- [start:differentiate_loss]
# --8<-- [start:differentiate_loss-stub]
def differentiate_loss(a, y):
    """Return the derivatives of the mean squared error L with respect
    to each output: an array of the shape of a.
    """
    # --8<-- [end:differentiate_loss-stub]
    # Take the error of each output, over the number of samples.
    return (a - y) / a.shape[1]


# --8<-- [end:differentiate_loss]
# --8<-- [start:check_differentiate_loss]
def check_differentiate_loss(answer):
    """Tell whether the derivatives of the loss are right."""
    a = np.array([[0.5, 0.25, 0.75, 1.0], [0.75, 0.5, 0.0, 0.25]])
    y = np.array([[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]])
    found = answer(a, y)
    assert found is not None, "nothing is returned yet"

    # Move one output to both sides: of a square the quotient is exact.
    right = np.zeros_like(a)
    for place in np.ndindex(a.shape):
        up, down = a.copy(), a.copy()
        up[place] += 1
        down[place] -= 1
        change = mean_squared_error(up, y) - mean_squared_error(down, y)
        right[place] = change / 2
    assert not np.allclose(found, -right), "the sign is wrong"
    assert not np.allclose(found, 2 * right), "the half has been forgotten"
    sums = np.allclose(found, 4 * right)
    assert not sums, "this is for the sum over the samples"
    means = np.allclose(found, right / 2)
    assert not means, "this is for the mean over all entries"
    assert np.allclose(found, right), "this is not the slope of the loss"


# --8<-- [end:check_differentiate_loss]
# --8<-- [start:cross_entropy]
# --8<-- [start:cross_entropy-stub]
def cross_entropy(z, y):
    """Return the cross-entropy from the pre-activations z of the last
    layer: summed over the outputs, averaged over the samples.

    It must be right to the last digits for any z, also a large one.
    """
    # --8<-- [end:cross_entropy-stub]
    # Take -log σ(z) and -log(1 - σ(z)).
    one, zero = np.logaddexp(0, -z), np.logaddexp(0, z)
    # Sum over the outputs, and average over the samples.
    return (y * one + (1 - y) * zero).sum(axis=0).mean()


# --8<-- [end:cross_entropy]
# --8<-- [start:check_cross_entropy]
def check_cross_entropy(answer):
    """Tell whether a cross-entropy is right and does not overflow."""
    # An output of 3/4 costs log(4/3) or log 4, as the target is.
    z = np.log(3) * np.ones((1, 1))
    found = answer(z, np.ones((1, 1)))
    assert found is not None, "nothing is returned yet"
    assert np.isclose(found, np.log(4 / 3)), "wrong where the target is one"
    zero = np.isclose(answer(z, np.zeros((1, 1))), np.log(4))
    assert zero, "wrong where the target is zero"

    # Two outputs, three samples: all outputs are one half.
    found = answer(np.zeros((2, 3)), np.ones((2, 3)))
    assert np.isclose(found, 2 * np.log(2)), "average over the samples alone"
    # Where an output is sure, it costs |z|, or hardly anything.
    with np.errstate(all="ignore"):
        sure = np.array([[1000.0], [-1000.0]])
        wrong = answer(sure, np.array([[0.0], [1.0]]))
        small = answer(np.array([[50.0]]), np.ones((1, 1)))
    assert np.isclose(wrong, 2000), "it is lost where |z| is large"
    good = np.isclose(small, np.exp(-50), atol=0)
    assert good, "its digits are lost where it is small"


# --8<-- [end:check_cross_entropy]


def _cross_entropy_of_outputs(z, y):
    a = sigmoid(z)
    return (-y * np.log(a) - (1 - y) * np.log(1 - a)).sum(axis=0).mean()


WRONG = {
    differentiate_loss: {
        "the sign is wrong": lambda a, y: (y - a) / a.shape[1],
        "the half has been forgotten": lambda a, y: 2 * (a - y) / a.shape[1],
        "this is for the sum over the samples": lambda a, y: a - y,
        "this is for the mean over all entries": lambda a, y: (a - y) / a.size,
        "this is not the slope of the loss": lambda a, y: (a - y) * a * (1 - a) / a.shape[1],
    },
    cross_entropy: {
        "wrong where the target is one": lambda z, y: (
            (np.logaddexp(0, z) + y * z).sum(axis=0).mean()
        ),
        "wrong where the target is zero": lambda z, y: (y * np.logaddexp(0, -z)).sum(axis=0).mean(),
        "average over the samples alone": lambda z, y: (np.logaddexp(0, z) - y * z).mean(),
        "it is lost where |z| is large": _cross_entropy_of_outputs,
        "its digits are lost where it is small": lambda z, y: (
            (np.logaddexp(0, z) - y * z).sum(axis=0).mean()
        ),
    },
}

"""Exercises of the chapter on backpropagation."""

import numpy as np

from voronet import (
    Network,
    backpropagate,
    forward,
    gradient,
    mean_squared_error,
    sigmoid_derivative,
)


# --8<-- [start:differentiate]
# --8<-- [start:differentiate-stub]
def differentiate(loss, w, h):
    """Return the gradient of a function of w by central differences.

    The function loss takes a vector like w and returns a number.
    Each entry of w is moved by h to both sides, and w stays as it is.
    """
    # --8<-- [end:differentiate-stub]
    # Move one entry at a time.
    steps = h * np.eye(w.size)
    # Divide the change of the loss by the way.
    changes = [loss(w + step) - loss(w - step) for step in steps]
    return np.array(changes) / (2 * h)


# --8<-- [end:differentiate]
# --8<-- [start:check_differentiate]
def check_differentiate(answer):
    """Tell whether central differences are right."""
    w = np.array([1.0, 2.0])
    # The gradient of w₁² + 3 w₁ w₂ is (2 w₁ + 3 w₂, 3 w₁).
    found = answer(lambda w: w[0] ** 2 + 3 * w[0] * w[1], w, 0.001)
    assert found is not None, "nothing is returned yet"
    assert np.allclose(w, [1, 2]), "w is not as it was"
    twice = np.allclose(found, [16, 6], atol=0.01)
    assert not twice, "twice too large: the way is 2h"
    assert np.allclose(found, [8, 3], atol=0.01), "move each entry by itself"

    # The cube of 1 changes from 0.9³ to 1.1³: that makes 3.01.
    cube = answer(lambda w: w[0] ** 3, np.array([1.0]), 0.1)
    assert np.allclose(cube, 3.01), "the difference is one-sided"
    # A network has the gradient of the chapter.
    net, rng = Network((2, 3, 2)), np.random.default_rng(0)
    w = rng.normal(size=net.size)
    x, y = rng.random((2, 2, 4))

    def loss(w):
        return mean_squared_error(forward(net, w, x)[1][-1], y)

    found = answer(loss, w, 1e-5)
    same = np.allclose(found, gradient(net, w, x, y), atol=1e-8)
    assert same, "of a network it is not the gradient"


# --8<-- [end:check_differentiate]
# --8<-- [start:backpropagate_entropy]
# --8<-- [start:backpropagate_entropy-stub]
def backpropagate_entropy(net, w, a, y):
    """Return the deltas of each layer, as `backpropagate` does, but for
    the cross-entropy of the outputs in place of the squared error.
    """
    # --8<-- [end:backpropagate_entropy-stub]
    weights, _ = net.unpack(w)
    # Start at the output: no slope of the sigmoid is left.
    delta = [a[-1] - y]
    # Go back as before.
    for k in range(net.depth - 1, 0, -1):
        back = weights[k].T @ delta[0]
        delta.insert(0, back * sigmoid_derivative(a[k]))
    return [None, *delta]


# --8<-- [end:backpropagate_entropy]
# --8<-- [start:check_backpropagate_entropy]
def check_backpropagate_entropy(answer):
    """Tell whether the deltas of the cross-entropy are right."""
    net, rng = Network((2, 3, 3, 2)), np.random.default_rng(0)
    w, x = rng.normal(size=net.size), rng.random((2, 1))
    y = np.array([[1.0], [0.0]])
    _, a = forward(net, w, x)
    delta = answer(net, w, a, y)
    assert delta is not None, "nothing is returned yet"

    def loss(biases):
        z = forward(net, np.concatenate([w[:-8], biases]), x)[0][-1]
        return (np.logaddexp(0, z) - y * z).sum()

    # The derivative with respect to a bias is the delta of its unit.
    b, h = w[-8:], 1e-5
    changes = [loss(b + step) - loss(b - step) for step in h * np.eye(8)]
    parts = np.split(np.array(changes)[:, np.newaxis] / (2 * h), [3, 6])
    right = [None, *parts]
    squared = np.allclose(delta[3], right[3] * sigmoid_derivative(a[3]))
    assert not squared, "the output still has the slope of the sigmoid"
    assert np.allclose(delta[3], right[3]), "the output's deltas are wrong"
    linear = np.allclose(delta[2] * sigmoid_derivative(a[2]), right[2])
    assert not linear, "a hidden layer has lost the slope of the sigmoid"
    same = np.allclose(delta[2], right[2])
    assert same, "the deltas of the second layer are wrong"
    same = np.allclose(delta[1], right[1])
    assert same, "the deltas of the first layer are wrong"


# --8<-- [end:check_backpropagate_entropy]


def _spoil(loss, w, h):
    g = np.zeros(w.size)
    for r in range(w.size):
        before = loss(w)
        w[r] += h
        g[r] = (loss(w) - before) / h
    return g


def _go_back(net, w, a, y, sign=1, slope=sigmoid_derivative, transpose=True):
    weights, _ = net.unpack(w)
    delta = [sign * (a[-1] - y)]
    for k in range(net.depth - 1, 0, -1):
        matrix = weights[k].T if transpose or k != 1 else weights[k]
        delta.insert(0, matrix @ delta[0] * slope(a[k]))
    return [None, *delta]


WRONG = {
    differentiate: {
        "w is not as it was": _spoil,
        "twice too large: the way is 2h": lambda loss, w, h: 2 * differentiate(loss, w, h),
        "move each entry by itself": lambda loss, w, h: (
            np.full(w.size, loss(w + h) - loss(w - h)) / (2 * h)
        ),
        "the difference is one-sided": lambda loss, w, h: (
            np.array([loss(w + step) - loss(w) for step in h * np.eye(w.size)]) / h
        ),
        "of a network it is not the gradient": lambda loss, w, h: differentiate(
            loss, w.round(2), h
        ),
    },
    backpropagate_entropy: {
        "the output still has the slope of the sigmoid": backpropagate,
        "the output's deltas are wrong": lambda net, w, a, y: _go_back(net, w, a, y, -1),
        "a hidden layer has lost the slope of the sigmoid": lambda net, w, a, y: _go_back(
            net, w, a, y, slope=np.ones_like
        ),
        "the deltas of the second layer are wrong": lambda net, w, a, y: _go_back(
            net, w, a, y, slope=lambda a: a
        ),
        "the deltas of the first layer are wrong": lambda net, w, a, y: _go_back(
            net, w, a, y, transpose=False
        ),
    },
}

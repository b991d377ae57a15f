"""Exercises of the chapter on the gradient."""

import numpy as np

from voronet import Network, backpropagate, forward, gradient, mean_squared_error


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
# --8<-- [start:gradient_of_each]
# --8<-- [start:gradient_of_each-stub]
def gradient_of_each(net, w, x, y):
    """Return the gradient of each sample's own loss, as (p, n).

    Column i is the gradient for sample i, ordered as w.
    """
    # --8<-- [end:gradient_of_each-stub]
    _, a = forward(net, w, x)
    delta = backpropagate(net, w, a, y)
    # Multiply each delta by each activation of the same sample.
    weights = []
    for k in range(1, net.depth + 1):
        products = delta[k][:, np.newaxis] * a[k - 1]
        weights.append(products.reshape(-1, x.shape[1]))
    return np.concatenate([*weights, *delta[1:]])


# --8<-- [end:gradient_of_each]
# --8<-- [start:check_gradient_of_each]
def check_gradient_of_each(answer):
    """Tell whether each sample gets a gradient of its own."""
    net, rng = Network((2, 3, 2)), np.random.default_rng(0)
    w = rng.normal(size=net.size)
    x, y = rng.random((2, 2, 4))
    found = answer(net, w, x, y)
    assert found is not None, "nothing is returned yet"
    shape = np.shape(found)
    assert shape == (net.size, 4), "there is not a column for each sample"

    # Differentiate for one sample after the other.
    single = [gradient(net, w, x[:, [i]], y[:, [i]]) for i in range(4)]
    right = np.transpose(single)
    assert not np.allclose(found, right / 4), "no mean is taken: leave out 1/n"
    ordered = np.allclose(found, right)
    same = np.allclose(np.sort(found, axis=0), np.sort(right, axis=0))
    assert ordered or not same, "the entries are right, but not ordered as w"
    # The last five are the biases.
    same = np.allclose(found[-5:], right[-5:])
    assert same, "the derivatives by the biases are wrong"
    assert ordered, "the derivatives by the weights are wrong"


# --8<-- [end:check_gradient_of_each]


def _spoil(loss, w, h):
    g = np.zeros(w.size)
    for r in range(w.size):
        before = loss(w)
        w[r] += h
        g[r] = (loss(w) - before) / h
    return g


def _gradients(weigh=lambda delta, a: delta[:, np.newaxis] * a, last=lambda delta: delta):
    def answer(net, w, x, y):
        _, a = forward(net, w, x)
        delta = backpropagate(net, w, a, y)
        pairs = zip(delta[1:], a[:-1], strict=True)
        weights = [weigh(d, below).reshape(-1, x.shape[1]) for d, below in pairs]
        return np.concatenate([*weights, *map(last, delta[1:])])

    return answer


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
    gradient_of_each: {
        "there is not a column for each sample": gradient,
        "no mean is taken: leave out 1/n": lambda net, w, x, y: (
            gradient_of_each(net, w, x, y) / x.shape[1]
        ),
        "the entries are right, but not ordered as w": _gradients(
            lambda d, a: d * a[:, np.newaxis]
        ),
        "the derivatives by the biases are wrong": _gradients(
            last=lambda d: np.repeat(d.mean(axis=1, keepdims=True), d.shape[1], axis=1)
        ),
        "the derivatives by the weights are wrong": _gradients(
            lambda d, a: d[:, np.newaxis] * a * (1 - a)
        ),
    },
}

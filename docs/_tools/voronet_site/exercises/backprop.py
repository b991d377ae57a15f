"""Exercises of the chapter on backpropagation."""

import numpy as np

from voronet import Network, backpropagate, forward, sigmoid_derivative


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


def _go_back(net, w, a, y, sign=1, slope=sigmoid_derivative, transpose=True):
    weights, _ = net.unpack(w)
    delta = [sign * (a[-1] - y)]
    for k in range(net.depth - 1, 0, -1):
        matrix = weights[k].T if transpose or k != 1 else weights[k]
        delta.insert(0, matrix @ delta[0] * slope(a[k]))
    return [None, *delta]


WRONG = {
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

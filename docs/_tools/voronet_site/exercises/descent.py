"""Exercises of the chapter on gradient descent."""

import numpy as np

from voronet import Network, gradient


# --8<-- [start:find_rate]
# --8<-- [start:find_rate-stub]
def find_rate(loss, w, g, rate):
    """Halve a rate until a step gains enough, and return it.

    It gains enough if the loss falls by at least half of the gain to
    first order, rate ‖g‖². The function loss takes a vector like w.
    """
    # --8<-- [end:find_rate-stub]
    # Halve the rate while the loss falls by too little.
    while loss(w - rate * g) > loss(w) - rate * g @ g / 2:
        rate /= 2
    return rate


# --8<-- [end:find_rate]
# --8<-- [start:check_find_rate]
def check_find_rate(answer):
    """Tell whether a rate that gains enough is found."""

    def find(curvature, rate):
        def loss(w):
            return curvature * w @ w / 2

        w = np.ones(1)
        return answer(loss, w, curvature * w, rate)

    # On a parabola a rate gains enough up to one over the curvature.
    found = find(1.0, 8.0)
    assert found is not None, "nothing is returned yet"
    assert np.ndim(found) == 0, "what is asked for is the rate, a number"
    assert find(3.0, 8.0) < 2 / 3, "at this rate the loss does not fall"
    assert find(3.0, 8.0) < 1 / 2, "the loss falls, but by too little"
    assert find(3.0, 8.0) == 1 / 4, "a greater rate would gain enough"
    # What is enough already is not made smaller.
    assert find(1.0, 0.25) == 0.25, "a rate that gains enough is changed"


# --8<-- [end:check_find_rate]
# --8<-- [start:mini_batch_gradient]
# --8<-- [start:mini_batch_gradient-stub]
def mini_batch_gradient(net, w, x, y, size, rng):
    """Return the mean gradient of some samples, drawn by rng.

    No sample is drawn twice, and each is as likely as any other.
    """
    # --8<-- [end:mini_batch_gradient-stub]
    # Draw the columns.
    drawn = rng.choice(x.shape[1], size, replace=False)
    # Average over these samples alone.
    return gradient(net, w, x[:, drawn], y[:, drawn])


# --8<-- [end:mini_batch_gradient]
# --8<-- [start:check_mini_batch_gradient]
def check_mini_batch_gradient(answer):
    """Tell whether the gradient of a mini-batch is right."""
    net, rng = Network((2, 3, 2)), np.random.default_rng(0)
    w = rng.normal(size=net.size)
    x, y = rng.random((2, 2, 4))
    found = answer(net, w, x, y, 4, rng)
    assert found is not None, "nothing is returned yet"

    # Four of four samples are all samples, whatever their order.
    whole = gradient(net, w, x, y)
    assert not np.allclose(found, 4 * whole), "this is a sum, not a mean"
    assert np.allclose(found, whole), "a sample is drawn more than once"
    # Over many draws of two, each pair comes up as often as any other.
    draws = np.array([answer(net, w, x, y, 2, rng) for _ in range(600)])
    kinds = len(np.unique(draws.round(9), axis=0))
    assert kinds > 1, "the same samples are drawn each time"
    assert kinds == 6, "some pairs of samples are never drawn"
    spread = draws.std(axis=0).max() / np.sqrt(600)
    off = abs(draws.mean(axis=0) - whole).max()
    assert off < 5 * spread, "some are drawn too often"


# --8<-- [end:check_mini_batch_gradient]


def _find_below(share):
    """Make a search that asks for a share of the gain to first order."""

    def answer(loss, w, g, rate):
        while loss(w - rate * g) > loss(w) - share * rate * g @ g:
            rate /= 2
        return rate

    return answer


def _halve_first(loss, w, g, rate):
    rate /= 2
    while loss(w - rate * g) > loss(w) - rate * g @ g / 2:
        rate /= 2
    return rate


def _draw(choose):
    """Make a mini-batch of the columns that a function chooses."""

    def answer(net, w, x, y, size, rng):
        drawn = choose(x.shape[1], size, rng)
        return gradient(net, w, x[:, drawn], y[:, drawn])

    return answer


def _draw_unevenly(n, size, rng):
    chances = 1.0 + np.arange(n)
    return rng.choice(n, size, replace=False, p=chances / chances.sum())


def _draw_neighbours(n, size, rng):
    return (rng.integers(n) + np.arange(size)) % n


WRONG = {
    find_rate: {
        "what is asked for is the rate, a number": lambda loss, w, g, rate: (
            w - find_rate(loss, w, g, rate) * g
        ),
        "at this rate the loss does not fall": lambda loss, w, g, rate: rate,
        "the loss falls, but by too little": _find_below(0),
        "a greater rate would gain enough": _find_below(3 / 4),
        "a rate that gains enough is changed": _halve_first,
    },
    mini_batch_gradient: {
        "this is a sum, not a mean": lambda net, w, x, y, size, rng: (
            size * mini_batch_gradient(net, w, x, y, size, rng)
        ),
        "a sample is drawn more than once": _draw(lambda n, size, rng: rng.integers(n, size=size)),
        "the same samples are drawn each time": _draw(lambda n, size, rng: np.arange(size)),
        "some pairs of samples are never drawn": _draw(_draw_neighbours),
        "some are drawn too often": _draw(_draw_unevenly),
    },
}

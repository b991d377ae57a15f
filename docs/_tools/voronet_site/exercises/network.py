"""Exercises of the chapter on the network."""

import numpy as np

from voronet import Network, VoronoiRule, forward, sigmoid


# --8<-- [start:forward_tanh]
# --8<-- [start:forward_tanh-stub]
def forward_tanh(net, w, x):
    """Return z and a of each layer, as `forward` does, but with the
    hyperbolic tangent in place of the sigmoid.
    """
    # --8<-- [end:forward_tanh-stub]
    weights, biases = net.unpack(w)
    # Begin with the points.
    z, a = [None], [x]
    # Apply each layer: only the activation has changed.
    for weight, bias in zip(weights, biases, strict=True):
        z.append(weight @ a[-1] + bias[:, np.newaxis])
        a.append(np.tanh(z[-1]))
    return z, a


# --8<-- [end:forward_tanh]
# --8<-- [start:check_forward_tanh]
def check_forward_tanh(answer):
    """Tell whether a forward pass uses the hyperbolic tangent."""
    # Follow a chain of two units: tanh(½ log 3) is one half.
    chain = Network((1, 1, 1))
    w = np.log(3) * np.array([1 / 2, 1, 0, 0])
    found = answer(chain, w, np.array([[1.0]]))
    assert found is not None, "nothing is returned yet"
    _, a = found

    assert not np.isclose(a[1], sigmoid(w[0])), "the first layer has a sigmoid"
    assert np.isclose(a[1], 1 / 2), "the first layer has no tangent"
    assert np.isclose(a[2], 1 / 2), "the last layer has no tangent"
    # Each layer takes its weighted sums of the layer below.
    rng = np.random.default_rng(0)
    net = Network((2, 3, 2))
    weights, biases = net.unpack(w := rng.normal(size=net.size))
    z, a = answer(net, w, rng.random((2, 4)))
    for k in (1, 2):
        sums = weights[k - 1] @ a[k - 1] + biases[k - 1][:, np.newaxis]
        assert np.allclose(z[k], sums), "a weighted sum is wrong"


# --8<-- [end:check_forward_tanh]
# --8<-- [start:enclose]
# --8<-- [start:enclose-stub]
def enclose(green, blue):
    """Return w of the network of widths (2, s, 1) that is on, above one
    half, where the green seed is nearer than each of s blue seeds.

    The seed green is a point, the blue seeds are columns. The network
    may be wrong close to the boundary, within about one hundredth.
    """
    # --8<-- [end:enclose-stub]
    s = blue.shape[1]
    # Let unit r be on where green is nearer than blue seed r.
    W1 = 2 * (green[:, np.newaxis] - blue).T
    b1 = (blue**2).sum(axis=0) - green @ green
    # Let the output be on where all s units are.
    W2 = np.ones((1, s))
    b2 = np.array([0.5 - s])
    # Make all edges sharp.
    sharp = 1000
    pieces = [sharp * W1, sharp * W2], [sharp * b1, sharp * b2]
    return Network((2, s, 1)).pack(*pieces)


# --8<-- [end:enclose]
# --8<-- [start:check_enclose]
def check_enclose(answer):
    """Tell whether a network is on in the cell of the green seed."""
    green = np.array([0.5, 0.5])
    blue = np.array([[0.5, 0.1, 0.9], [0.9, 0.3, 0.3]])
    net, w = Network((2, 3, 1)), answer(green, blue)
    assert w is not None, "nothing is returned yet"
    assert np.shape(w) == (net.size,), "w is no vector of all parameters"

    def is_on(x):
        return forward(net, w, x)[1][-1][0] > 0.5

    # The green seed is inside, and each blue seed outside.
    assert is_on(green[:, np.newaxis]).all(), "it is off at the green seed"
    assert not is_on(blue).any(), "it is on at a blue seed"
    # Compare with the rule where it leaves no doubt.
    x = np.random.default_rng(0).random((2, 2000))
    seeds = np.column_stack([green, blue])[..., np.newaxis]
    distances = np.sqrt(((x[:, np.newaxis] - seeds) ** 2).sum(axis=0))
    clear = abs(distances[0] - distances[1:].min(axis=0)) > 0.02
    inside = VoronoiRule(green[:, np.newaxis], blue).label(x) == 0
    same = (is_on(x) == inside)[clear].all()
    assert same, "away from the boundary it is wrong"
    # Two blue seeds need two units.
    w = answer(green, blue[:, 1:])
    fewer = np.shape(w) == (Network((2, 2, 1)).size,)
    assert fewer, "with two blue seeds w has another length"


# --8<-- [end:check_enclose]


def _pass_forward(first, last, with_biases=True):
    """Make a forward pass with given functions in the first layer and the last."""

    def answer(net, w, x):
        weights, biases = net.unpack(w)
        z, a = [None], [x]
        for weight, bias in zip(weights, biases, strict=True):
            z.append(weight @ a[-1] + with_biases * bias[:, np.newaxis])
            a.append((first if len(a) == 1 else last)(z[-1]))
        return z, a

    return answer


def _enclose(sign=1, needed=3, sharp=1000):
    """Make a network that is on where some of three half-planes meet."""

    def answer(green, blue):
        W1 = sign * 2 * (green[:, np.newaxis] - blue).T
        b1 = sign * ((blue**2).sum(axis=0) - green @ green)
        pieces = (
            [sharp * W1, sharp * np.ones((1, 3))],
            [sharp * b1, np.array([sharp * (0.5 - needed)])],
        )
        return Network((2, 3, 1)).pack(*pieces)

    return answer


WRONG = {
    forward_tanh: {
        "the first layer has a sigmoid": forward,
        "the first layer has no tangent": _pass_forward(lambda z: np.tanh(z / 2), np.tanh),
        "the last layer has no tangent": _pass_forward(np.tanh, sigmoid),
        "a weighted sum is wrong": _pass_forward(np.tanh, np.tanh, False),
    },
    enclose: {
        "w is no vector of all parameters": lambda green, blue: Network((2, 3, 1)).unpack(
            enclose(green, blue)
        )[0][0],
        "it is off at the green seed": _enclose(sign=-1),
        "it is on at a blue seed": _enclose(needed=1),
        "away from the boundary it is wrong": _enclose(sharp=20),
        "with two blue seeds w has another length": lambda green, blue: enclose(
            green, np.resize(blue, (2, 3))
        ),
    },
}

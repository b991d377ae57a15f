"""Values of the page on gradient descent: one unit, one sample, three rates."""

import numpy as np

import voronet
from voronet_site import evidence
from voronet_site.values.tex import column as column
from voronet_site.values.tex import fraction as fraction

# One input, one unit: w = (W, b). The sample asks for 1 at x = 1.
net = voronet.Network((1, 1))
x, y = np.array([[1.0]]), np.array([[1.0]])
w = np.zeros(2)


def loss(parameters):
    """Return L at some parameters."""
    return float(voronet.mean_squared_error(voronet.forward(net, parameters, x)[1][-1], y))


g = voronet.gradient(net, w, x, y)
squared_norm = float((g**2).sum())
before = loss(w)
trials = []
for rate in (0.1, 1.0, 10.0):
    descent = voronet.GradientDescent(learning_rate=rate)
    after, _ = descent.step(w, g, descent.start(w))
    trials.append((rate, after[0], rate * squared_norm, before - loss(after)))

noise = evidence.mini_batch_noise()

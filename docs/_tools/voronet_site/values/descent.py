"""Values of the page on gradient descent: one unit, one sample, three rates."""

from types import SimpleNamespace

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

# Descend in a valley at the best rate, until w is a thousand times closer.
low, high = 1, 100
best = 2 / (low + high)
descent = voronet.GradientDescent(learning_rate=best)
curvature, place = np.array([low, high]), np.ones(2)
state = descent.start(place)
while np.sqrt((place**2).sum()) > np.sqrt(2) / 1000:
    place, state = descent.step(place, curvature * place, state)
valley = SimpleNamespace(
    c=(low, high), limit=2 / high, rate=best, factor=1 - best * low, steps=state.t
)

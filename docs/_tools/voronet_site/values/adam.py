"""Values of the page on Adam: one parameter followed by hand, and the defaults."""

from inspect import signature
from types import SimpleNamespace

import numpy as np

import voronet
from voronet_site import evidence

adam = voronet.Adam()
default = {
    name: parameter.default for name, parameter in signature(voronet.train).parameters.items()
}
memory1, memory2 = 1 / (1 - adam.beta1), 1 / (1 - adam.beta2)

# How the length of the gradient changes over the steps that the moments cover.
lengths = evidence.gradient_lengths()
early = evidence.early_gradients()
exchanged = evidence.exchanged_betas()

# How unequal the entries of a gradient are: their root-mean-square in each block.
rng = np.random.default_rng(0)
net = voronet.Network()
rule = voronet.VoronoiRule.random(rng)
points = voronet.sample_points(50, rng)
targets = voronet.one_hot(rule.label(points))
start = net.initial_parameters(rng)
g = voronet.gradient(net, start, points, targets)
blocks, _ = net.unpack(g)
size = [float(np.sqrt((block**2).mean())) for block in blocks]
spread = np.abs(g).max() / np.abs(g).min()

# Follow one parameter for four steps, with gradients that are easy to square.
gradients = [2.0, 2.0, -1.0, 0.0]
w, state = np.array([0.0]), adam.start([0.0])
trace = []
for t, g_t in enumerate(gradients, start=1):
    before = w
    w, state = adam.step(w, [g_t], state)
    m_hat = state.m / (1 - adam.beta1**t)
    v_hat = state.v / (1 - adam.beta2**t)
    numbers = (state.m, state.v, m_hat, v_hat, (w - before) / adam.learning_rate)
    trace.append((t, g_t, *(float(value[0]) for value in numbers)))

# The first step over the rate, for ε where authors put it.
small = [1e-1, 1e-4, 1e-6, 1e-8]
b1, b2, e = adam.beta1, adam.beta2, adam.epsilon


def first_step(gradient):
    """Return the first step over η: Algorithm 1, ε uncorrected, ε in the root."""
    m, v = (1 - b1) * gradient, (1 - b2) * gradient**2
    m_hat, v_hat = m / (1 - b1), v / (1 - b2)
    early = np.sqrt(1 - b2) / (1 - b1) * m / (np.sqrt(v) + e)
    moved, _ = adam.step([0.0], [gradient], adam.start([0.0]))
    return -moved[0] / adam.learning_rate, early, m_hat / np.sqrt(v_hat + e)


epsilon_rows = [first_step(gradient) for gradient in small]
uncorrected = (1 - b1) / np.sqrt(1 - b2)

# A spike after a long silence, and the longest step that there is.
spike = (1 - b1) / np.sqrt(1 - b2)
longest = (1 - b1) / np.sqrt((1 - b2) * (1 - b1**2 / b2))

# One step with a gradient, and one with its opposite, in units of the rate.
first, state = adam.step([0.0], [1.0], adam.start([0.0]))
second, _ = adam.step(first, [-1.0], state)
back, left = (second - first)[0] / adam.learning_rate, abs(second[0]) / adam.learning_rate
there_and_back = SimpleNamespace(back=back, left=left)

"""Values of the page on the gradient: the small network, differentiated, and three checks."""

import numpy as np

import voronet
from voronet_site.values.backprop import delta, net
from voronet_site.values.backprop import first as first
from voronet_site.values.loss import y
from voronet_site.values.network import a, small, w, x
from voronet_site.values.tex import column as column
from voronet_site.values.tex import fraction as fraction
from voronet_site.values.tex import rows as rows

g_weights, g_biases = small.unpack(voronet.gradient(small, w, x, y))
one = [np.outer(delta[2][:, i], a[1][:, i]) for i in range(2)]

# The same gradient by central differences and by the complex step, for one problem.
rng = np.random.default_rng(0)
rule = voronet.VoronoiRule.random(rng)
points = voronet.sample_points(50, rng)
targets = voronet.one_hot(rule.label(points))
start = net.initial_parameters(rng)
exact = voronet.gradient(net, start, points, targets)


def loss(parameters):
    """Compute L without the package's checks, for real or complex parameters."""
    layer, place = points, 0
    matrices = [shape for shape in net.shapes if len(shape) == 2]
    bias = sum(n * m for n, m in matrices)
    for n, m in matrices:
        weight = parameters[place : place + n * m].reshape(n, m)
        shift = parameters[bias : bias + n]
        layer = 1 / (1 + np.exp(-(weight @ layer + shift[:, np.newaxis])))
        place, bias = place + n * m, bias + n
    return ((layer - targets) ** 2).sum() / (2 * layer.shape[1])


def worst(estimate):
    """Return the greatest relative error of a component."""
    return float(np.max(np.abs(estimate - exact) / np.abs(exact)))


steps = np.eye(net.size)
h_one_sided, h_central, h_complex = 1e-8, 1e-5, 1e-20
base = loss(start)
one_sided = [(loss(start + h_one_sided * e) - base) / h_one_sided for e in steps]
central = [
    (loss(start + h_central * e) - loss(start - h_central * e)) / (2 * h_central) for e in steps
]
complex_step = [loss(start + 1j * h_complex * e).imag / h_complex for e in steps]
errors = worst(one_sided), worst(central), worst(complex_step)

# Count the multiplications by a weight, for one sample.
matrices = [n * m for n, m in zip(net.widths[1:], net.widths[:-1], strict=True)]
forward_cost = sum(matrices)
backward_cost = sum(matrices[1:]) + sum(matrices)
both = forward_cost + backward_cost
differences = (net.size + 1) * forward_cost

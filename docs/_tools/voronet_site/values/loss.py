"""Values of the page on the loss: the two samples of the small network, measured."""

import numpy as np

import voronet
from voronet_site import evidence
from voronet_site.values.network import a
from voronet_site.values.tex import column as column
from voronet_site.values.tex import fraction as fraction

# The first point is green and the second is blue.
label = np.array([0, 1])
y = voronet.one_hot(label)
output = a[2]
error = output - y
losses = 0.5 * (error**2).sum(axis=0)
loss = voronet.mean_squared_error(output, y)
recorded = (error**2).sum()

# Give the same two samples twice: the mean stays, the sum doubles.
twice = np.concatenate([output, output], axis=1), np.concatenate([y, y], axis=1)
loss_twice = voronet.mean_squared_error(*twice)

# Outputs of one half everywhere are the best that a constant can do for two
# colours of equal number.
undecided = voronet.mean_squared_error(np.full((2, 2), 0.5), y)
steps_of_ten = [0.5, 0.9, 0.99, 0.999]
confident = [(v, 0.5 * v**2, v * voronet.sigmoid_derivative(v)) for v in steps_of_ten]
top = 2 / 3
steepest = top * voronet.sigmoid_derivative(top)

plateau = evidence.plateau()

# The best outputs that are the same at every point, where two points in three are green.
third = voronet.one_hot(np.array([0, 0, 1]))
constant = third.mean(axis=1)
least = voronet.mean_squared_error(np.repeat(constant[:, np.newaxis], 3, axis=1), third)

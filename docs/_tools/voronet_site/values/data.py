"""Values of the page on the data rule: a chessboard of four seeds."""

from types import SimpleNamespace

import numpy as np

import voronet
from voronet.data import squared_distances
from voronet_site import evidence
from voronet_site.values.tex import fraction as fraction

# Put the seeds on a chessboard; in binary these coordinates are exact.
rule = evidence.CHESSBOARD
x = np.array([[0.125, 0.875, 0.5], [0.25, 0.125, 0.5]])
to_green = squared_distances(x, rule.green)
to_blue = squared_distances(x, rule.blue)
label = rule.label(x)
y = voronet.one_hot(label)
colour = ["green" if i == 0 else "blue" for i in label]

# The chance that none of n uniform points falls into a cell of a given area.
area, n = 0.01, 50
missed = (1 - area) ** n

midpoints = evidence.midpoints()
ties = evidence.ties_on_a_grid()

# The strip of points close to a straight boundary, and how many points fall into one.
near = 0.01
strip = 2 * near
expected = n * strip
rng = np.random.default_rng(0)
sets = 5000
inside = [(abs(voronet.sample_points(n, rng)[0] - 0.5) < near).sum() for _ in range(sets)]
counted = SimpleNamespace(sets=sets, mean=np.mean(inside))

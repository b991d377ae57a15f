"""Values of the page on training: a gradient of zero, and runs that end badly."""

from dataclasses import dataclass
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np

import voronet
from voronet_site import ROOT
from voronet_site.evidence import long_and_short_steps
from voronet_site.exercises.train import Cooling, find_best_frame
from voronet_site.values.data import rule

default = {
    name: parameter.default for name, parameter in signature(voronet.train).parameters.items()
}

# The four seeds of the chessboard are the samples, two of each colour.
net = voronet.Network()
x = np.concatenate([rule.green, rule.blue], axis=1)
y = voronet.one_hot(rule.label(x))

# Start where every parameter is zero: the gradient is zero, too.
zero = np.zeros(net.size)
_, a = voronet.forward(net, zero, x)
delta = voronet.backpropagate(net, zero, a, y)
g_zero = voronet.gradient(net, zero, x, y)
norm_zero = float(np.sqrt((g_zero**2).sum()))
loss_zero = voronet.mean_squared_error(a[-1], y)

# A run on these four samples, with a rate that suits so small a problem.
good = voronet.Adam(learning_rate=0.1)
run = voronet.train(x, y, optimiser=good, max_steps=1000, record_every=200)
log = list(zip(run.steps.tolist(), run.loss, run.gradient_norm, strict=True))

# The optimiser that the page shows stands in a test.
source = (ROOT / "tests" / "test_optimisers.py").read_text(encoding="utf-8")
shown: dict[str, Any] = {"dataclass": dataclass, "np": np}
exec(source.partition("[start:momentum]\n")[2].partition("# --8<-- [end:momentum]")[0], shown)
Momentum = shown["Momentum"]

# Momentum beside gradient descent with the same rate.
heavy = voronet.train(x, y, optimiser=Momentum(), max_steps=20_000)
light = voronet.train(
    x, y, optimiser=voronet.GradientDescent(Momentum().learning_rate), max_steps=20_000
)
assert heavy.loss[-1] < light.loss[-1], "the page says that momentum gets farther"

# The same with a rate far too large, from twelve starts.
rushed = long_and_short_steps()
flat_outputs = rushed.flat_outputs
if flat_outputs != len(rushed.losses) - 1:
    raise ValueError("the page says that all runs but one have saturated outputs")

# What a short run records, and how much a run of full length keeps.
recorded = voronet.train(x, y, max_steps=250).steps.tolist()
frames = default["max_steps"] // default["record_every"] + 1
kept = SimpleNamespace(frames=frames, bytes=frames * zero.nbytes)

# The frame that does best at points which the run has not seen, and the last frame.
rng = np.random.default_rng(0)
problem = voronet.VoronoiRule.random(rng)
seen, unseen = voronet.sample_points(50, rng), voronet.sample_points(2000, rng)
colours, other = voronet.one_hot(problem.label(seen)), voronet.one_hot(problem.label(unseen))
long = voronet.train(seen, colours, optimiser=voronet.Adam(0.02), max_steps=20_000)
best_frame = find_best_frame(net, long.snapshots, unseen, other)
_, outputs = voronet.forward(net, long.snapshots[[best_frame, -1]], unseen)
early = SimpleNamespace(
    points=seen.shape[1],
    fresh=unseen.shape[1],
    rate=long.optimiser.learning_rate,
    best=long.steps[best_frame],
    last=long.steps[-1],
    losses=voronet.mean_squared_error(outputs[-1], other),
    training=long.loss[[best_frame, -1]],
)
if early.losses[0] >= early.losses[1] or early.training[0] <= early.training[1]:
    raise ValueError("the page says that the run gets better at its points and worse at others")

# The same points, at a rate that falls and at one that does not.
falling = Cooling(0.05, half=1000)
both = [
    voronet.train(seen, colours, optimiser=optimiser, max_steps=5000)
    for optimiser in (voronet.Adam(0.05), falling)
]
cooled = SimpleNamespace(
    rate=falling.learning_rate,
    half=falling.half,
    steps=both[1].steps[-1],
    losses=[run.loss[-1] for run in both],
)
if cooled.losses[0] >= cooled.losses[1]:
    raise ValueError("the page says that a falling rate does not help")

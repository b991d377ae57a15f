"""voronet: a neural network that learns a Voronoi boundary, written out in NumPy.

The site derives each of these functions next to its code. The names follow the
notation of Higham & Higham (2019), *Deep Learning: An Introduction for Applied
Mathematicians*, SIAM Review 61(4), 860-891.
"""

from voronet.adam import Adam, AdamState
from voronet.backprop import backpropagate, gradient
from voronet.data import VoronoiRule, one_hot, sample_points, squared_distances
from voronet.descent import DescentState, GradientDescent, stochastic_gradient
from voronet.loss import mean_squared_error
from voronet.network import (
    Network,
    decision,
    forward,
    sigmoid,
    sigmoid_derivative,
)
from voronet.run import Run, load
from voronet.study import Study, study
from voronet.train import train

__version__ = "0.1.0"

__all__ = [
    "Adam",
    "AdamState",
    "DescentState",
    "GradientDescent",
    "Network",
    "Run",
    "Study",
    "VoronoiRule",
    "backpropagate",
    "decision",
    "forward",
    "gradient",
    "load",
    "mean_squared_error",
    "one_hot",
    "sample_points",
    "sigmoid",
    "sigmoid_derivative",
    "squared_distances",
    "stochastic_gradient",
    "study",
    "train",
]

"""Exercises of the chapter on the data rule."""

import numpy as np

from voronet import VoronoiRule
from voronet.data import squared_distances


# --8<-- [start:find_bisector]
# --8<-- [start:find_bisector-stub]
def find_bisector(green, blue):
    """Return the bisector of two seeds as weights and a bias.

    For a point x, weights @ x + bias shall be the squared distance
    to green minus the squared distance to blue.
    """
    # --8<-- [end:find_bisector-stub]
    # Read both off the bisector: 2 (B - G) and ‖G‖² - ‖B‖².
    return 2 * (blue - green), green @ green - blue @ blue


# --8<-- [end:find_bisector]
# --8<-- [start:check_find_bisector]
def check_find_bisector(answer):
    """Tell whether a bisector is right."""
    green, blue = np.array([0.25, 0.25]), np.array([0.75, 0.5])
    found = answer(green, blue)
    assert found is not None, "nothing is returned yet"
    weights, bias = found

    # The line halves the segment between the seeds, at right angles.
    along = np.array([-0.25, 0.5])
    assert np.isclose(weights @ along, 0), "the line is not at right angles"
    middle = (green + blue) / 2
    assert np.isclose(weights @ middle + bias, 0), "the line misses the midpoint"
    # Blue is nearer where the sum is positive.
    assert weights @ blue + bias > 0, "the sum is negative at the blue seed"
    # At the green seed it is -‖G - B‖² = -(1/4 + 1/16).
    right = np.isclose(weights @ green + bias, -5 / 16)
    assert right, "the sum is a multiple of what it should be"


# --8<-- [end:check_find_bisector]
# --8<-- [start:label_points]
# --8<-- [start:label_points-stub]
def label_points(x, seeds, label):
    """Label each point like its nearest seed, in any number of colours.

    Points and seeds are columns, and label[r] belongs to seed r. A tie
    goes to the lowest label, in whatever order the seeds are given.
    """
    # --8<-- [end:label_points-stub]
    # Let lower labels come first: argmin takes the first of equals.
    order = np.argsort(label)
    # Find the nearest seed.
    nearest = squared_distances(x, seeds[:, order]).argmin(axis=0)
    return label[order][nearest]


# --8<-- [end:label_points]
# --8<-- [start:check_label_points]
def check_label_points(answer):
    """Tell whether labels for any number of colours are right."""
    seeds = np.array([[0.25, 0.75, 0.5], [0.25, 0.25, 0.75]])
    label = np.array([2, 0, 1])
    found = answer(seeds, seeds, label)
    assert found is not None, "nothing is returned yet"

    # A seed has its own label.
    numbers = np.array_equal(found, [0, 1, 2])
    assert not numbers, "these are numbers of seeds, not labels"
    assert np.array_equal(found, label), "a seed does not get its own label"
    # The first two seeds tie at a point below the third.
    x = np.array([[0.5], [0.25]])
    tie = answer(x, seeds, label)
    turned = answer(x, seeds[:, ::-1], label[::-1])
    assert tie == turned, "the order of the seeds decides a tie"
    assert tie == 0, "a tie goes to the highest label"
    # With two colours this is the rule of the chapter.
    rng = np.random.default_rng(0)
    rule, x = VoronoiRule.random(rng), rng.random((2, 500))
    seeds = np.concatenate([rule.blue, rule.green], axis=1)
    label = np.array([1, 1, 1, 0, 0, 0])
    same = np.array_equal(answer(x, seeds, label), rule.label(x))
    assert same, "it differs from the rule of the chapter"


# --8<-- [end:check_label_points]


def _label_by_sums(x, seeds, label):
    order = np.argsort(label)
    distances = np.abs(x - seeds[:, order].T[..., np.newaxis]).sum(axis=1)
    return label[order][distances.argmin(axis=0)]


def _label_high(x, seeds, label):
    order = np.argsort(-label)
    return label[order][squared_distances(x, seeds[:, order]).argmin(axis=0)]


WRONG = {
    find_bisector: {
        "the line is not at right angles": lambda green, blue: (
            2 * (blue - green)[::-1],
            green @ green - blue @ blue,
        ),
        "the line misses the midpoint": lambda green, blue: (
            blue - green,
            green @ green - blue @ blue,
        ),
        "the sum is negative at the blue seed": lambda green, blue: (
            2 * (green - blue),
            blue @ blue - green @ green,
        ),
        "the sum is a multiple of what it should be": lambda green, blue: (
            blue - green,
            (green @ green - blue @ blue) / 2,
        ),
    },
    label_points: {
        "these are numbers of seeds, not labels": lambda x, seeds, label: squared_distances(
            x, seeds
        ).argmin(axis=0),
        "a seed does not get its own label": lambda x, seeds, label: label[
            squared_distances(x, seeds).argmax(axis=0)
        ],
        "the order of the seeds decides a tie": lambda x, seeds, label: label[
            squared_distances(x, seeds).argmin(axis=0)
        ],
        "a tie goes to the highest label": _label_high,
        "it differs from the rule of the chapter": _label_by_sums,
    },
}

"""The data rule: points in the unit square, coloured by their nearest Voronoi seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array, Count, Labels, Points, checked, freeze


@checked
# --8<-- [start:VoronoiRule]
@dataclass(frozen=True, eq=False)
class VoronoiRule:
    r"""Colour a point by the colour of its nearest seed.

    The seeds cut the plane into Voronoi cells; a cell holds the points that are
    nearer to its seed than to any other. Green cells carry label 0, blue cells
    label 1. A point at equal distance from a green and a blue seed is green.

    Parameters
    ----------
    green, blue : array_like, shape (2, s)
        The seeds G_1, …, G_s and B_1, …, B_s of each colour, a column each. The two
        colours may have different counts; each needs at least one seed.

    Raises
    ------
    ValueError
        If a colour has no seed, or its array is not (2, s) or not finite.

    Warnings
    --------
    Two seeds of a colour make a square array, in which rows and columns cannot be told
    apart: each column has to be a seed.

    Notes
    -----
    $\mathrm{label}(x_i) = 0 \text{ if } \min_r ‖x_i - G_r‖ ≤ \min_r ‖x_i - B_r‖,
    1 \text{ otherwise}$

    Higham & Higham (2019), section 2, place ten points by hand instead; this rule is
    the variant of the worked example that draws any number of them.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.0]], blue=[[1.0], [0.0]])
    >>> rule.label([[0.2, 0.9, 0.5], [0.0, 0.0, 0.0]])  # the last one ties
    array([0, 1, 0])
    """

    green: Points
    blue: Points

    # --8<-- [end:VoronoiRule]

    def __post_init__(self) -> None:
        freeze(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VoronoiRule):
            return NotImplemented
        return np.array_equal(self.green, other.green) and np.array_equal(
            self.blue, other.blue
        )

    def __hash__(self) -> int:
        # Add 0.0, which turns -0.0 into its equal 0.0.
        return hash(((self.green + 0.0).tobytes(), (self.blue + 0.0).tobytes()))

    @checked
    # --8<-- [start:random]
    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        per_class: Count = 3,
    ) -> VoronoiRule:
        """Draw the seeds of both colours uniformly from the unit square.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of the seeds: the green ones are drawn first.
        per_class : int
            Seeds of each colour, at least 1.

        Raises
        ------
        ValueError
            If `rng` is not a generator or `per_class` is not a positive integer.

        Examples
        --------
        >>> VoronoiRule.random(np.random.default_rng(0)).green.shape
        (2, 3)
        """
        # Draw the green seeds, then the blue seeds.
        green = sample_points(per_class, rng)
        blue = sample_points(per_class, rng)
        return cls(green, blue)

    # --8<-- [end:random]

    @checked
    # --8<-- [start:label]
    def label(self, x: Points) -> NDArray[np.int_]:
        """Label each point by the colour of its nearest seed.

        Parameters
        ----------
        x : array_like, shape (2, n)
            The points, a column each.

        Returns
        -------
        ndarray of int, shape (n,)
            0 where the nearest seed is green or ties with a blue one, 1 where it is
            blue.

        Raises
        ------
        ValueError
            If `x` is not (2, n) with n >= 1, or not finite.

        Examples
        --------
        >>> rule = VoronoiRule(green=[[0.0], [0.0]], blue=[[1.0], [1.0]])
        >>> rule.label([[0.1, 0.8], [0.3, 0.9]])
        array([0, 1])
        """
        # Find the squared distance to the nearest seed.
        to_green = squared_distances(x, self.green)
        to_blue = squared_distances(x, self.blue)
        green, blue = to_green.min(0), to_blue.min(0)
        # Choose blue if strictly nearer: ties go to green.
        return np.where(blue < green, 1, 0)

    # --8<-- [end:label]


@checked
# --8<-- [start:squared_distances]
def squared_distances(x: Points, seeds: Points) -> Array:
    """Square the distance of every seed to every point.

    Parameters
    ----------
    x : array_like, shape (2, n)
        The points, a column each.
    seeds : array_like, shape (2, s)
        The seeds, a column each.

    Returns
    -------
    ndarray, shape (s, n)
        ‖x_i − S_r‖² in row r and column i.

    Raises
    ------
    ValueError
        If an array is not (2, n) with n >= 1, or not finite.

    Examples
    --------
    >>> squared_distances([[0.0, 3.0], [0.0, 0.0]], [[0.0], [4.0]])
    array([[16., 25.]])
    """
    # Subtract each seed from each point.
    difference = x[:, None, :] - seeds[:, :, None]
    # Sum the squares of both coordinates.
    squares: Array = (difference**2).sum(axis=0)
    return squares


# --8<-- [end:squared_distances]


@checked
# --8<-- [start:sample_points]
def sample_points(
    n: Count,
    rng: np.random.Generator,
) -> Array:
    """Draw n points uniformly from the unit square [0, 1]².

    Parameters
    ----------
    n : int
        The number of points, at least 1.
    rng : numpy.random.Generator
        Source of the coordinates.

    Returns
    -------
    ndarray, shape (2, n)
        x, a column for each point.

    Raises
    ------
    ValueError
        If `n` is not a positive integer or `rng` is not a generator.

    Examples
    --------
    >>> sample_points(4, np.random.default_rng(0)).shape
    (2, 4)
    """
    # Draw both coordinates of every point.
    return rng.random((2, n))


# --8<-- [end:sample_points]


@checked
# --8<-- [start:one_hot]
def one_hot(label: Labels) -> Array:
    r"""Turn labels into target columns: (1, 0) for green and (0, 1) for blue.

    Parameters
    ----------
    label : array_like of int or bool, shape (n,)
        0 or False for green, 1 or True for blue.

    Returns
    -------
    ndarray, shape (2, n)
        y, whose column i is the target of sample i.

    Raises
    ------
    ValueError
        If `label` is empty, not one-dimensional, or holds anything but 0 and 1.

    Notes
    -----
    $y_i = (1, 0)^\top \text{ if } \mathrm{label}(x_i) = 0,
    (0, 1)^\top \text{ otherwise}$

    Higham & Higham (2019), section 2, use the same two targets for their two
    classes.

    Examples
    --------
    >>> one_hot([0, 1])
    array([[1., 0.],
           [0., 1.]])
    """
    # Set row 0 for green and row 1 for blue.
    y = np.stack([label == 0, label == 1])
    return y.astype(np.float64)


# --8<-- [end:one_hot]

"""The data rule: points in the unit square, coloured by their nearest Voronoi seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voronet._check import MANY, Array, generator, integer, shaped

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class VoronoiRule:
    """Colour a point by the colour of its nearest seed.

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

    Notes
    -----
    label(x) = 0 if min_r ‖x − G_r‖ ≤ min_r ‖x − B_r‖, else 1.

    Higham & Higham (2019), section 2, place ten points by hand instead; this rule is
    the variant of the worked example that draws any number of them.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.0]], blue=[[1.0], [0.0]])
    >>> rule.label([[0.2, 0.9, 0.5], [0.0, 0.0, 0.0]])  # the last one ties
    array([0, 1, 0])
    """

    green: Array
    blue: Array

    def __post_init__(self) -> None:
        for name in ("green", "blue"):
            seeds = shaped(
                name,
                getattr(self, name),
                lambda s: len(s) == 2 and s[0] == 2 and s[1] > 0,
                "(2, s) with s >= 1: a column for each seed",
            ).copy()
            seeds.flags.writeable = False
            object.__setattr__(self, name, seeds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VoronoiRule):
            return NotImplemented
        return np.array_equal(self.green, other.green) and np.array_equal(
            self.blue, other.blue
        )

    def __hash__(self) -> int:
        # Add 0.0, which turns -0.0 into its equal 0.0.
        return hash(((self.green + 0.0).tobytes(), (self.blue + 0.0).tobytes()))

    # --8<-- [start:random]
    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        per_class: int = 3,
    ) -> "VoronoiRule":
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
        n = count("per_class", per_class)
        green = sample_points(n, rng)
        blue = sample_points(n, rng)
        return cls(green, blue)

    # --8<-- [end:random]

    # --8<-- [start:label]
    def label(self, x: ArrayLike) -> Labels:
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
        x = points(x)
        # Find the squared distance to the nearest seed.
        to_green = squared_distances(x, self.green)
        to_blue = squared_distances(x, self.blue)
        green, blue = to_green.min(0), to_blue.min(0)
        # Choose blue if strictly nearer: ties go to green.
        return np.where(blue < green, 1, 0)

    # --8<-- [end:label]


# --8<-- [start:squared_distances]
def squared_distances(x: Array, seeds: Array) -> Array:
    """Square the distance of every seed (row) to every point (column), (s, n)."""
    # Subtract each seed from each point.
    difference = x[:, None, :] - seeds[:, :, None]
    # Sum the squares of both coordinates.
    squares: Array = (difference**2).sum(axis=0)
    return squares


# --8<-- [end:squared_distances]


def points(x: ArrayLike) -> Array:
    """Return `x` as a finite (2, n) array of points."""
    return shaped(
        "x",
        x,
        lambda s: len(s) == 2 and s[0] == 2 and s[1] > 0,
        "(2, n) with n >= 1: a column for each point",
    )


# --8<-- [start:sample_points]
def sample_points(
    n: int,
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
    n, rng = count("n", n), generator("rng", rng)
    # Draw both coordinates of every point.
    return rng.random((2, n))


# --8<-- [end:sample_points]


# --8<-- [start:one_hot]
def one_hot(label: ArrayLike) -> Array:
    """Turn labels into target columns: (1, 0) for green and (0, 1) for blue.

    Parameters
    ----------
    label : array_like of int, shape (n,)
        0 for green, 1 for blue.

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
    y_i = (1, 0) if label i is 0, (0, 1) if it is 1.

    Higham & Higham (2019), section 2, use the same two targets for their two
    classes.

    Examples
    --------
    >>> one_hot([0, 1])
    array([[1., 0.],
           [0., 1.]])
    """
    label = labels(label)
    # Set row 0 for green and row 1 for blue.
    y = np.stack([label == 0, label == 1])
    return y.astype(np.float64)


# --8<-- [end:one_hot]


def labels(label: ArrayLike) -> Array:
    """Return `label` as a row of zeros and ones."""
    label = shaped(
        "label",
        label,
        lambda s: len(s) == 1 and s[0] > 0,
        "(n,) with n >= 1: a 0 or 1 for each sample",
    )
    if not np.isin(label, (0, 1)).all():
        wrong = label[~np.isin(label, (0, 1))][0]
        raise ValueError(f"label: {wrong:g} given; allowed: 0 (green) or 1 (blue)")
    return label


def count(name: str, value: int) -> int:
    """Return `value` as a number of points that a memory can hold."""
    return integer(name, value, least=1, most=MANY)

"""Checks of arguments: what is wrong, what was given, what is allowed.

Every public function hands its arguments to one of these before it computes, so
that a wrong shape ends in an error that names the argument and never in a silent
broadcast.
"""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def real_array(name: str, value: ArrayLike) -> Array:
    """Return `value` as finite float64, or raise a ValueError that names it."""
    try:
        given = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}; allowed: a rectangular array") from None
    if given.dtype.kind not in "fiu":
        raise ValueError(
            f"{name}: dtype {given.dtype} given; allowed: real numbers (float64)"
        )
    array = np.asarray(given, dtype=np.float64)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"{name}: {array[where]} given at index {where}; allowed: finite numbers"
        )
    return array


def shaped(name: str, value: ArrayLike, ok: Callable[[Any], bool], want: str) -> Array:
    """Return `value` as a finite array whose shape satisfies `ok`."""
    array = real_array(name, value)
    if not ok(array.shape):
        raise ValueError(f"{name}: shape {array.shape} given; allowed: {want}")
    return array


def columns(name: str, value: ArrayLike, rows: int) -> Array:
    """Return `value` as (rows, n) or (R, rows, n) with at least one column."""
    return shaped(
        name,
        value,
        lambda s: len(s) in (2, 3) and s[-2] == rows and min(s) > 0,
        f"({rows}, n) or (R, {rows}, n) with n >= 1: a column for each sample",
    )


def number(name: str, value: object, ok: Callable[[float], bool], want: str) -> float:
    """Return `value` as a float that satisfies `ok`."""
    if (
        isinstance(value, bool)
        or not isinstance(value, Real)
        or not np.isfinite(float(value))
        or not ok(float(value))
    ):
        raise ValueError(f"{name}: {value!r} given; allowed: {want}")
    return float(value)


def integer(name: str, value: object, least: int) -> int:
    """Return `value` as an int of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise ValueError(f"{name}: {value!r} given; allowed: an integer >= {least}")
    return int(value)


def generator(name: str, value: object) -> np.random.Generator:
    """Return `value` if it is a NumPy random generator."""
    if not isinstance(value, np.random.Generator):
        raise ValueError(
            f"{name}: {value!r} given; allowed: a numpy.random.Generator, "
            "such as numpy.random.default_rng(0)"
        )
    return value
